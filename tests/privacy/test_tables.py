"""Rows in Parquet tables, read and written anew by a program that ends at once."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fruit_features.privacy.tables import RowsOf

# Threads that Arrow has begun never end; one that Python has joined may take a moment.
PROGRAM = """
import sys
import time
from types import SimpleNamespace

import fsspec
import psutil

from fruit_features.privacy.tables import RowsOf, erase_rows, files_with, photos_of

table = SimpleNamespace(filesystem=fsspec.filesystem("file"), path=sys.argv[1])
process = psutil.Process()
before = process.num_threads()
rows = RowsOf(["a/1.jpg", "a/7.jpg"])
found = len(list(photos_of(table))), sum(files_with(table, rows).values())
erase_rows(table, rows)
left = len(list(photos_of(table)))
until = time.monotonic() + 5
while process.num_threads() > before and time.monotonic() < until:
    time.sleep(0.01)
print(*found, left, process.num_threads() - before)
"""


def test_no_thread_of_arrow_outlives_a_reading(tmp_path: Path) -> None:
    """One that lets go of a file late aborts a program that ends meanwhile."""
    keys = [f"a/{n}.jpg" for n in range(40)]
    for part in range(4):
        some = keys[part::4]
        columns = {"image_key": some, "label": ["a"] * 10, "path": some}
        numbers = {"features": [[float(part)] * 1280] * 10}
        pq.write_table(pa.table(columns | numbers), tmp_path / f"{part}.parquet")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["40", "2", "38", "0"]


def test_rows_of_photos() -> None:
    rows = RowsOf({"a/7.jpg", "a/1.jpg", "é.jpg"})
    values = pa.chunked_array([["a/1.jpg", "a/10.jpg", None], ["é.jpg"]], pa.string())
    assert rows.are(values).to_pylist() == [True, False, False, True]
    least_and_greatest = {
        ("a/1.jpg", "a/1.jpg"): True,
        ("a/0.jpg", "a/7"): True,
        ("a/2.jpg", "a/6.jpg"): False,
        ("a/8.jpg", "z"): False,
        ("b", "ü"): True,
        ("ê", "ü"): False,
    }
    for (least, greatest), may in least_and_greatest.items():
        assert rows.may_lie(least, greatest) is may
    assert RowsOf(()).may_lie("a", "z") is False
