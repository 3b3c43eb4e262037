"""``KerasModelDataset`` keeps a Keras model in a ``.keras`` file."""

import posixpath
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

from fruit_features.backbone.mobilenet import quiet_tensorflow

if TYPE_CHECKING:
    import keras


class KerasModelDataset(AbstractDataset["keras.Model", "keras.Model"]):
    """Loads and saves a Keras model, importing TensorFlow only then.

    kedro-datasets' ``TensorFlowModelDataset`` imports it as soon as the catalog is
    built: 15 seconds before kedro-viz, a notebook or any run could begin.

    Example for the catalog::

        trained_weights:
          type: fruit_features.datasets.keras_model_dataset.KerasModelDataset
          filepath: data/06_models/trained_backbone.keras
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the file.

        Args:
            filepath: A local path or URL that ends in ``.keras``.
            credentials: Given to the fsspec file system.
            fs_args: Further arguments of the fsspec file system.
            metadata: Ignored; for tools that read the catalog.
        """
        self._protocol, self._path = get_protocol_and_path(str(filepath))
        self._fs = fsspec.filesystem(
            self._protocol, **(credentials or {}), **(fs_args or {})
        )
        self.metadata = metadata

    def load(self) -> "keras.Model":
        """Read the model; Keras refuses files that would run code of their own."""
        quiet_tensorflow()
        import keras

        with tempfile.TemporaryDirectory() as folder:
            local = str(Path(folder, "model.keras"))
            self._fs.get_file(self._path, local)
            return keras.models.load_model(local, compile=False, safe_mode=True)

    def save(self, data: "keras.Model") -> None:
        """Write the model, weights and all."""
        self._fs.makedirs(posixpath.dirname(self._path), exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            local = str(Path(folder, "model.keras"))
            data.save(local)
            self._fs.put_file(local, self._path)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path, "protocol": self._protocol}

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))
