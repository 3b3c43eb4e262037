"""``LineageDataset``: the run and the model that each row of the features is from."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fruit_features.datasets.lazy_dataset import load_derived
from fruit_features.tables import FEATURES_KEY

# Kedro names runs by their start, to the millisecond: names sort by time.
RUN_NAME = "yyyy-MM-dd'T'HH.mm.ss.SSS'Z'"

# Names of the reduction in ``run_facts``.
STAGE, NODE = "reduction", "reduce_features_node"


class LineageDataset(AbstractDataset[Any, DataFrame]):
    """A join of other entries: images, backbones, PCA model and their runs.

    Runs are exclusive, so the run of a row is the latest that had begun when it was
    made; null for rows from before the first run in ``run_begun``.

    Columns: ``image_key``, ``path``, ``label``, ``backbone_id``, ``featurized_at``;
    ``featurized_by``, the run; ``pca_fitted`` and ``pca_fitted_by``, time and run of
    the stored PCA model if it was fitted on the image; ``reduced_by``, the run of its
    reduced features. Each is null where there is none.

    Example for the catalog, with the entries that it is a view of::

        lineage:
          type: fruit_features.datasets.lineage_dataset.LineageDataset
          features: *features
          reduced_features: *reduced_features
          pca_summary: *pca_summary
          run_facts: *run_facts
          run_begun: *run_begun
    """

    def __init__(
        self, *, metadata: dict[str, Any] | None = None, **entries: dict[str, Any]
    ) -> None:
        """Build the datasets of the five entries, each declared as in the catalog."""
        self.metadata = metadata
        self._parts: dict[str, AbstractDataset[Any, Any]] = {
            name: AbstractDataset.from_config(name, entry)
            for name, entry in entries.items()
        }

    def load(self) -> DataFrame:
        """Return the join."""
        features = self._parts["features"].load()
        reduced = self._stored("reduced_features") or features.limit(0)
        reduced = reduced.select(*FEATURES_KEY, F.lit(True).alias("reduced"))
        runs = sorted(self._stored("run_begun") or {})
        fit = self._stored("pca_summary") or {}
        fitted = _time(fit.get("fitted"))
        went_in = (F.col("backbone_id") == F.lit(fit.get("backbone_id"))) & (
            F.col("featurized_at") <= fitted
        )
        reduced_by = _run_at(runs, _time(self._reduced_at()))
        return features.join(reduced, FEATURES_KEY, "left").select(
            "image_key",
            "path",
            "label",
            "backbone_id",
            "featurized_at",
            _run_at(runs, F.col("featurized_at")).alias("featurized_by"),
            F.when(went_in, fitted).alias("pca_fitted"),
            F.when(went_in, _run_at(runs, fitted)).alias("pca_fitted_by"),
            F.when(F.col("reduced"), reduced_by).alias("reduced_by"),
        )

    def save(self, data: Any) -> None:
        """Refuse: runs save the entries that it joins."""
        message = f"{type(self).__name__} only reads"
        raise DatasetError(message)

    def _stored(self, name: str) -> Any:
        dataset = self._parts[name]
        return dataset.load() if dataset.exists() else None

    def _reduced_at(self) -> str | None:
        """Return when the stored reduction began, if it was completed."""
        facts = load_derived(self._parts["run_facts"]) or {}
        stage = facts.get("stages", {}).get(STAGE)
        return stage["started"] if stage and NODE in stage["nodes"] else None

    def _describe(self) -> dict[str, Any]:
        return {name: str(part) for name, part in self._parts.items()}

    def _exists(self) -> bool:
        return self._parts["features"].exists()


def _time(iso: str | None) -> Column:
    return F.lit(iso and dt.datetime.fromisoformat(iso)).cast("timestamp")


def _run_at(runs: Sequence[str], time: Column) -> Column:
    """Return the latest run that had begun at a time."""
    names = F.array(*map(F.lit, runs)).cast("array<string>")
    at = F.date_format(time, RUN_NAME)
    return F.array_max(F.filter(names, lambda name: name <= at))
