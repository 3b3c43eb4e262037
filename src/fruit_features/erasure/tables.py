"""Photos in Parquet tables: found by their keys alone, taken out file by file."""

import io
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fruit_features.datasets.replacement import current_place
from fruit_features.datasets.table_files import remove_file, table_files
from fruit_features.erasure.selection import Photo
from fruit_features.erasure.targets import Target

KEY = "image_key"

# Files looked at at a time: hides the latency of storage.
THREADS = 16

# Files written anew at a time; each is held in memory.
REWRITTEN = 4

# Spark's times go beyond the year 2262, where nanoseconds end.
_READING = {"coerce_int96_timestamp_unit": "us"}


def photos_of(target: Target) -> Iterator[Photo]:
    """Read who is in a table: keys, labels and paths, no other column."""
    for table in _read(target, [KEY, "label", "path"]):
        columns = [
            table.column(name).to_pylist()
            if name in table.column_names
            else [None] * table.num_rows
            for name in (KEY, "label", "path")
        ]
        yield from map(Photo, *columns)


def files_with(target: Target, keys: Collection[str]) -> dict[str, int]:
    """Find the files that hold any of some photos.

    Args:
        target: A table.
        keys: Of the photos.

    Returns:
        How many rows of theirs each file holds.
    """
    wanted = pa.array(sorted(keys), pa.string())
    files = _files(target)
    with ThreadPoolExecutor(THREADS) as pool:
        counts = pool.map(lambda file: _count(target.filesystem, file, wanted), files)
        return {file: n for file, n in zip(files, counts, strict=True) if n}


def erase_rows(target: Target, keys: Collection[str]) -> None:
    """Write the files that hold any of some photos anew, without them.

    Each is replaced at one moment: readers see the old one or the new one.
    """
    wanted = pa.array(sorted(keys), pa.string())
    with ThreadPoolExecutor(REWRITTEN) as pool:
        # A list: else nobody would hear of errors.
        list(
            pool.map(
                lambda file: _rewrite(target, file, wanted), files_with(target, keys)
            )
        )


def _files(target: Target) -> list[str]:
    filesystem = target.filesystem
    if filesystem.isfile(target.path):
        return [target.path]
    return table_files(filesystem, current_place(filesystem, target.path))


def _read(target: Target, columns: list[str]) -> Iterator[pa.Table]:
    filesystem = target.filesystem
    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(
            lambda file: columns_of(filesystem, file, columns), _files(target)
        )


def columns_of(filesystem: Any, file: str, columns: list[str]) -> pa.Table:
    """Read some columns of a file, those of them that it has."""
    with filesystem.open(file, "rb") as opened:
        source = pq.ParquetFile(opened, **_READING)
        there = [name for name in columns if name in source.schema_arrow.names]
        return source.read(columns=there)


def _count(filesystem: Any, file: str, wanted: pa.Array) -> int:
    with filesystem.open(file, "rb") as opened:
        source = pq.ParquetFile(opened, **_READING)
        if not any(
            _may_hold(source.metadata.row_group(n), wanted)
            for n in range(source.num_row_groups)
        ):
            return 0
        keys = source.read(columns=[KEY]).column(KEY)
    return int(pc.sum(pc.is_in(keys, wanted)).as_py() or 0)


def _may_hold(group: Any, wanted: pa.Array) -> bool:
    """Tell by the footer's least and greatest key whether to look at the keys."""
    column = next(
        group.column(n)
        for n in range(group.num_columns)
        if group.column(n).path_in_schema == KEY
    )
    found = column.statistics
    if found is None or not found.has_min_max:
        return True
    inside = pc.and_(
        pc.greater_equal(wanted, found.min), pc.less_equal(wanted, found.max)
    )
    return bool(pc.any(inside).as_py())


def _rewrite(target: Target, file: str, wanted: pa.Array) -> None:
    filesystem = target.filesystem
    written = io.BytesIO()
    with filesystem.open(file, "rb") as opened:
        source = pq.ParquetFile(opened, **_READING)
        rows = 0
        with pq.ParquetWriter(written, source.schema_arrow, **_writing(source)) as out:
            for number in range(source.num_row_groups):
                group = source.read_row_group(number)
                kept = group.filter(pc.invert(pc.is_in(group.column(KEY), wanted)))
                rows += kept.num_rows
                out.write_table(kept, row_group_size=max(kept.num_rows, 1))
    folder = file.rsplit("/", 1)[0]
    if not rows and file != target.path and len(table_files(filesystem, folder)) > 1:
        remove_file(filesystem, file)
        return
    # Else readers would hold the new file against the old one's sums.
    remove_file(filesystem, file, only_checksum=True)
    filesystem.pipe_file(file, written.getvalue())


def _writing(source: pq.ParquetFile) -> dict[str, Any]:
    """Write as it was written: other files of the table are as they were."""
    schema = source.schema
    if not source.num_row_groups:
        return {}
    group = source.metadata.row_group(0)
    columns = [group.column(n) for n in range(group.num_columns)]
    physical = {schema.column(n).physical_type for n in range(len(schema.names))}
    names = {"UNCOMPRESSED": "NONE"}
    return {
        "compression": {
            c.path_in_schema: names.get(c.compression, c.compression) for c in columns
        },
        "use_dictionary": [c.path_in_schema for c in columns if c.has_dictionary_page],
        "use_deprecated_int96_timestamps": "INT96" in physical,
        "store_schema": b"ARROW:schema" in (source.metadata.metadata or {}),
    }
