"""Reading image files inside Spark's tasks, many at once."""

import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, pairwise
from typing import Any

import fsspec
import pyarrow as pa
from kedro.io.core import get_protocol_and_path
from pyspark import Accumulator

from fruit_features.exceptions import StorageError
from fruit_features.file_systems import register_s3
from fruit_features.pipelines.ingestion.packing import Content, pack
from fruit_features.progress import Counts

# Hides the latency of storage; the bytes of one batch stay bounded all the same.
THREADS = 48
# As many files that cannot be read, and no other, are the storage's fault.
TOO_MANY = 16
BATCH_BYTES = 32 * 2**20


def reader(
    max_bytes: int, max_pixels: int, counts: "Accumulator[Counts]"
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Make the function for ``mapInArrow`` that adds the bytes to a listing.

    It raises ``StorageError`` where no object of a batch can be read.

    Args:
        max_bytes: Length above which a file is not read.
        max_pixels: Width times height above which nothing is decoded.
        counts: Takes how many files were read, by reason.

    Returns:
        A function of batches that adds ``bytes``, ``reason`` and ``detail``.
    """

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        register_s3()
        parts = (part for batch in batches for part in _by_size(batch, max_bytes))
        pool = ThreadPoolExecutor(THREADS)
        begun = ((part, _begin(pool, part, max_bytes)) for part in parts)
        nothing: Any = None
        try:
            # The next part is on its way while this one's last files are waited for.
            for (part, jobs), _ in pairwise(chain(begun, [nothing])):
                contents = [job.result() for job in jobs]
                _check_storage(part, contents)
                contents = [pack(content, max_pixels) for content in contents]
                counts.add(Counter(content.reason for content in contents))
                yield _with_contents(part, contents)
        finally:
            pool.shutdown(cancel_futures=True)

    return read


def _begin(
    pool: ThreadPoolExecutor, part: pa.RecordBatch, max_bytes: int
) -> list[Future[Content]]:
    rows = part.select(["path", "length"]).to_pylist()
    # Kept by fsspec: else every thread would open its own.
    fsspec.filesystem(get_protocol_and_path(rows[0]["path"])[0])
    return [
        pool.submit(read_file, row["path"], row["length"], max_bytes) for row in rows
    ]


def read_file(path: str, length: int, max_bytes: int) -> Content:
    """Read one file, local or remote; no failure to read ends the run.

    Args:
        path: As listed: a local path or a URL.
        length: Its listed length, in bytes.
        max_bytes: Length above which it is not read.
    """
    protocol, bare = get_protocol_and_path(path)
    filesystem = fsspec.filesystem(protocol)
    errors = getattr(filesystem, "READ_ERRORS", (OSError,))
    try:
        if protocol == "file":
            info = filesystem.info(bare)
            if not _is_regular(info):
                return Content(None, "unreadable", "neither a file nor a link to one")
            # It may have grown since it was listed.
            length = info["size"]
        if length > max_bytes:
            found = f"{length:,} bytes, more than ingestion.max_bytes={max_bytes:,}"
            return Content(None, "too_large", found)
        return Content(filesystem.cat_file(bare), None, None)
    except FileNotFoundError:
        return Content(None, "unreadable", _why_missing(bare))
    except errors as error:
        found = f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"
        return Content(None, "unreadable", found)


def _check_storage(part: pa.RecordBatch, contents: list[Content]) -> None:
    """Refuse to go on where nothing at all can be read: the images are not to blame.

    Raises:
        StorageError: With what is said of the first of them.
    """
    local = get_protocol_and_path(part.column("path")[0].as_py())[0] == "file"
    if local or len(contents) < TOO_MANY:
        return
    if all(content.reason == "unreadable" for content in contents):
        message = (
            f"of {len(contents)} images in a row not one can be read, the first for: "
            f"{contents[0].detail}; see to the storage and its rights, and run again"
        )
        raise StorageError(message)


def _is_regular(info: dict[str, Any]) -> bool:
    """Tell a file from a pipe or device, which would keep a reader waiting."""
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
