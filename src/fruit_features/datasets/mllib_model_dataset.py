"""``MLlibModelDataset``: a fitted MLlib model in MLlib's own format."""

import tempfile
from pathlib import Path
from typing import Any

from kedro.io.core import DatasetError
from kedro.utils import load_obj

from fruit_features.datasets.replacement import current_place, replacing
from fruit_features.datasets.stored_dataset import StoredDataset
from fruit_features.internals import spark_path

# Hadoop's text reader, with which MLlib reads metadata, takes these for the end of a
# path or scheme. Writing to such a path succeeds.
UNREADABLE = ",:"


class MLlibModelDataset(StoredDataset[Any, Any]):
    """Loads and saves a fitted MLlib model, such as a ``PCAModel``.

    Example for the catalog::

        pca_model:
          type: fruit_features.datasets.mllib_model_dataset.MLlibModelDataset
          filepath: data/06_models/pca_model
          model_class: pyspark.ml.feature.PCAModel
    """

    # A Spark session lives in one process.
    _SINGLE_PROCESS = True

    def __init__(self, *, model_class: str, **place: Any) -> None:
        """Name the model's class, dotted, and its place as for ``StoredDataset``."""
        super().__init__(**place)
        self._model_class = model_class

    def load(self) -> Any:
        """Load the model, starting a Spark session if there is none.

        Raises:
            DatasetError: If there is no model.
        """
        if not self._exists():
            message = f"no {self._model_class} at {self._path!r}"
            raise DatasetError(message)
        place = current_place(self._fs, self._path)
        model = load_obj(self._model_class)
        if self._protocol != "file" or not set(UNREADABLE) & set(place):
            return model.load(spark_path(self._protocol, place))
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder, "model")
            link.symlink_to(Path(place).absolute())
            return model.load(str(link))

    def save(self, data: Any) -> None:
        """Write the model, which replaces an older one atomically."""
        with replacing(self._fs, self._path) as folder:
            data.write().overwrite().save(spark_path(self._protocol, folder))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path, "model_class": self._model_class}

    def _exists(self) -> bool:
        place = current_place(self._fs, self._path)
        return bool(self._fs.exists(f"{place}/metadata/_SUCCESS"))
