"""``LineageDataset``: where every row of the features comes from and has gone."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fruit_features.datasets.lazy_dataset import load_derived

# Kedro names runs by when they began, to the millisecond: names sort like times.
RUN_NAME = "yyyy-MM-dd'T'HH.mm.ss.SSS'Z'"

# What tells a row of the features from every other.
ROW = ["image_key", "backbone_id", "featurized_at"]

# Of the reduction, as ``run_facts`` calls them.
STAGE, NODE = "reduction", "reduce_features_node"


class LineageDataset(AbstractDataset[Any, DataFrame]):
    """Loads as one table: images, backbones, PCA model, and the runs of each.

    Nothing is stored twice: it is a view of what other entries hold. Runs are told by
    time, as one is at work at a time; what was made before the first run that
    ``run_begun`` knows is of no known run.

    Columns: ``image_key``, ``path``, ``label``, ``backbone_id``, ``featurized_at``;
    ``featurized_by``, the run; ``pca_fitted``, when the PCA model was fitted that the
    image went into, and ``pca_fitted_by``, null where it went into none that is kept;
    ``reduced_by``, the run that its reduced features are of, null where it has none.

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
        self,
        *,
        features: dict[str, Any],
        reduced_features: dict[str, Any],
        pca_summary: dict[str, Any],
        run_facts: dict[str, Any],
        run_begun: dict[str, Any],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name what it is made of, each as in the catalog.

        Args:
            features: A table with what tells its rows, ``path`` and ``label``.
            reduced_features: Some of these rows.
            pca_summary: Backbone and time of the fit.
            run_facts: When the reduction began, and what of it was done.
            run_begun: A partition a run.
            metadata: Ignored; for tools that read the catalog.
        """
        entries = {
            "features": features,
            "reduced_features": reduced_features,
            "pca_summary": pca_summary,
            "run_facts": run_facts,
            "run_begun": run_begun,
        }
        self._parts: dict[str, Any] = {
            name: AbstractDataset.from_config(name, entry)
            for name, entry in entries.items()
        }
        self.metadata = metadata

    def load(self) -> DataFrame:
        """Return the view."""
        runs = self._runs()
        fit = self._stored("pca_summary") or {"backbone_id": None, "fitted": None}
        fitted = _time(fit["fitted"])
        went_in = (F.col("backbone_id") == F.lit(fit["backbone_id"])) & (
            F.col("featurized_at") <= F.lit(fitted)
        )
        fitted_by = F.lit(_run_at(runs, fitted)).cast("string")
        reduced_by = F.lit(_run_at(runs, self._reduced_at())).cast("string")
        return (
            self._parts["features"]
            .load()
            .join(self._reduced(), ROW, "left")
            .select(
                "image_key",
                "path",
                "label",
                "backbone_id",
                "featurized_at",
                _run_of(runs).alias("featurized_by"),
                F.when(went_in, F.lit(fitted)).cast("timestamp").alias("pca_fitted"),
                F.when(went_in, fitted_by).alias("pca_fitted_by"),
                F.when(F.col("reduced"), reduced_by).alias("reduced_by"),
            )
        )

    def save(self, data: Any) -> None:
        """Refuse: what it is made of is saved by runs."""
        message = f"{type(self).__name__} only reads"
        raise DatasetError(message)

    def _reduced(self) -> DataFrame:
        if self._parts["reduced_features"].exists():
            rows = self._parts["reduced_features"].load()
        else:
            rows = self._parts["features"].load().limit(0)
        return rows.select(*ROW, F.lit(True).alias("reduced"))

    def _reduced_at(self) -> dt.datetime | None:
        """Tell when the reduction began that is stored, if it came to its end."""
        facts = load_derived(self._parts["run_facts"]) or {}
        stage = facts.get("stages", {}).get(STAGE)
        if not stage or NODE not in stage["nodes"]:
            return None
        return _time(stage["started"])

    def _stored(self, name: str) -> Any:
        dataset = self._parts[name]
        return dataset.load() if dataset.exists() else None

    def _runs(self) -> list[str]:
        return sorted(self._stored("run_begun") or {})

    def _describe(self) -> dict[str, Any]:
        return {name: str(part) for name, part in self._parts.items()}

    def _exists(self) -> bool:
        return self._parts["features"].exists()


def _time(said: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(said) if said else None


def _run_of(runs: Sequence[str]) -> Column:
    """Return the latest run that had begun when a row was made."""
    made = F.date_format("featurized_at", RUN_NAME)
    names = F.array(*map(F.lit, runs)).cast("array<string>")
    return F.array_max(F.filter(names, lambda name: name <= made))


def _run_at(runs: Sequence[str], when: dt.datetime | None) -> str | None:
    """Return the latest run that had begun at a time."""
    if when is None:
        return None
    now = when.astimezone(dt.timezone.utc)
    name = f"{now:%Y-%m-%dT%H.%M.%S}.{now.microsecond // 1000:03}Z"
    return max((run for run in runs if run <= name), default=None)
