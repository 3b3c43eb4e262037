"""``BackboneDataset`` keeps a LiteRT flatbuffer and a JSON file of what it is."""

import json
from pathlib import PurePosixPath
from typing import Any

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_filepath_str, get_protocol_and_path

from fruit_features.backbone.spec import Backbone


class BackboneDataset(AbstractDataset[Backbone, Backbone]):
    """Loads and saves a ``Backbone``: ``<name>.tflite`` and ``<name>.json``.

    Example for the catalog::

        backbone:
          type: fruit_features.datasets.backbone_dataset.BackboneDataset
          filepath: data/06_models/backbone.tflite

    Example in Python::

        >>> small = Backbone("b1", "bundled", 0.35, 96, 1280, "ab12", b"model")
        >>> dataset = BackboneDataset(filepath=str(tmp_path / "backbone.tflite"))
        >>> dataset.save(small)
        >>> dataset.load() == small
        True
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the flatbuffer's file; the description lies beside it.

        Args:
            filepath: A local path or URL that ends in ``.tflite``.
            credentials: Given to the fsspec file system.
            fs_args: Further arguments of the fsspec file system.
            metadata: Ignored; for tools that read the catalog.
        """
        self._protocol, path = get_protocol_and_path(str(filepath))
        self._filepath = PurePosixPath(path)
        self._fs = fsspec.filesystem(
            self._protocol, **(credentials or {}), **(fs_args or {})
        )
        self.metadata = metadata

    def load(self) -> Backbone:
        """Read the flatbuffer and its description."""
        description = json.loads(self._fs.cat_file(self._path(".json")))
        model = self._fs.cat_file(self._path(".tflite"))
        return Backbone(**description, model=model)

    def save(self, data: Backbone) -> None:
        """Write both files; the description comes last and vouches for the first."""
        self._fs.makedirs(str(self._filepath.parent), exist_ok=True)
        self._fs.pipe_file(self._path(".tflite"), data.model)
        text = json.dumps(data.describe(), indent=2)
        self._fs.pipe_file(self._path(".json"), text.encode())

    def _path(self, suffix: str) -> str:
        return get_filepath_str(self._filepath.with_suffix(suffix), self._protocol)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "protocol": self._protocol}

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path(".json")))
