"""The lock of the place that a context's data lies in."""

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

# What pluggy calls around other hooks.
Releasing = Generator[None, object, object]

# That of the run of this process.
_held: RunLock | S3RunLock | None = None


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
    return S3RunLock(place, end_at_once) if place else None


def acquire(context: KedroContext) -> None:
    """Take the place of a context's data for the run of this process.

    Raises:
        RunningError: If another run has it.
    """
    global _held  # noqa: PLW0603
    # An earlier run of this process may have been interrupted without a word.
    release()
    lock = lock_of(context)
    if lock:
        lock.acquire()
    _held = lock


def share_with_spark() -> None:
    """Let Spark hold the place too, as soon as there is one."""
    if _held:
        _held.share_with_spark()


def release() -> None:
    """Give the place up, if it is held.

    Raises:
        RunningError: If it was lost meanwhile.
    """
    global _held  # noqa: PLW0603
    lock, _held = _held, None
    if lock:
        lock.release()


@contextlib.contextmanager
def locked(context: KedroContext) -> Iterator[None]:
    """Hold the lock of a context's data while a block is carried out."""
    acquire(context)
    try:
        yield
    finally:
        release()


class DataFolderHooks:
    """Keeps the place of the data whole: one run at a time, no file by halves."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Write whole files from now on."""
        write_whole_files()
        register_s3()
        self._context = context

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self) -> None:
        """Take the place, or end; nothing is written before."""
        acquire(self._context)

    @hook_impl
    def after_dataset_loaded(self) -> None:
        """Let Spark hold the place too, as soon as there is one."""
        share_with_spark()

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Give the place up."""
        release()

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self) -> None:
        """Give the place up."""
        release()

    @hook_impl(specname="before_pipeline_run", wrapper=True)
    def release_if_refused(self) -> Releasing:
        """Give the place up if another hook refuses the run; Kedro calls no other."""
        return (yield from _release_on_error())

    @hook_impl(specname="after_pipeline_run", wrapper=True)
    def release_if_failed(self) -> Releasing:
        """Give the place up if another hook finds the run to have failed."""
        return (yield from _release_on_error())


def _release_on_error() -> Releasing:
    try:
        return (yield)
    except BaseException:
        release()
        raise
