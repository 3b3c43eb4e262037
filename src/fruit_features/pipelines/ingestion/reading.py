"""Reading image files inside Spark's tasks, many at once."""

import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import fsspec
import pyarrow as pa
from kedro.io.core import get_protocol_and_path

# Hides the latency of storage; the bytes of one batch stay bounded all the same.
THREADS = 16
BATCH_BYTES = 32 * 2**20


class Content(NamedTuple):
    """A file's bytes, or the reason why there are none and what was found."""

    bytes: bytes | None
    reason: str | None
    detail: str | None


def reader(
    max_bytes: int,
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Make the function for ``mapInArrow`` that adds the bytes to a listing.

    Args:
        max_bytes: Length above which a file is not read.

    Returns:
        A function of batches that adds ``bytes``, ``reason`` and ``detail``.
    """

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with ThreadPoolExecutor(THREADS) as pool:
            for batch in batches:
                for part in _by_size(batch, max_bytes):
                    rows = part.select(["path", "length"]).to_pylist()
                    jobs = [
                        pool.submit(read_file, row["path"], row["length"], max_bytes)
                        for row in rows
                    ]
                    yield _with_contents(part, [job.result() for job in jobs])

    return read


def read_file(path: str, length: int, max_bytes: int) -> Content:
    """Read one file, local or remote; no failure to read ends the run.

    Args:
        path: As listed: a local path or a URL.
        length: Its listed length, in bytes.
        max_bytes: Length above which it is not read.
    """
    if length > max_bytes:
        found = f"{length:,} bytes, more than ingestion.max_bytes={max_bytes:,}"
        return Content(None, "too_large", found)
    protocol, bare = get_protocol_and_path(path)
    filesystem = fsspec.filesystem(protocol)
    try:
        if protocol == "file" and not _is_regular(filesystem, bare):
            return Content(None, "unreadable", "neither a file nor a link to one")
        return Content(filesystem.cat_file(bare), None, None)
    except FileNotFoundError:
        return Content(None, "unreadable", _why_missing(bare))
    except OSError as error:
        return Content(None, "unreadable", f"{type(error).__name__}: {error.strerror}")


def _is_regular(filesystem: Any, path: str) -> bool:
    """Tell a file from a pipe or device, which would keep a reader waiting."""
    info = filesystem.info(path)
    # Of a link, the mode is the target's unless the target is gone.
    return bool(stat.S_ISREG(info["mode"]) or info["type"] == "file")


def _why_missing(path: str) -> str:
    if "\\x" in path:
        return "the file's name is not UTF-8 (\\x marks its bytes): rename it"
    return "gone, or a link to a file that is gone"


def _by_size(batch: pa.RecordBatch, max_bytes: int) -> Iterator[pa.RecordBatch]:
    start, size = 0, 0
    for place, length in enumerate(batch.column("length").to_pylist()):
        size += min(length, max_bytes)
        if size >= BATCH_BYTES:
            yield batch.slice(start, place + 1 - start)
            start, size = place + 1, 0
    if start < batch.num_rows:
        yield batch.slice(start)


def _with_contents(batch: pa.RecordBatch, contents: list[Content]) -> pa.RecordBatch:
    columns = zip(*contents, strict=True)
    types = (pa.binary(), pa.string(), pa.string())
    added = [
        pa.array(column, kind) for column, kind in zip(columns, types, strict=True)
    ]
    names = [*batch.schema.names, *Content._fields]
    return pa.RecordBatch.from_arrays([*batch.columns, *added], names)
