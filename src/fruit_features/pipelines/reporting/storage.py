"""How much room features take, as they are stored and as they might be."""

import functools
import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# What the formats are compared on; all of a table would take longer than writing it.
SAMPLE = 500

FILE_SIZE = "_metadata.file_size"

MANY_IMAGES = 50_000_000

CODECS = {"uncompressed": "none", "snappy": "snappy", "zstd": "zstd"}


def measure_tables(
    features: DataFrame, reduced_features: DataFrame
) -> list[dict[str, object]]:
    """Measure the tables' files, and what a sample of features takes in other formats.

    Args:
        features: The table, as it was read from its files.
        reduced_features: The same on fewer numbers.

    Returns:
        A row a format, fit for a data frame: ``table``, ``format``,
        ``bytes_per_image``, ``gigabytes_at_50_million``, ``images`` (measured on so
        many) and ``sampled``.
    """
    stored = _stored({"features": features, "reduced_features": reduced_features})
    sample = _arrow(features.limit(SAMPLE).toPandas())
    measured = {"CSV": _csv_size(sample)}
    for said, codec in CODECS.items():
        measured[f"Parquet, {said}"] = _parquet_size(sample, codec)
    return [
        *(_row(name, "as stored", *stored[name], False) for name in stored),
        *(
            _row("features", said, size, len(sample), True)
            for said, size in measured.items()
        ),
    ]


def _stored(tables: dict[str, DataFrame]) -> dict[str, tuple[int, int]]:
    """Return the bytes and the rows of tables, in one job; no column is read."""
    files = [
        table.select(F.lit(name).alias("table"), "_metadata.file_path", FILE_SIZE)
        for name, table in tables.items()
    ]
    every = functools.reduce(DataFrame.union, files)
    counted = every.groupBy("table", "file_path", "file_size").count().collect()
    return {
        name: (
            sum(row["file_size"] for row in counted if row["table"] == name),
            sum(row["count"] for row in counted if row["table"] == name),
        )
        for name in tables
    }


def _row(
    name: str, said: str, size: int, images: int, sampled: bool
) -> dict[str, object]:
    each = size / images
    return {
        "table": name,
        "format": said,
        "bytes_per_image": round(each, 1),
        "gigabytes_at_50_million": round(each * MANY_IMAGES / 1e9, 2),
        "images": images,
        "sampled": sampled,
    }


def _arrow(frame: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    column = table.schema.get_field_index("features")
    arrays = table.column("features").cast(pa.list_(pa.float32()))
    return table.set_column(column, "features", arrays)


def _csv_size(table: pa.Table) -> int:
    """Write a column a number, as a program that knows no arrays would want it."""
    matrix = np.stack(table.column("features").to_numpy())
    others = table.drop_columns(["features"])
    arrays = [*others.columns, *(pa.array(column) for column in matrix.T)]
    names = [*others.column_names, *(f"feature_{n}" for n in range(matrix.shape[1]))]
    flat = pa.Table.from_arrays(arrays, names)
    return _written(lambda file: csv.write_csv(flat, file))


def _parquet_size(table: pa.Table, codec: str) -> int:
    # No dictionary, as in the catalog: hardly a number comes twice.
    return _written(
        lambda file: pq.write_table(
            table, file, compression=codec, use_dictionary=["label"]
        )
    )


def _written(write: Callable[[io.BytesIO], None]) -> int:
    file = io.BytesIO()
    write(file)
    return file.tell()
