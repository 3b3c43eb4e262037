"""Principal component analysis: MLlib's covariance, LAPACK's eigenvectors.

MLlib's own ``PCA.fit`` decomposes the covariance on the driver in Java, which
takes some 12 s at 1280 dimensions whatever the row count; numpy's LAPACK takes
half a second. So the distributed part, the covariance, is MLlib's, the
decomposition numpy's, and the result a plain ``PCAModel``.
"""

import uuid
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pyspark.ml.common import _py2java
from pyspark.ml.feature import PCAModel
from pyspark.ml.functions import array_to_vector
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.mllib.linalg.distributed import RowMatrix
from pyspark.mllib.util import MLUtils
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

Floats = npt.NDArray[np.float64]


class Spectrum(NamedTuple):
    """All principal components of some features.

    Attributes:
        vectors: ``(dimensions, dimensions)``, a column a component, largest first.
        ratios: ``(dimensions,)``, each component's share of the variance.
    """

    vectors: Floats
    ratios: Floats


def fit_spectrum(features: DataFrame) -> Spectrum:
    """Find all principal components at once.

    Args:
        features: Column ``features``, arrays of one length; two rows at least.

    Returns:
        Components whose signs are fixed: the number farthest from zero in each is
        positive, as in scikit-learn's ``svd_flip``, so that two fits agree.
    """
    vectors = features.select(array_to_vector(F.col("features")).alias("vector"))
    rows = RowMatrix(MLUtils.convertVectorColumnsFromML(vectors, "vector"))
    covariance = rows.computeCovariance().toArray()
    values, columns = np.linalg.eigh(covariance)
    values, columns = np.clip(values[::-1], 0, None), columns[:, ::-1]
    farthest = np.abs(columns).argmax(axis=0)
    signs = np.sign(columns[farthest, np.arange(columns.shape[1])])
    total = values.sum()
    ratios = values / total if total > 0 else np.zeros_like(values)
    return Spectrum(columns * signs, ratios)


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
