"""The size of the features as stored and in other formats."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fruit_features.backbone.spec import Backbone

# Rows that formats are compared on; a whole table would take longer than writing it.
SAMPLE = 500

MANY_IMAGES = 50_000_000

CODECS = {"uncompressed": "none", "snappy": "snappy", "zstd": "zstd"}


def measure_storage(
    features: DataFrame, backbone: Backbone, reduced_features: DataFrame
) -> pd.DataFrame:
    """Measure the tables' files, and a sample of features in other formats.

    Returns:
        A row a format: ``table``, ``format``, ``bytes_per_image``,
        ``gigabytes_at_50_million``, ``images`` (how many were measured) and
        ``sampled``.
    """
    rows = features.where(F.col("backbone_id") == backbone.id)
    stored = _stored("features", rows).union(
        _stored("reduced_features", reduced_features)
    )
    sizes = stored.groupBy("table").agg(F.sum("size"), F.sum("count"))
    sample = rows.limit(SAMPLE).toPandas()
    measured = [(table, "as stored", *size, False) for table, *size in sizes.collect()]
    measured += [
        ("features", name, size, len(sample), True)
        for name, size in _formats(sample).items()
    ]
    columns = ["table", "format", "bytes_per_image", "images", "sampled"]
    table = pd.DataFrame(sorted(measured[:2]) + measured[2:], columns=columns)
    each = table["bytes_per_image"] / table["images"]
    table["bytes_per_image"] = each.round(1)
    table.insert(3, "gigabytes_at_50_million", (each * MANY_IMAGES / 1e9).round(2))
    return table


def _stored(name: str, table: DataFrame) -> DataFrame:
    """List a table's files with bytes and rows, without reading a column."""
    files = table.select("_metadata.file_path", "_metadata.file_size")
    counted = files.groupBy("file_path", F.col("file_size").alias("size")).count()
    return counted.select(F.lit(name).alias("table"), "size", "count")


def _formats(sample: pd.DataFrame) -> dict[str, int]:
    """Return the size in bytes of some rows, by format."""
    arrays = pa.Table.from_pandas(sample, preserve_index=False)
    place = arrays.schema.get_field_index("features")
    floats = arrays.column("features").cast(pa.list_(pa.float32()))
    arrays = arrays.set_column(place, "features", floats)
    # CSV has no arrays: one column a number.
    numbers = pd.DataFrame(np.stack(floats.to_numpy())).add_prefix("feature_")
    flat = pd.concat([sample.drop(columns="features"), numbers], axis=1)
    sink = pa.MockOutputStream()
    csv.write_csv(pa.Table.from_pandas(flat, preserve_index=False), sink)
    sizes = {"CSV": sink.size()}
    for name, codec in CODECS.items():
        sink = pa.MockOutputStream()
        # No dictionary for features, as in the catalog: their values hardly repeat.
        pq.write_table(arrays, sink, compression=codec, use_dictionary=["label"])
        sizes[f"Parquet, {name}"] = sink.size()
    return sizes
