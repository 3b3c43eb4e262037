"""``BackboneDataset``: a LiteRT flatbuffer and a JSON file that describes it."""

import json
import posixpath

from fruit_features.backbone.spec import Backbone
from fruit_features.datasets.stored_dataset import StoredDataset


class BackboneDataset(StoredDataset[Backbone, Backbone]):
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

    def load(self) -> Backbone:
        """Read the flatbuffer and its description."""
        description = json.loads(self._fs.cat_file(self._description()))
        return Backbone(**description, model=self._fs.cat_file(self._path))

    def save(self, data: Backbone) -> None:
        """Write the flatbuffer, then the description, which makes it valid."""
        self._fs.makedirs(posixpath.dirname(self._path), exist_ok=True)
        self._fs.pipe_file(self._path, data.model)
        text = json.dumps(data.describe(), indent=2)
        self._fs.pipe_file(self._description(), text.encode())

    def _description(self) -> str:
        return self._path.removesuffix(".tflite") + ".json"

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._description()))
