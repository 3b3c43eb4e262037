"""Find rows in Parquet tables by one column, and erase them file by file."""

import datetime as dt
from bisect import bisect_left
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fruit_features.datasets.replacement import current_place
from fruit_features.datasets.table_files import (
    READING,
    remove_empty_files,
    rewrite_file,
    table_files,
)
from fruit_features.privacy.selection import Photo
from fruit_features.privacy.targets import THREADS, Target
from fruit_features.tables import KEY

# Files rewritten in parallel; each is held in memory.
REWRITTEN = 4

# Spark writes UTC without naming the time zone.
_TIME = pa.timestamp("us", "UTC")


class Rows(Protocol):
    """A selection of a table's rows by one of its columns.

    Attributes:
        column: Its name.
    """

    column: str

    def may_lie(self, least: Any, greatest: Any) -> bool:
        """Return whether any may have a value in a range."""

    def are(self, values: Any) -> Any:
        """Return for each value whether its row is selected."""


class RowsOf:
    """The rows of some photos."""

    column = KEY

    def __init__(self, keys: Collection[str]) -> None:
        """Select photos by their keys."""
        self._keys, self._sorted = frozenset(keys), sorted(keys)

    def may_lie(self, least: Any, greatest: Any) -> bool:
        """Return whether a key is in the range."""
        at = bisect_left(self._sorted, least)
        return at < len(self._sorted) and bool(self._sorted[at] <= greatest)

    def are(self, values: Any) -> Any:
        """Return which keys are selected."""
        # Arrow's is_in would hash all photos anew for every row group.
        return pa.array([key in self._keys for key in values.to_pylist()], pa.bool_())


class RowsUntil:
    """The rows whose time is at or before a limit."""

    def __init__(self, column: str, limit: dt.datetime) -> None:
        """Name the column and the limit."""
        self.column = column
        self._limit = pa.scalar(limit, _TIME)

    def may_lie(self, least: Any, greatest: Any) -> bool:
        """Return true: Spark writes no statistics of times."""
        return True

    def are(self, values: Any) -> Any:
        """Return which times are at or before the limit."""
        return pc.less_equal(values.cast(_TIME), self._limit)


def photos_of(target: Target) -> Iterator[Photo]:
    """Read the photos in a table: keys, labels and paths, no other column."""
    for table in read_columns(target, [KEY, "label", "path"]):
        columns = [
            table.column(name).to_pylist()
            if name in table.column_names
            else [None] * table.num_rows
            for name in (KEY, "label", "path")
        ]
        yield from map(Photo, *columns)


def files_with(target: Target, rows: Rows) -> dict[str, int]:
    """Count the selected rows in each file that holds any."""
    files = _files(target)
    with ThreadPoolExecutor(THREADS) as pool:
        counts = pool.map(lambda file: _count(target.filesystem, file, rows), files)
        return {file: n for file, n in zip(files, counts, strict=True) if n}


def erase_rows(target: Target, rows: Rows) -> None:
    """Rewrite the files that hold selected rows, each atomically."""
    filesystem = target.filesystem
    files = list(files_with(target, rows))
    with ThreadPoolExecutor(REWRITTEN) as pool:
        left = pool.map(
            lambda file: rewrite_file(
                filesystem, file, lambda group: rows.are(group.column(rows.column))
            ),
            files,
        )
        empty = [file for file, n in zip(files, left, strict=True) if not n]
    remove_empty_files(filesystem, current_place(filesystem, target.path), empty)


def _files(target: Target) -> list[str]:
    filesystem = target.filesystem
    if filesystem.isfile(target.path):
        return [target.path]
    return table_files(filesystem, current_place(filesystem, target.path))


def read_columns(target: Target, columns: list[str]) -> Iterator[pa.Table]:
    """Read some columns of a table, file by file."""
    filesystem = target.filesystem
    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(
            lambda file: columns_of(filesystem, file, columns), _files(target)
        )


def columns_of(filesystem: Any, file: str, columns: list[str]) -> pa.Table:
    """Read some columns of a file, as far as it has them."""
    with filesystem.open(file, "rb") as opened:
        source = pq.ParquetFile(opened, **READING)
        there = [name for name in columns if name in source.schema_arrow.names]
        return source.read(columns=there, use_threads=False)


def _count(filesystem: Any, file: str, rows: Rows) -> int:
    with filesystem.open(file, "rb") as opened:
        source = pq.ParquetFile(opened, **READING)
        if not any(
            _may_hold(source.metadata.row_group(n), rows)
            for n in range(source.num_row_groups)
        ):
            return 0
        values = source.read(columns=[rows.column], use_threads=False).column(
            rows.column
        )
    return int(pc.sum(rows.are(values)).as_py() or 0)


def _may_hold(group: Any, rows: Rows) -> bool:
    """Return by the footer's statistics whether to read the column."""
    column = next(
        group.column(n)
        for n in range(group.num_columns)
        if group.column(n).path_in_schema == rows.column
    )
    found = column.statistics
    if found is None or not found.has_min_max:
        return True
    return rows.may_lie(found.min, found.max)
