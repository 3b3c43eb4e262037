"""``LazyDataset`` gives a node a function that loads a dataset."""

import logging
from collections.abc import Callable
from typing import Any

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError

from fruit_features.internals import described

logger = logging.getLogger(__name__)


class LazyDataset(AbstractDataset[Any, Callable[[], Any]]):
    """Loads as a function that loads what an earlier run left, or ``None``.

    For what a node may reuse, such as an export or a fitted model. As with Kedro's
    ``PartitionedDataset``, nothing is read before the function is called.

    Example for the catalog::

        stored_pca_summary:
          type: fruit_features.datasets.lazy_dataset.LazyDataset
          dataset:
            type: json.JSONDataset
            filepath: data/06_models/pca_summary.json

    With ``datasets``, several of them by name, the function returns a dictionary.

    Example in Python::

        >>> stored = LazyDataset(
        ...     dataset={"type": "json.JSONDataset", "filepath": f"{tmp_path}/x.json"}
        ... )
        >>> stored.load()() is None
        True
    """

    def __init__(
        self,
        *,
        dataset: dict[str, Any] | None = None,
        datasets: dict[str, dict[str, Any]] | None = None,
        derived: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Build the wrapped dataset.

        Args:
            dataset: Its configuration, as in the catalog.
            datasets: Configurations by name, in place of one.
            derived: Whether it is JSON of a run, which counts as missing if broken.
            metadata: Ignored; for tools that read the catalog.
        """
        self._datasets: dict[str, AbstractDataset[Any, Any]] = {
            name: AbstractDataset.from_config(name, config)
            for name, config in (datasets or {"stored": dataset or {}}).items()
        }
        self._by_name = datasets is not None
        self._derived = derived
        self.metadata = metadata

    def load(self) -> Callable[[], Any]:
        """Return a function without arguments: what is stored, or ``None``."""
        return self._load_stored

    def _load_stored(self) -> Any:
        loaded = {
            name: load_derived(dataset)
            if self._derived
            else (dataset.load() if dataset.exists() else None)
            for name, dataset in self._datasets.items()
        }
        return loaded if self._by_name else loaded["stored"]

    def save(self, data: Any) -> None:
        """Refuse: the entry that makes the data saves it."""
        message = f"{type(self).__name__} only reads"
        raise DatasetError(message)

    def _describe(self) -> dict[str, Any]:
        return {name: str(dataset) for name, dataset in self._datasets.items()}

    def _exists(self) -> bool:
        return all(dataset.exists() for dataset in self._datasets.values())


def load_derived(dataset: AbstractDataset[Any, Any]) -> Any:
    """Load JSON that each run rewrites; ``None`` if missing or (logged) broken."""
    if not dataset.exists():
        return None
    try:
        found = dataset.load()
    except DatasetError as error:
        if not is_broken(error):
            raise
        found = None
    if isinstance(found, dict):
        return found
    place = described(dataset)["filepath"]
    logger.warning("broken, so it counts as not there: %s", place)
    return None


def is_broken(error: BaseException | None) -> bool:
    """Return whether loading failed because of the content, not of the storage."""
    while isinstance(error, DatasetError):
        error = error.__cause__
    return isinstance(error, ValueError)
