"""Principal component analysis as MLlib does it, on numpy's BLAS and LAPACK.

MLlib's own ``PCA.fit`` adds up the covariance row by row and decomposes it, both in
Java; docs/performance.md compares. The method here is the same, the sums are made
by the workers' numpy, the decomposition by the driver's, and the result is a plain
``PCAModel``.
"""

import uuid
from typing import NamedTuple

import numpy as np
from pyspark.ml.common import _py2java
from pyspark.ml.feature import PCAModel
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.sql import DataFrame, SparkSession

from fruit_features.exceptions import NoFeaturesError
from fruit_features.pipelines.reduction.sums import Floats, Sums, sum_rows

FEWEST_ROWS = 2


class Spectrum(NamedTuple):
    """All principal components of some features.

    Attributes:
        vectors: ``(dimensions, dimensions)``, a column a component, largest first.
        ratios: ``(dimensions,)``, each component's share of the variance.
        rows: How many images they were fitted on.
    """

    vectors: Floats
    ratios: Floats
    rows: int


def fit_spectrum(features: DataFrame) -> Spectrum:
    """Find all principal components at once.

    Args:
        features: Column ``features``, arrays of one length; two rows at least.

    Returns:
        Components whose signs are fixed: the number farthest from zero in each is
        positive, as in scikit-learn's ``svd_flip``, so that two fits agree.

    Raises:
        NoFeaturesError: With fewer than two rows.
    """
    sums = sum_rows(features)
    if sums is None or sums.rows < FEWEST_ROWS:
        count = sums.rows if sums else 0
        message = f"{count} image with features: principal components need 2 at least"
        raise NoFeaturesError(message)
    values, columns = np.linalg.eigh(covariance(sums))
    values, columns = np.clip(values[::-1], 0, None), columns[:, ::-1]
    farthest = np.abs(columns).argmax(axis=0)
    signs = np.sign(columns[farthest, np.arange(columns.shape[1])])
    total = values.sum()
    ratios = values / total if total > 0 else np.zeros_like(values)
    return Spectrum(columns * signs, ratios, sums.rows)


def covariance(sums: Sums) -> Floats:
    """Compute the sample covariance, as ``RowMatrix.computeCovariance`` defines it."""
    mean = sums.total / sums.rows
    return (sums.products - sums.rows * np.outer(mean, mean)) / (sums.rows - 1)


def components_for(variance: float, ratios: Floats) -> int:
    """Count the components that together keep a share of the variance.

    Args:
        variance: The share, above 0, up to 1.
        ratios: Each component's share, largest first.
    """
    cumulative = np.cumsum(ratios)
    # Rounding must not keep a sum of shares from reaching 1.
    reached = cumulative >= min(variance, cumulative[-1]) - 1e-12
    return int(reached.argmax()) + 1


def build_model(spark: SparkSession, spectrum: Spectrum, components: int) -> PCAModel:
    """Make MLlib's own model of the first components.

    Python's MLlib has no constructor for a fitted ``PCAModel``; Scala's,
    ``PCAModel(uid, pc, explainedVariance)``, can be called from Java.

    Args:
        spark: Holds the model.
        spectrum: All components.
        components: How many to keep.

    Returns:
        A model of the column ``vector`` that adds the column ``pca_vector``.
    """
    context = spark.sparkContext
    kept = spectrum.vectors[:, :components]
    matrix = DenseMatrix(len(kept), components, kept.ravel(order="F"))
    ratios = DenseVector(spectrum.ratios[:components])
    model = PCAModel(
        context._jvm.org.apache.spark.ml.feature.PCAModel(  # type: ignore[union-attr]
            f"PCA_{uuid.uuid4().hex[:12]}",
            _py2java(context, matrix),
            _py2java(context, ratios),
        )
    )
    model._set(k=components)
    return model.setInputCol("vector").setOutputCol("pca_vector")
