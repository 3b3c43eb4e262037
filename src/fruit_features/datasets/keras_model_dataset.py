"""``KerasModelDataset``: a Keras model in a ``.keras`` file."""

import posixpath
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fruit_features.backbone.mobilenet import quiet_tensorflow
from fruit_features.datasets.stored_dataset import StoredDataset

if TYPE_CHECKING:
    import keras


class KerasModelDataset(StoredDataset["keras.Model", "keras.Model"]):
    """Loads and saves a Keras model, importing TensorFlow only then.

    kedro-datasets' ``TensorFlowModelDataset`` imports it when the catalog is built,
    which delays kedro-viz, notebooks and all runs by 15 seconds.

    Example for the catalog::

        trained_weights:
          type: fruit_features.datasets.keras_model_dataset.KerasModelDataset
          filepath: data/06_models/trained_backbone.keras
    """

    def load(self) -> "keras.Model":
        """Read the model; Keras rejects files with code of their own."""
        quiet_tensorflow()
        import keras

        with tempfile.TemporaryDirectory() as folder:
            local = str(Path(folder, "model.keras"))
            self._fs.get_file(self._path, local)
            return keras.models.load_model(local, compile=False, safe_mode=True)

    def save(self, data: "keras.Model") -> None:
        """Write the model with its weights."""
        self._fs.makedirs(posixpath.dirname(self._path), exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            local = str(Path(folder, "model.keras"))
            data.save(local)
            self._fs.put_file(local, self._path)
