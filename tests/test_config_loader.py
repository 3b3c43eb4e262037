"""Environments, archives and what cannot be read, of the project's configuration."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.session import KedroSession

from fruit_features.config_loader import ConfigLoader
from fruit_features.exceptions import ParameterError
from fruit_features.settings import CONFIG_LOADER_ARGS
from tests.conftest import PROJECT

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

CONF = PROJECT / "conf"


def loader(source: Path = CONF, env: str | None = None) -> ConfigLoader:
    arguments: dict[str, Any] = CONFIG_LOADER_ARGS
    return ConfigLoader(str(source), env, **arguments)


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    """The configuration as `kedro package` leaves it."""
    archive = tmp_path / "conf.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(CONF, "conf")
    return archive


@pytest.mark.parametrize("env", [None, "local", "base"])
def test_default_environment_may_be_named(
    env: str | None, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for named in (env, None) if env else (None,):
        with KedroSession.create(project, env=named) as session:
            assert session.load_context().env == env
        monkeypatch.setenv("KEDRO_ENV", str(env))


def test_environment_of_an_archive(
    packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRUIT_FEATURES_BUCKET", "b")
    for source in (CONF, packaged):
        found = loader(source, "emr")
        found.check_environment()
        assert found["globals"]["data_root"] == "s3a://b/fruit_features"
        # Java reads it, of a folder.
        assert Path(found.conf_source, "base/log4j2.properties").is_file()


def test_environment_that_an_archive_has_not(packaged: Path) -> None:
    with pytest.raises(ParameterError) as error:
        loader(packaged, "typo").check_environment()
    assert str(error.value) == (
        f"no environment 'typo': no folder of that name in '{packaged}'; "
        "there are: base, emr, local"
    )


def test_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    shutil.copytree(CONF, tmp_path / "p[1]" / "conf")
    with pytest.raises(ParameterError, match="takes the letters .+ move the project"):
        loader(tmp_path / "p[1]" / "conf").check_environment()
    (tmp_path / "conf.tar.gz").write_text("x")
    with pytest.raises(ParameterError, match="conf.tar.gz': Not a gzipped file"):
        loader(tmp_path / "conf.tar.gz")


def test_package_without_a_configuration_says_one_line() -> None:
    command = [sys.executable, "-m", "fruit_features"]
    # No project is above it.
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: no configuration in '/conf': run it in the project's folder, or name "
        "the configuration by --conf-source\n"
    )
    # Kedro logs that a session begins.
    assert len(done.stdout.splitlines()) <= 1
