"""Locks the data folder for one run and makes file writes atomic."""

import contextlib
from collections.abc import Generator, Iterator

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl

from fruit_features.hooks import preflight
from fruit_features.hooks.spark_application import end_at_once
from fruit_features.storage.file_systems import register_s3
from fruit_features.storage.run_lock import RunLock
from fruit_features.storage.s3_lock import S3RunLock
from fruit_features.storage.whole_files import write_whole_files

# A pluggy hook wrapper.
Releasing = Generator[None, object, object]

# The lock that this process holds.
_held: RunLock | S3RunLock | None = None


def lock_of(context: KedroContext) -> RunLock | S3RunLock | None:
    """Return the lock of a context's data; ``None`` if neither local nor on S3."""
    folder, place = preflight.data_folder(context), preflight.data_place(context)
    if folder:
        return RunLock(folder)
    return S3RunLock(place, end_at_once) if place else None


def acquire(context: KedroContext) -> None:
    """Acquire the lock of a context's data; raise ``RunningError`` if it is held."""
    global _held  # noqa: PLW0603
    # An interrupted run of this process may not have released its lock.
    release()
    lock = lock_of(context)
    if lock:
        lock.acquire()
    _held = lock


def share_with_spark() -> None:
    """Let Spark, if it runs, hold the lock too."""
    if _held:
        _held.share_with_spark()


def release() -> None:
    """Release the lock, if held; raise ``RunningError`` if it was lost meanwhile."""
    global _held  # noqa: PLW0603
    lock, _held = _held, None
    if lock:
        lock.release()


@contextlib.contextmanager
def locked(context: KedroContext) -> Iterator[None]:
    """Hold the lock of a context's data during a ``with`` block."""
    acquire(context)
    try:
        yield
    finally:
        release()


class DataFolderHooks:
    """Locks the data folder for one run and makes file writes atomic."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Make file writes atomic."""
        write_whole_files()
        register_s3()
        self._context = context

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self) -> None:
        """Acquire the lock before anything is written."""
        acquire(self._context)

    @hook_impl
    def after_dataset_loaded(self) -> None:
        """Let Spark, if it runs, hold the lock too."""
        share_with_spark()

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Release the lock."""
        release()

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self) -> None:
        """Release the lock."""
        release()

    @hook_impl(specname="before_pipeline_run", wrapper=True)
    def release_if_refused(self) -> Releasing:
        """Release the lock if another hook raises; Kedro calls no error hook then."""
        return (yield from _release_on_error())

    @hook_impl(specname="after_pipeline_run", wrapper=True)
    def release_if_failed(self) -> Releasing:
        """Release the lock if another hook raises."""
        return (yield from _release_on_error())


def _release_on_error() -> Releasing:
    try:
        return (yield)
    except BaseException:
        release()
        raise
