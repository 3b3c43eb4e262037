"""``LocalFolderDataset`` hands a folder of this machine to a node."""

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError


class LocalFolderDataset(AbstractDataset[Any, Path]):
    """Gives the path of a folder, made if need be.

    For a library that keeps files of its own, such as Keras's checkpoints, so
    that the place still stands in the catalog.

    Example for the catalog::

        training_state:
          type: fruit_features.datasets.local_folder_dataset.LocalFolderDataset
          filepath: data/06_models/training

    Example in Python::

        >>> LocalFolderDataset(filepath=str(tmp_path / "state")).load().is_dir()
        True
    """

    def __init__(
        self, *, filepath: str, metadata: dict[str, Any] | None = None
    ) -> None:
        """Name the folder.

        Args:
            filepath: A local path.
            metadata: Ignored; for tools that read the catalog.
        """
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """Make the folder if need be and return its path."""
        self._filepath.mkdir(parents=True, exist_ok=True)
        return self._filepath

    def save(self, data: Any) -> None:
        """Refuse: nodes write into the folder themselves."""
        message = f"{type(self).__name__} holds what its users write into it"
        raise DatasetError(message)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}

    def _exists(self) -> bool:
        return self._filepath.is_dir()
