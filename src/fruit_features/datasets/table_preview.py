"""The first rows of a Parquet table as kedro-viz shows them, read without Spark."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from fruit_features.internals import TablePreview

# How many numbers of a vector are shown.
NUMBERS = 3


def first_rows(
    filesystem: Any, path: str, nrows: int, partitions: Sequence[str] = ()
) -> TablePreview:
    """Read a few rows without binary columns; vectors and times become text.

    ``partitions`` are the columns whose values are in folder names.
    """
    # A run may have added files since kedro-viz was started.
    filesystem.invalidate_cache(path)
    names = pa.schema([(name, pa.string()) for name in partitions])
    table = ds.dataset(
        path,
        filesystem=filesystem,
        # Spark's times go beyond 2262, where nanoseconds end.
        format=ds.ParquetFileFormat(coerce_int96_timestamp_unit="us"),
        partitioning=ds.partitioning(names, flavor="hive"),
    )
    columns = [field.name for field in table.schema if field.type != pa.binary()]
    head = table.head(nrows, columns=columns, batch_size=nrows)
    rows = [[_as_shown(value) for value in row.values()] for row in head.to_pylist()]
    return TablePreview(
        {"index": list(range(len(rows))), "columns": columns, "data": rows}
    )


def _as_shown(value: Any) -> Any:
    if isinstance(value, list):
        numbers = [f"{number:.4g}" for number in value[:NUMBERS]]
        cut = ["…"] if len(value) > NUMBERS else []
        return f"[{', '.join(numbers + cut)}] ({len(value)} numbers)"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds")
    return value
