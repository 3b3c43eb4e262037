"""``LocalFolderDataset`` gives a node the path of a local folder."""

from pathlib import Path
from typing import Any

from kedro.io.core import DatasetError

from fruit_features.datasets.stored_dataset import StoredDataset


class LocalFolderDataset(StoredDataset[Any, Path]):
    """Gives the path of a folder, created if missing.

    For libraries that write files of their own, such as Keras's checkpoints, so that
    their place is in the catalog.

    Example for the catalog::

        training_state:
          type: fruit_features.datasets.local_folder_dataset.LocalFolderDataset
          filepath: data/06_models/training

    Example in Python::

        >>> LocalFolderDataset(filepath=str(tmp_path / "state")).load().is_dir()
        True
    """

    def load(self) -> Path:
        """Create the folder if missing and return its path."""
        folder = Path(self._path)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def save(self, data: Any) -> None:
        """Refuse: nodes write into the folder themselves."""
        message = f"{type(self).__name__} holds what its users write into it"
        raise DatasetError(message)
