"""How much room features take, as they are stored and as they might be."""

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

MANY_IMAGES = 50_000_000

CODECS = {"uncompressed": "none", "snappy": "snappy", "zstd": "zstd"}


def measure_table(name: str, rows: DataFrame, numbers: str) -> list[dict[str, object]]:
    """Measure a table's files, and what a sample of it takes in other formats.

    Args:
        name: The table's.
        rows: The table, as it was read from its files.
        numbers: Its column of arrays.

    Returns:
        A row a format, fit for a data frame: ``table``, ``format``,
        ``bytes_per_image``, ``gigabytes_at_50_million``, ``images`` (measured on so
        many) and ``sampled``.
    """
    files = rows.groupBy("_metadata.file_path").agg(
        F.first("_metadata.file_size").alias("size"), F.count("*").alias("images")
    )
    ((size, images),) = files.agg(F.sum("size"), F.sum("images")).collect()
    if not images:
        return []
    sample = _arrow(rows.limit(SAMPLE).toPandas(), numbers)
    measured = {"CSV": _csv_size(sample, numbers)}
    for said, codec in CODECS.items():
        measured[f"Parquet, {said}"] = _parquet_size(sample, codec)
    return [
        _row(name, "as stored", size, images, False),
        *(_row(name, said, s, len(sample), True) for said, s in measured.items()),
    ]


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


def _arrow(frame: pd.DataFrame, numbers: str) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    column = table.schema.get_field_index(numbers)
    # pandas hands on 4-byte numbers; a list of them keeps their length.
    arrays = table.column(numbers).cast(pa.list_(pa.float32()))
    return table.set_column(column, numbers, arrays)


def _csv_size(table: pa.Table, numbers: str) -> int:
    """Write a column a number, as a program that knows no arrays would want it."""
    matrix = np.stack(table.column(numbers).to_numpy())
    others = table.drop_columns([numbers])
    arrays = [*others.columns, *(pa.array(column) for column in matrix.T)]
    names = [*others.column_names, *(f"{numbers}_{n}" for n in range(matrix.shape[1]))]
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
