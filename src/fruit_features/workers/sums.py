"""Sums for a covariance, computed on the workers by numpy. Loads no MLlib."""

import math
import operator
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame, Row

Floats = npt.NDArray[np.float64]

# Rows multiplied at a time: enough for BLAS, little memory.
BLOCK_ROWS = 1024

SUMS_SCHEMA = "rows bigint, total binary, products binary"


class Sums(NamedTuple):
    """The sums that a covariance is computed from.

    Attributes:
        rows: How many.
        total: ``(dimensions,)``, their sum.
        products: ``(dimensions, dimensions)``, the sum of their outer products.
    """

    rows: int
    total: Floats
    products: Floats


def sum_rows(features: DataFrame) -> Sums | None:
    """Sum rows on the workers for their covariance; ``None`` if there are no rows."""
    cores = features.sparkSession.sparkContext.defaultParallelism
    # One matrix of products per core, whatever the number of files: few for the driver
    # to add up.
    parts = features.select("features").coalesce(cores)
    sums = parts.mapInArrow(_sum_rows, SUMS_SCHEMA).repartition(math.isqrt(cores))
    collected = sums.mapInArrow(_sum_sums, SUMS_SCHEMA).collect()
    return _add_all(map(_from_row, collected))


def _sum_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    sums = (Sums(len(x), x.sum(axis=0), x.T @ x) for x in blocks(batches))
    return _to_batches(sums)


def _sum_sums(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    rows = (row for batch in batches for row in batch.to_pylist())
    return _to_batches(map(_from_row, rows))


def _to_batches(sums: Iterable[Sums]) -> Iterator[pa.RecordBatch]:
    added = _add_all(sums)
    if added:
        columns = [[added.rows], [added.total.tobytes()], [added.products.tobytes()]]
        yield pa.RecordBatch.from_arrays(list(map(pa.array, columns)), Sums._fields)


def _add_all(sums: Iterable[Sums]) -> Sums | None:
    added = None
    for each in sums:
        added = Sums(*map(operator.add, added, each)) if added else each
    return added


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
