"""Principal component analysis as MLlib does it, on numpy's BLAS and LAPACK.

MLlib's own ``PCA.fit`` adds up the covariance row by row and decomposes it, both in
Java; docs/performance.md compares. The method here is the same, the sums are made
by the workers' numpy, the decomposition by the driver's, and the result is a plain
``PCAModel``.
"""

import functools
import itertools
import math
import operator
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.ml.common import _py2java
from pyspark.ml.feature import PCAModel
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.sql import DataFrame, Row, SparkSession

from fruit_features.exceptions import NoFeaturesError

Floats = npt.NDArray[np.float64]

# Rows that are multiplied at a time: enough for BLAS, little memory.
BLOCK_ROWS = 1024

FEWEST_ROWS = 2

SUMS_SCHEMA = "rows bigint, total binary, products binary"


class Sums(NamedTuple):
    """What the covariance of some rows is made of.

    Attributes:
        rows: How many.
        total: ``(dimensions,)``, their sum.
        products: ``(dimensions, dimensions)``, the sum of their outer products.
    """

    rows: int
    total: Floats
    products: Floats


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


def sum_rows(features: DataFrame) -> Sums | None:
    """Add up what the covariance is made of, on the workers.

    Args:
        features: Column ``features``, arrays of one length.

    Returns:
        The sums; ``None`` of no rows.
    """
    cores = features.sparkSession.sparkContext.defaultParallelism
    # One matrix of products a core, whatever the number of files, and few of them
    # for the driver to add up.
    parts = features.select("features").coalesce(cores)
    sums = parts.mapInArrow(_sum_rows, SUMS_SCHEMA).repartition(math.isqrt(cores))
    collected = sums.mapInArrow(_sum_sums, SUMS_SCHEMA).collect()
    return _add_all(map(_from_row, collected)) if collected else None


def _sum_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    blocks = (Sums(len(x), x.sum(axis=0), x.T @ x) for x in _blocks(batches))
    yield from _to_batches(blocks)


def _sum_sums(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    rows = (row for batch in batches for row in batch.to_pylist())
    yield from _to_batches(map(_from_row, rows))


def _to_batches(sums: Iterable[Sums]) -> Iterator[pa.RecordBatch]:
    several = iter(sums)
    first = next(several, None)
    if first is None:
        return  # A partition without rows.
    rows, total, products = _add_all(itertools.chain([first], several))
    columns = [
        pa.array([rows], pa.int64()),
        pa.array([total.tobytes()], pa.binary()),
        pa.array([products.tobytes()], pa.binary()),
    ]
    yield pa.RecordBatch.from_arrays(columns, Sums._fields)


def _add_all(sums: Iterable[Sums]) -> Sums:
    return functools.reduce(
        lambda one, other: Sums(*map(operator.add, one, other)), sums
    )


def _from_row(row: Row | dict[str, Any]) -> Sums:
    total = np.frombuffer(row["total"])
    products = np.frombuffer(row["products"]).reshape(len(total), -1)
    return Sums(row["rows"], total, products)


def _blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[Floats]:
    waiting: list[Floats] = []
    for batch in batches:
        column = batch.column(0)
        waiting.append(column.flatten().to_numpy().reshape(len(column), -1))
        if sum(map(len, waiting)) >= BLOCK_ROWS:
            yield np.concatenate(waiting, dtype=np.float64)
            waiting = []
    if waiting:
        yield np.concatenate(waiting, dtype=np.float64)


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
