"""How much of the features their projection keeps, image by image."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fruit_features.workers.sums import Floats, blocks


class Basis(NamedTuple):
    """What features are reconstructed from.

    Attributes:
        mean: ``(dimensions,)``, of the features.
        scale: ``(dimensions,)``, what they are multiplied by first.
        vectors: ``(dimensions, components)``, orthonormal.
        variance: Of the scaled features, added up over dimensions.
    """

    mean: Floats
    scale: Floats
    vectors: Floats
    variance: float

    @classmethod
    def of_models(cls, scaler: Any, vectors: Floats) -> "Basis":
        """Take mean and scale from a ``StandardScalerModel``.

        Args:
            scaler: Divides by the standard deviation, or not.
            vectors: Principal components of what it gives, a column each.
        """
        mean, std = scaler.mean.toArray(), scaler.std.toArray()
        scale = np.ones_like(std)
        if scaler.getWithStd():
            scale = np.divide(1, std, out=np.zeros_like(std), where=std != 0)
        return cls(mean, scale, vectors, float(((std * scale) ** 2).sum()))

    def centre(self, features: Floats) -> Floats:
        """Take off the mean and scale."""
        return (features - self.mean) * self.scale

    def errors(self, features: Floats) -> Floats:
        """Return each row's squared distance from its reconstruction."""
        centred = self.centre(features)
        kept = centred @ self.vectors
        return (centred**2).sum(axis=1) - (kept**2).sum(axis=1)


def mean_errors(
    features: DataFrame, group: Column, basis: Basis
) -> dict[bool, dict[str, Any]]:
    """Compute the mean reconstruction error of two groups of images, on the workers.

    Args:
        features: Column ``features``, arrays.
        group: True or false for each.
        basis: What they are reconstructed from.

    Returns:
        By group, if there are any: ``images`` and ``error``, the latter as a share of
        the variance of the features that the basis was fitted on.
    """

    def by_row(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            errors = [basis.errors(rows) for rows in blocks([batch])]
            error = pa.array(np.concatenate(errors) if errors else [], pa.float64())
            yield pa.RecordBatch.from_arrays([batch.column(1), error], ["group", "e"])

    rows = features.select("features", group.alias("group"))
    found = (
        rows.mapInArrow(by_row, "group boolean, e double")
        .groupBy("group")
        .agg(F.count("*").alias("images"), F.avg("e").alias("error"))
        .collect()
    )
    total = basis.variance or 1.0
    return {
        row["group"]: {"images": row["images"], "error": row["error"] / total}
        for row in found
    }
