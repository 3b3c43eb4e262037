"""Quality of principal components: reconstruction error and label separation."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fruit_features.workers.sums import Floats, blocks

if TYPE_CHECKING:
    # Workers import this module, and need no MLlib.
    from pyspark.ml.feature import StandardScalerModel

Labels = npt.NDArray[np.intp]

# Numbers of components compared with those of the model and with all features.
QUALITY_COMPONENTS = (10, 25, 50, 100, 200)

NEIGHBOURS = 5

# Every fifth image of a label is held out.
HELD_OUT = 5

# Rows compared with all others at a time; bounds memory.
BLOCK_ROWS = 1000


class Basis(NamedTuple):
    """Parameters of the reconstruction of features.

    Attributes:
        mean: ``(dimensions,)``, of the features.
        scale: ``(dimensions,)``, factors applied after centring.
        vectors: ``(dimensions, components)``, orthonormal.
        variance: Total variance of the scaled features.
    """

    mean: Floats
    scale: Floats
    vectors: Floats
    variance: float

    @classmethod
    def of_models(cls, scaler: "StandardScalerModel", vectors: Floats) -> "Basis":
        """Build it from the scaler and the components."""
        from fruit_features.pipelines.reduction.fit import inverse

        mean, std = scaler.mean.toArray(), scaler.std.toArray()
        scale = inverse(std) if scaler.getWithStd() else np.ones_like(std)
        return cls(mean, scale, vectors, float(((std * scale) ** 2).sum()))

    def centre(self, features: Floats) -> Floats:
        """Subtract the mean and scale."""
        return (features - self.mean) * self.scale

    def errors(self, features: Floats) -> Floats:
        """Return each row's squared distance from its reconstruction."""
        centred = self.centre(features)
        kept = centred @ self.vectors
        return (centred**2).sum(axis=1) - (kept**2).sum(axis=1)


def mean_errors(
    features: DataFrame, group: Column, basis: Basis
) -> dict[bool, dict[str, Any]]:
    """Compute the mean reconstruction error of two groups, on the workers.

    Returns:
        For each non-empty group: ``images`` and ``error``, as a share of the variance
        of the features that the basis was fitted on.
    """

    def by_row(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            errors = [basis.errors(rows) for rows in blocks([batch])]
            error = pa.array(np.concatenate(errors) if errors else [], pa.float64())
            yield pa.RecordBatch.from_arrays([batch.column(1), error], ["group", "e"])

    rows = features.select("features", group.alias("group"))
    found = rows.mapInArrow(by_row, "group boolean, e double").groupBy("group")
    total = basis.variance or 1.0
    return {
        row["group"]: {"images": row["images"], "error": row["error"] / total}
        for row in found.agg(
            F.count("*").alias("images"), F.avg("e").alias("error")
        ).collect()
    }


def measure_quality(
    sample: pd.DataFrame, basis: Basis, components: list[int]
) -> pd.DataFrame:
    """Measure images by numbers of first components, and by all features.

    Args:
        sample: Columns ``label`` and ``features``, in random order.
        basis: Of the model in use.
        components: Numbers to try; those larger than the basis are left out.

    Returns:
        A row for each number of components, the last for all features. Columns:
        ``components``; ``reconstruction_error``, the mean squared distance from the
        reconstruction, as a share of that from the mean; ``between_within``, the
        variance between labels over that within labels; ``knn_accuracy``, the accuracy
        of 5 nearest neighbours on held-out images; ``images`` and ``held_out``, their
        numbers. ``NaN`` where nothing can be measured, as with one image a label.
    """
    centred = basis.centre(np.stack(sample["features"].to_list()).astype(np.float64))
    labels = pd.factorize(sample["label"], sort=True)[0]
    place = pd.Series(labels).groupby(labels).cumcount().to_numpy()
    held_out = place % HELD_OUT == HELD_OUT - 1
    projected = centred @ basis.vectors
    tried = [projected[:, :k] for k in components if k <= projected.shape[1]]
    total = float((centred**2).sum())
    return pd.DataFrame(
        {
            "components": numbers.shape[1],
            # Rounding could make it negative.
            "reconstruction_error": max(1 - float((numbers**2).sum()) / total, 0)
            if total
            else np.nan,
            "between_within": between_within(numbers, labels),
            "knn_accuracy": knn_accuracy(numbers, labels, held_out),
            "images": len(labels),
            "held_out": int(held_out.sum()),
        }
        for numbers in [*tried, centred]
    )


def between_within(numbers: Floats, labels: Labels) -> float:
    """Return the variance between labels over that within labels."""
    counts = np.bincount(labels)
    starts = np.cumsum(counts) - counts
    sums = np.add.reduceat(numbers[np.argsort(labels, kind="stable")], starts)
    means = sums / counts[:, None]
    between = (counts[:, None] * (means - numbers.mean(axis=0)) ** 2).sum()
    within = ((numbers - means[labels]) ** 2).sum()
    return float(between / within) if within > 0 else float("nan")


def knn_accuracy(
    numbers: Floats, labels: Labels, held_out: npt.NDArray[np.bool_]
) -> float:
    """Return the accuracy of 5 nearest neighbours on the held-out rows.

    As scikit-learn's ``KNeighborsClassifier(5)``: Euclidean distance, ties go to the
    first label.
    """
    known, asked = numbers[~held_out], numbers[held_out]
    if not len(asked) or not len(known):
        return float("nan")
    parts = np.array_split(asked, -(-len(asked) // BLOCK_ROWS))
    named = [_nearest_label(part, known, labels[~held_out]) for part in parts]
    return float((np.concatenate(named) == labels[held_out]).mean())


def _nearest_label(asked: Floats, known: Floats, labels: Labels) -> Labels:
    # The square of the asked row is left out: it does not change the order.
    distances = (known**2).sum(axis=1) - 2 * asked @ known.T
    nearest = min(NEIGHBOURS, len(known))
    found = np.argpartition(distances, nearest - 1, axis=1)[:, :nearest]
    votes = np.zeros((len(asked), labels.max() + 1), dtype=np.int32)
    np.add.at(votes, (np.arange(len(asked))[:, None], labels[found]), 1)
    return votes.argmax(axis=1)
