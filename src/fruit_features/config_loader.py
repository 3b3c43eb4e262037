"""Kedro's configuration loader, with folders, archives and one-line errors."""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path
from tarfile import TarError
from typing import Any
from zipfile import BadZipFile

import click
import yaml
from kedro.config import OmegaConfigLoader
from kedro.framework.project import configure_logging
from omegaconf.errors import InterpolationResolutionError

from fruit_features.exceptions import FruitFeaturesError, ParameterError
from fruit_features.internals import open_conf
from fruit_features.places import PATTERN, PLACES, as_place


class ConfigLoader(OmegaConfigLoader):
    """Kedro's loader; passes ``PLACES`` to the catalog without interpolation."""

    def __init__(
        self,
        conf_source: str,
        env: str | None = None,
        runtime_params: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Separate the places from the parameters, which are interpolated."""
        given = dict(runtime_params or {})
        self._places = {
            name: as_place(name, given.pop(name)) for name in PLACES if name in given
        }
        self._given = str(conf_source)
        super().__init__(_unpacked(self._given), env, given, **kwargs)

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Load a group; unwrap a resolver's error from OmegaConf's."""
        try:
            return super().__getitem__(key)
        except InterpolationResolutionError as error:
            cause: BaseException | None = error
            while cause and not isinstance(cause, FruitFeaturesError):
                cause = cause.__context__
            raise cause or error from error

    def _get_runtime_value(self, variable: str, *default: Any) -> Any:
        if variable in self._places:
            return self._places[variable]
        value = super()._get_runtime_value(variable, *default)
        return as_place(variable, value) if variable in PLACES else value

    def check_environment(self) -> None:
        """Raise ``ParameterError`` if configuration or environment is missing."""
        root = self._get_conf_env_path("")
        if not self._fs.isdir(self._get_conf_env_path(self.base_env)):
            message = (
                f"no configuration in {self._given!r}: run it in the project's "
                "folder, or name the configuration by --conf-source"
            )
            raise ParameterError(message)
        if self._protocol == "file" and set(PATTERN) & set(root):
            message = (
                f"cannot read the configuration in {root!r}: Kedro takes the letters "
                f"{PATTERN} for a pattern; move the project to a folder without them"
            )
            raise ParameterError(message)
        env = self.env or self.default_run_env
        if not self._fs.isdir(self._get_conf_env_path(env)):
            folders = filter(self._fs.isdir, self._fs.ls(root, detail=False))
            there = sorted(Path(folder).name for folder in folders)
            message = (
                f"no environment {env!r}: no folder of that name in "
                f"{self._given!r}; there are: {', '.join(there)}"
            )
            raise ParameterError(message)

    def log_as_configured(self) -> None:
        """Use this configuration's logging for a command run outside the project."""
        file = Path(self.conf_source, "logging.yml")
        known = (
            os.environ.get("KEDRO_LOGGING_CONFIG") or Path("conf/logging.yml").exists()
        )
        if click.get_current_context(silent=True) and not known and file.is_file():
            configure_logging(yaml.safe_load(file.read_text()))


@functools.cache
def _unpacked(conf_source: str) -> str:
    """Unpack an archive to a folder: Java reads files of the configuration too."""
    try:
        system, kind = open_conf(conf_source)
        if kind not in ("tar", "zip"):
            return conf_source
        folder = tempfile.mkdtemp(prefix="fruit_features-conf-")
        # Java may read it until this process exits.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        root = system.ls("", detail=False)[-1]
        system.get(root, f"{folder}/conf", recursive=True)
    except (OSError, EOFError, TarError, BadZipFile) as error:
        message = (
            f"cannot read the configuration in {conf_source!r}: {error}; expected a "
            "folder, or a tar or zip archive of one, as `kedro package` makes it"
        )
        raise ParameterError(message) from error
    return f"{folder}/conf"
