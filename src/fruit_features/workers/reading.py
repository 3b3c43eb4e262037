"""Reading image files inside Spark's tasks, many at once."""

import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
from kedro.io.core import get_protocol_and_path
from pyspark import Accumulator

from fruit_features.exceptions import StorageError
from fruit_features.storage.file_systems import register_s3
from fruit_features.workers.packing import Content, pack
from fruit_features.workers.progress import Counts

# Hides the latency of remote storage; a batch's bytes are bounded all the same.
THREADS = 48
# So many unreadable files in a row, and no readable one, mean a storage failure.
TOO_MANY = 16
BATCH_BYTES = 32 * 2**20


def reader(
    max_bytes: int, max_pixels: int, counts: "Accumulator[Counts]"
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Make the function for ``mapInArrow`` that adds the bytes to a listing.

    Args:
        max_bytes: Larger files are not read.
        max_pixels: Width times height above which nothing is decoded.
        counts: Counts the files by reason.

    Returns:
        A function of batches that adds ``bytes``, ``reason`` and ``detail``, and raises
        ``StorageError`` if no file of a batch can be read.
    """

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        register_s3()
        parts = (part for batch in batches for part in _by_size(batch, max_bytes))
        for part, contents in _read_all(parts, max_bytes):
            _check_storage(part, contents)
            packed = [pack(content, max_pixels) for content in contents]
            counts.add(Counter(content.reason for content in packed))
            yield _with_contents(part, packed)

    return read


def _read_all(
    parts: Iterable[pa.RecordBatch], max_bytes: int
) -> Iterator[tuple[pa.RecordBatch, list[Content]]]:
    """Read the files of each part, remote ones in parallel."""
    pool = ThreadPoolExecutor(THREADS)
    begun = ((part, _begin(pool, part, max_bytes)) for part in parts)
    nothing: Any = None
    try:
        # The next part is read already while the last files of this one arrive.
        for (part, contents), _ in pairwise(chain(begun, [nothing])):
            yield part, list(contents)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(
    pool: ThreadPoolExecutor, part: pa.RecordBatch, max_bytes: int
) -> Iterable[Content]:
    rows = part.select(["path", "length"]).to_pylist()
    read = [partial(read_file, row["path"], row["length"], max_bytes) for row in rows]
    protocol = get_protocol_and_path(rows[0]["path"])[0]
    if protocol == "file":
        # Threads would contend for the GIL and take three times as long.
        return [each() for each in read]
    # Cached by fsspec: else every thread would open its own.
    fsspec.filesystem(protocol)
    jobs = [pool.submit(each) for each in read]
    return (job.result() for job in jobs)


def read_file(path: str, length: int, max_bytes: int) -> Content:
    """Read a local path or URL, unless longer than ``max_bytes``."""
    protocol, bare = get_protocol_and_path(path)
    try:
        if protocol == "file":
            return _read_local(Path(bare), max_bytes)
        if length > max_bytes:
            return _too_large(length, max_bytes)
        return Content(fsspec.filesystem(protocol).cat_file(bare), None, None)
    except FileNotFoundError:
        found = "gone, or a link to a file that is gone"
        if "\\x" in bare:
            found = "the file's name is not UTF-8 (\\x marks its bytes): rename it"
        return Content(None, "unreadable", found)
    except getattr(fsspec.filesystem(protocol), "READ_ERRORS", OSError) as error:
        found = f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"
        return Content(None, "unreadable", found)


def _read_local(file: Path, max_bytes: int) -> Content:
    found = file.stat()
    # A pipe or device would keep a reader waiting.
    if not stat.S_ISREG(found.st_mode):
        return Content(None, "unreadable", "neither a file nor a link to one")
    # It may have grown since it was listed.
    if found.st_size > max_bytes:
        return _too_large(found.st_size, max_bytes)
    return Content(file.read_bytes(), None, None)


def _too_large(length: int, max_bytes: int) -> Content:
    found = f"{length:,} bytes, more than ingestion.max_bytes={max_bytes:,}"
    return Content(None, "too_large", found)


def _check_storage(part: pa.RecordBatch, contents: list[Content]) -> None:
    """Raise ``StorageError`` if nothing can be read: images are not to blame."""
    local = get_protocol_and_path(part.column("path")[0].as_py())[0] == "file"
    if local or len(contents) < TOO_MANY:
        return
    if all(content.reason == "unreadable" for content in contents):
        message = (
            f"of {len(contents)} images in a row not one can be read, the first for: "
            f"{contents[0].detail}; see to the storage and its rights, and run again"
        )
        raise StorageError(message)


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
    for name, column in zip(Content._fields, columns, strict=True):
        kind = pa.binary() if name == "bytes" else pa.string()
        batch = batch.append_column(name, pa.array(column, kind))
    return batch
