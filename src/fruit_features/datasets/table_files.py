"""List the Parquet files of a table, and rewrite them without some rows. No Spark.

Paths have no protocol.
"""

import io
import json
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fruit_features.internals import bare_path

# Microseconds, as Spark's times go beyond 2262, where nanoseconds end. No read-ahead
# and no threads: Arrow's threads release a Python file after the read has returned, and
# a program that exits meanwhile is aborted (apache/arrow#33975).
READING = {"coerce_int96_timestamp_unit": "us", "pre_buffer": False}

# Folders where earlier versions wrote remaining rows, with a list of replaced files.
_ASIDE, _REPLACED = "_kept-", "_replaced.json"


def table_files(filesystem: Any, path: str) -> list[str]:
    """Return the files of a table, except those of unfinished writes."""
    return [
        file
        for file, folders in _below(filesystem, path)
        if file.endswith(".parquet")
        and not any(
            part.startswith(("_", ".")) for part in [*folders, file.rsplit("/", 1)[-1]]
        )
    ]


def rows_of(filesystem: Any, file: str) -> int:
    """Read the number of rows in a file."""
    with filesystem.open(file, "rb") as opened:
        return int(pq.read_metadata(opened).num_rows)


def remove_file(filesystem: Any, file: str, *, only_checksum: bool = False) -> None:
    """Remove a file and the checksum file that Hadoop keeps beside local ones.

    With ``only_checksum`` the file itself stays.
    """
    parent, name = file.rsplit("/", 1)
    checksum = f"{parent}/.{name}.crc"
    if "file" in filesystem.protocol and filesystem.exists(checksum):
        filesystem.rm_file(checksum)
    if not only_checksum:
        filesystem.rm_file(file)


def rewrite_file(
    filesystem: Any, file: str, selects: Callable[[pa.Table], pa.Array]
) -> int:
    """Rewrite a file atomically without some rows; return how many are left.

    ``selects`` returns for each row of a table whether to remove it.
    """
    written = io.BytesIO()
    left = 0
    with filesystem.open(file, "rb") as opened:
        source = pq.ParquetFile(opened, **READING)
        with pq.ParquetWriter(written, source.schema_arrow, **_writing(source)) as out:
            for number in range(source.num_row_groups):
                group = source.read_row_group(number, use_threads=False)
                kept = group.filter(pc.invert(selects(group)))
                left += kept.num_rows
                out.write_table(kept, row_group_size=max(kept.num_rows, 1))
    # Else readers would check the new file against the old one's checksum.
    remove_file(filesystem, file, only_checksum=True)
    filesystem.pipe_file(file, written.getvalue())
    return left


def rewrite_without(filesystem: Any, stale: pd.DataFrame) -> pd.DataFrame:
    """Rewrite one file without the rows of given keys; runs in a Spark task.

    ``stale`` holds the keys, times in microseconds, and the file's URL as ``file``.

    Returns:
        ``file``, the path, and ``rows``, how many are left.
    """
    # Spark percent-encodes the path.
    address = urlsplit(stale["file"].iloc[0])
    file = unquote(address.netloc + address.path)
    columns = [name for name in stale.columns if name != "file"]
    keys = set(stale[columns].itertuples(index=False, name=None))

    def selects(rows: pa.Table) -> pa.Array:
        values = (_plain(rows.column(name)).to_pylist() for name in columns)
        found = zip(*values, strict=True)
        return pa.array([key in keys for key in found], pa.bool_())

    left = rewrite_file(filesystem, file, selects)
    return pd.DataFrame({"file": [file], "rows": [left]})


def remove_empty_files(filesystem: Any, path: str, empty: Collection[str]) -> None:
    """Remove empty files, but not the last of a table: it holds the schema.

    ``path`` is the table's folder or its one file; ``empty`` are some of its files.
    """
    if not empty:
        return
    others = set(table_files(filesystem, path)) - set(empty)
    for file in sorted(empty)[0 if others else 1 :]:
        remove_file(filesystem, file)


def finish_rewrites(filesystem: Any, path: str) -> None:
    """Complete what a killed run of an earlier version began.

    In a folder ``_kept-…``, a list names the files that the other files replace. A
    folder without a list is unfinished and removed.
    """
    beyond = f"{bare_path(filesystem, path)}/"
    found = {
        beyond + "/".join(folders[: number + 1])
        for _, folders in _below(filesystem, path)
        for number, name in enumerate(folders)
        if name.startswith(_ASIDE)
    }
    for aside in sorted(found):
        folder = aside.rsplit("/", 1)[0]
        if filesystem.exists(f"{aside}/{_REPLACED}"):
            for name in json.loads(filesystem.cat_file(f"{aside}/{_REPLACED}")):
                if filesystem.exists(f"{folder}/{name}"):
                    remove_file(filesystem, f"{folder}/{name}")
            for file in filesystem.find(aside):
                if file.endswith(".parquet"):
                    filesystem.mv(file, f"{folder}/{file.rsplit('/', 1)[-1]}")
        filesystem.rm(aside, recursive=True)


def _below(filesystem: Any, path: str) -> list[tuple[str, list[str]]]:
    """List the files below a folder, each with the names of the folders between."""
    length = len(bare_path(filesystem, path)) + 1
    return [(file, file[length:].split("/")[:-1]) for file in filesystem.find(path)]


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return times as microseconds, whatever their time zone."""
    if not pa.types.is_timestamp(values.type):
        return values
    return values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64())


def _writing(source: pq.ParquetFile) -> dict[str, Any]:
    """Return the options to write a file as it was, like the table's other files."""
    schema = source.schema
    if not source.num_row_groups:
        return {}
    group = source.metadata.row_group(0)
    columns = [group.column(n) for n in range(group.num_columns)]
    physical = {schema.column(n).physical_type for n in range(len(schema.names))}
    names = {"UNCOMPRESSED": "NONE"}
    return {
        "compression": {
            _path(c): names.get(c.compression, c.compression) for c in columns
        },
        "use_dictionary": [_path(c) for c in columns if c.has_dictionary_page],
        "use_deprecated_int96_timestamps": "INT96" in physical,
        "store_schema": b"ARROW:schema" in (source.metadata.metadata or {}),
    }


def _path(column: pq.ColumnChunkMetaData) -> str:
    """Return pyarrow's name of a column; its layout of lists differs from Spark's."""
    name, *inner = column.path_in_schema.split(".")
    return f"{name}.list.element" if inner else name
