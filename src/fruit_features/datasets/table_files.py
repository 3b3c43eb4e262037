"""The Parquet files of a table, and how some are replaced by others. Knows no Spark."""

import json
from typing import Any

import pyarrow.parquet as pq

from fruit_features.internals import bare_path

# Lists the files that those beside it are to replace.
REPLACED = "_replaced.json"


def table_files(filesystem: Any, path: str) -> list[str]:
    """Return the files that are a table: none that a run has written aside.

    Args:
        filesystem: The fsspec file system of the table.
        path: Its folder, without protocol.
    """
    bare = bare_path(filesystem, path)
    return [
        file
        for file in filesystem.find(path)
        if file.endswith(".parquet")
        and not any(
            part.startswith(("_", ".")) for part in file[len(bare) + 1 :].split("/")
        )
    ]


def rows_of(filesystem: Any, file: str) -> int:
    """Read how many rows a file has."""
    with filesystem.open(file, "rb") as opened:
        return int(pq.read_metadata(opened).num_rows)


def remove_file(filesystem: Any, file: str, *, only_checksum: bool = False) -> None:
    """Remove a file and the sums that Hadoop keeps beside every local one.

    Args:
        filesystem: The fsspec file system of the file.
        file: Its place, without protocol.
        only_checksum: Whether the file itself is to stay.
    """
    parent, name = file.rsplit("/", 1)
    checksum = f"{parent}/.{name}.crc"
    if "file" in filesystem.protocol and filesystem.exists(checksum):
        filesystem.rm_file(checksum)
    if not only_checksum:
        filesystem.rm_file(file)


def finish_rewrite(filesystem: Any, aside: str) -> None:
    """Put what is written aside in place of the files it replaces.

    Args:
        filesystem: The fsspec file system of the table.
        aside: A folder in that of the files, with a list of those it replaces; without
            the list its writing was not finished, and it goes.
    """
    folder = aside.rsplit("/", 1)[0]
    if filesystem.exists(f"{aside}/{REPLACED}"):
        with filesystem.open(f"{aside}/{REPLACED}") as listed:
            replaced = json.load(listed)
        for file in replaced:
            if filesystem.exists(f"{folder}/{file}"):
                remove_file(filesystem, f"{folder}/{file}")
        for file in filesystem.glob(f"{aside}/*.parquet"):
            # The last file stays, if without rows: it holds the columns.
            if rows_of(filesystem, file) or not filesystem.glob(f"{folder}/*.parquet"):
                filesystem.mv(file, f"{folder}/{file.rsplit('/', 1)[-1]}")
    filesystem.rm(aside, recursive=True)
