"""``LazyDataset`` hands a node the means to load, for it to use or not."""

from collections.abc import Callable
from typing import Any

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError


class LazyDataset(AbstractDataset[Any, Callable[[], Any]]):
    """Loads as a function that loads what an earlier run left, if anything.

    For what a node may want to use again instead of making it anew: an export, a
    fitted model. As with Kedro's ``PartitionedDataset``, nothing is read before
    the function is called.

    Example for the catalog::

        stored_pca_summary:
          type: fruit_features.datasets.lazy_dataset.LazyDataset
          dataset:
            type: json.JSONDataset
            filepath: data/06_models/pca_summary.json

    Example in Python::

        >>> stored = LazyDataset(
        ...     dataset={"type": "json.JSONDataset", "filepath": f"{tmp_path}/x.json"}
        ... )
        >>> stored.load()() is None
        True
    """

    def __init__(
        self, *, dataset: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> None:
        """Build the dataset that may be there.

        Args:
            dataset: Its configuration, as in the catalog.
            metadata: Ignored; for tools that read the catalog.
        """
        self._dataset: AbstractDataset[Any, Any] = AbstractDataset.from_config(
            "stored", dataset
        )
        self.metadata = metadata

    def load(self) -> Callable[[], Any]:
        """Return a function of no argument: what is stored, or ``None``."""
        return lambda: self._dataset.load() if self._dataset.exists() else None

    def save(self, data: Any) -> None:
        """Refuse: the entry that makes the data saves it."""
        message = f"{type(self).__name__} only reads"
        raise DatasetError(message)

    def _describe(self) -> dict[str, Any]:
        return {"dataset": str(self._dataset)}

    def _exists(self) -> bool:
        return self._dataset.exists()
