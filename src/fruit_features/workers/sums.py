"""Sums for a covariance, added up by the workers' numpy. Loads no MLlib."""

import functools
import itertools
import math
import operator
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession

Floats = npt.NDArray[np.float64]

# Rows that are multiplied at a time: enough for BLAS, little memory.
BLOCK_ROWS = 1024

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


def sum_rows(features: DataFrame) -> Sums | None:
    """Add up what the covariance is made of, on the workers.

    Args:
        features: Column ``features``, arrays of one length.

    Returns:
        The sums; ``None`` of no rows.
    """
    spark = features.sparkSession
    # One matrix of products a core, whatever the number of files, and few of them
    # for the driver to add up.
    parts = features.select("features").coalesce(spark.sparkContext.defaultParallelism)
    sums = parts.mapInArrow(_sum_rows, SUMS_SCHEMA).repartition(parts_for_driver(spark))
    collected = sums.mapInArrow(_sum_sums, SUMS_SCHEMA).collect()
    return _add_all(map(_from_row, collected)) if collected else None


def parts_for_driver(spark: SparkSession) -> int:
    """Return how many parts the driver gets to add up: far fewer than cores."""
    return math.isqrt(spark.sparkContext.defaultParallelism)


def _sum_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    sums = (Sums(len(x), x.sum(axis=0), x.T @ x) for x in blocks(batches))
    yield from _to_batches(sums)


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


def blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[Floats]:
    """Turn batches whose first column is ``features`` into matrices of some rows."""
    waiting: list[Floats] = []
    for batch in batches:
        column = batch.column(0)
        waiting.append(column.flatten().to_numpy().reshape(len(column), -1))
        if sum(map(len, waiting)) >= BLOCK_ROWS:
            yield np.concatenate(waiting, dtype=np.float64)
            waiting = []
    if waiting:
        yield np.concatenate(waiting, dtype=np.float64)
