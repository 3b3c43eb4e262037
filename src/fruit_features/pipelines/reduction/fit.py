"""Principal component analysis as MLlib does it, on numpy's BLAS and LAPACK.

MLlib's own ``PCA.fit`` adds up the covariance row by row and decomposes it, both in
Java; docs/performance.md compares. The method here is the same, the sums are made
by the workers' numpy, the decomposition by the driver's, and the results are a plain
``StandardScalerModel`` and a plain ``PCAModel``.
"""

import uuid
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pyspark.ml.common import _py2java
from pyspark.ml.feature import PCAModel, StandardScalerModel
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.sql import DataFrame, SparkSession

from fruit_features.exceptions import NoFeaturesError, VarianceTargetError
from fruit_features.workers.sums import Floats, Sums, sum_rows

FEWEST_ROWS = 2

# Rounding must not keep a sum of a thousand shares from reaching 1.
ROUNDING = 1e-9


class Spectrum(NamedTuple):
    """All principal components of some features.

    Attributes:
        vectors: ``(dimensions, dimensions)``, a column a component, largest first.
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


def fit_spectrum(features: DataFrame, standardise: bool) -> Spectrum:
    """Find all principal components at once.

    Args:
        features: Column ``features``, arrays of one length; two rows at least.
        standardise: Whether every feature is divided by its standard deviation.

    Returns:
        Components whose signs are fixed: the number farthest from zero in each is
        positive, as in scikit-learn's ``svd_flip``, so that two fits agree.

    Raises:
        NoFeaturesError: With fewer than two rows, or features that are no numbers.
    """
    sums = _checked(sum_rows(features))
    covariances = covariance(sums)
    std = np.sqrt(np.clip(np.diag(covariances), 0, None))
    if standardise:
        scale = scale_of(std)
        covariances *= np.outer(scale, scale)
    values, columns = np.linalg.eigh(covariances)
    values, columns = np.clip(values[::-1], 0, None), columns[:, ::-1]
    farthest = np.abs(columns).argmax(axis=0)
    signs = np.sign(columns[farthest, np.arange(columns.shape[1])])
    total = values.sum()
    ratios = values / total if total > 0 else np.zeros_like(values)
    mean = sums.total / sums.rows
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


def covariance(sums: Sums) -> Floats:
    """Compute the sample covariance, as ``RowMatrix.computeCovariance`` defines it."""
    mean = sums.total / sums.rows
    return (sums.products - sums.rows * np.outer(mean, mean)) / (sums.rows - 1)


def scale_of(std: npt.NDArray[np.float64]) -> Floats:
    """Return what ``StandardScalerModel`` multiplies by; 0 where nothing varies."""
    return np.divide(1, std, out=np.zeros_like(std), where=std != 0)


def components_for(variance: float, ratios: Floats) -> int:
    """Count the components that together keep a share of the variance.

    Args:
        variance: The share, above 0, up to 1.
        ratios: Each component's share, largest first.

    Raises:
        VarianceTargetError: If all of them together keep less.
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
    """Make MLlib's own model of the features' means and standard deviations.

    Args:
        spark: Holds the model.
        spectrum: Has mean and standard deviation.
        standardise: Whether the model divides by the latter, or changes nothing.

    Returns:
        A model of the column ``raw_vector`` that adds the column ``vector``.
    """
    scaler = StandardScalerModel(
        _java_model(
            spark,
            "StandardScalerModel",
            DenseVector(spectrum.std),
            DenseVector(spectrum.mean),
        )
    )
    # Not the mean: MLlib's PCA does not take it off either.
    scaler._set(withMean=False, withStd=standardise)
    return scaler.setInputCol("raw_vector").setOutputCol("vector")


def build_model(spark: SparkSession, spectrum: Spectrum, components: int) -> PCAModel:
    """Make MLlib's own model of the first components.

    Args:
        spark: Holds the model.
        spectrum: All components.
        components: How many to keep.

    Returns:
        A model of the column ``vector`` that adds the column ``pca_vector``.
    """
    kept = spectrum.vectors[:, :components]
    matrix = DenseMatrix(len(kept), components, kept.ravel(order="F"))
    ratios = DenseVector(spectrum.ratios[:components])
    model = PCAModel(_java_model(spark, "PCAModel", matrix, ratios))
    model._set(k=components)
    return model.setInputCol("vector").setOutputCol("pca_vector")


def _java_model(spark: SparkSession, name: str, *parts: Any) -> Any:
    """Call the constructor of a fitted model, which Scala has and Python has not."""
    context = spark.sparkContext
    constructor = getattr(
        context._jvm.org.apache.spark.ml.feature,  # type: ignore[union-attr]
        name,
    )
    uid = f"{name}_{uuid.uuid4().hex[:12]}"
    return constructor(uid, *(_py2java(context, part) for part in parts))
