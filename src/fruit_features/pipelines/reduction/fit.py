"""Principal component analysis as in MLlib, on numpy's BLAS and LAPACK.

The workers' numpy sums the covariance, the driver's decomposes it; MLlib's ``PCA.fit``
does both in Java. docs/performance.md compares the two.
"""

import uuid
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pyspark.ml.feature import PCAModel, StandardScalerModel
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.sql import DataFrame, SparkSession

from fruit_features.exceptions import NoFeaturesError, VarianceTargetError
from fruit_features.internals import as_java, jvm
from fruit_features.workers.sums import Floats, Sums, sum_rows

FEWEST_ROWS = 2

# Tolerance of a sum of shares, which may round to less than 1.
ROUNDING = 1e-9


class Spectrum(NamedTuple):
    """All principal components of some features.

    Attributes:
        vectors: ``(dimensions, dimensions)``; columns are components, by variance.
        ratios: ``(dimensions,)``, each component's share of the variance.
        rows: How many images they were fitted on.
        mean: ``(dimensions,)``, of the features as they are.
        std: ``(dimensions,)``, of the features as they are.
    """

    vectors: Floats
    ratios: Floats
    rows: int
    mean: Floats
    std: Floats

    def variance_table(self) -> pd.DataFrame:
        """Return every component's share of the variance, and their cumulative sum."""
        return pd.DataFrame(
            {
                "component": np.arange(1, len(self.ratios) + 1, dtype=np.int32),
                "ratio": self.ratios,
                "cumulative": np.cumsum(self.ratios),
            }
        )

    def component_table(self, count: int) -> pd.DataFrame:
        """Return the first components, one a row."""
        first = self.vectors.T[:count]
        numbers = np.arange(1, len(first) + 1, dtype=np.int32)
        return pd.DataFrame({"component": numbers, "vector": list(first)})


def fit_spectrum(features: DataFrame, standardise: bool) -> Spectrum:
    """Compute all principal components of the column ``features``.

    Returns:
        Components with deterministic signs, as of scikit-learn's ``svd_flip``: the
        largest absolute value in each is positive.

    Raises:
        NoFeaturesError: With fewer than two rows, or features that are not finite.
    """
    sums = _checked(sum_rows(features))
    mean = sums.total / sums.rows
    # The sample covariance, as ``RowMatrix.computeCovariance`` defines it.
    products = sums.products - sums.rows * np.outer(mean, mean)
    covariance = products / (sums.rows - 1)
    std = np.sqrt(np.clip(np.diag(covariance), 0, None))
    if standardise:
        scale = inverse(std)
        covariance *= np.outer(scale, scale)
    values, columns = np.linalg.eigh(covariance)
    values, columns = np.clip(values[::-1], 0, None), columns[:, ::-1]
    farthest = np.abs(columns).argmax(axis=0)
    signs = np.sign(columns[farthest, np.arange(columns.shape[1])])
    total = values.sum()
    ratios = values / total if total > 0 else np.zeros_like(values)
    return Spectrum(columns * signs, ratios, sums.rows, mean, std)


def _checked(sums: Sums | None) -> Sums:
    if sums is None or sums.rows < FEWEST_ROWS:
        count = sums.rows if sums else 0
        message = f"{count} image with features: principal components need 2 at least"
        raise NoFeaturesError(message)
    if not np.isfinite(sums.products).all():
        message = (
            "some features are not finite numbers (nan or infinity): the backbone's "
            "weights are damaged, or not meant for this network; check backbone.weights"
        )
        raise NoFeaturesError(message)
    return sums


def inverse(std: Floats) -> Floats:
    """Return ``1 / std``, and 0 for ``std`` 0, as ``StandardScalerModel`` does."""
    return np.divide(1, std, out=np.zeros_like(std), where=std != 0)


def components_for(variance: float, ratios: Floats) -> int:
    """Return the smallest number of components that keep a share of the variance.

    Raises:
        VarianceTargetError: If all components together keep less.
    """
    cumulative = np.cumsum(ratios)
    reached = cumulative >= variance - ROUNDING
    if not reached.any():
        message = (
            f"reduction.variance={variance!r} cannot be reached: all "
            f"{len(ratios):,} components together keep {cumulative[-1]:.6g}, as of "
            "images whose features are all the same; leave reduction.variance out, or "
            "ask for no more than that"
        )
        raise VarianceTargetError(message)
    return int(reached.argmax()) + 1


def build_scaler(
    spark: SparkSession, spectrum: Spectrum, standardise: bool
) -> StandardScalerModel:
    """Build MLlib's scaler from column ``raw_vector`` to column ``vector``."""
    parts = DenseVector(spectrum.std), DenseVector(spectrum.mean)
    scaler = StandardScalerModel(_java_model(spark, "StandardScalerModel", *parts))
    # MLlib's PCA does not subtract the mean either.
    scaler.set(scaler.withMean, False)
    scaler.set(scaler.withStd, standardise)
    return scaler.setInputCol("raw_vector").setOutputCol("vector")


def build_model(spark: SparkSession, spectrum: Spectrum, components: int) -> PCAModel:
    """Build MLlib's model from column ``vector`` to column ``pca_vector``."""
    kept = spectrum.vectors[:, :components]
    matrix = DenseMatrix(len(kept), components, kept.ravel(order="F"))
    ratios = DenseVector(spectrum.ratios[:components])
    model = PCAModel(_java_model(spark, "PCAModel", matrix, ratios))
    model.set(model.k, components)
    return model.setInputCol("vector").setOutputCol("pca_vector")


def _java_model(spark: SparkSession, name: str, *parts: Any) -> Any:
    """Call a fitted model's constructor, which only Scala has."""
    context = spark.sparkContext
    models = jvm(context).org.apache.spark.ml.feature
    uid = f"{name}_{uuid.uuid4().hex[:12]}"
    return getattr(models, name)(uid, *(as_java(context, part) for part in parts))


def numpy_libraries() -> dict[str, str]:
    """Return name and version of numpy's ``blas`` and ``lapack``."""
    config: Any = np.show_config(mode="dicts")  # type: ignore[call-arg,func-returns-value]
    found = config["Build Dependencies"]
    return {
        kind: f"{found[kind]['name']} {found[kind].get('version', '')}".strip()
        for kind in ("blas", "lapack")
    }
