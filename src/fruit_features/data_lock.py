"""The lock of the place that a context's data lies in."""

import contextlib
from collections.abc import Iterator

from kedro.framework.context import KedroContext

from fruit_features import preflight
from fruit_features.run_lock import RunLock
from fruit_features.s3_lock import S3RunLock


def lock_of(context: KedroContext) -> RunLock | S3RunLock | None:
    """Return the lock that whoever changes the data holds; not acquired yet.

    Args:
        context: Whose catalog says where the data lies.

    Returns:
        The lock; ``None`` for storage that is neither local nor S3.
    """
    folder, place = preflight.data_folder(context), preflight.data_place(context)
    if folder:
        return RunLock(folder)
    return S3RunLock(place) if place else None


@contextlib.contextmanager
def locked(context: KedroContext) -> Iterator[None]:
    """Hold the lock of a context's data while a block is carried out."""
    lock = lock_of(context)
    if lock:
        lock.acquire()
    try:
        yield
    finally:
        if lock:
            lock.release()
