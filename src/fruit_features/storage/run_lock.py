"""Lock of a local data folder."""

import fcntl
import os
import threading
import time
from pathlib import Path
from typing import IO, Any

from fruit_features.exceptions import RunningError
from fruit_features.internals import active_context, jvm

SPARK_SECONDS = 60.0


class RunLock:
    """Locks a data folder for one run; the system releases it however the run ends.

    The run locks ``.lock`` by ``flock``, which belongs to the open file. A POSIX lock
    belongs to the process, and is lost when any code closes another descriptor of the
    file.

    The JVM may outlive a killed run and still write the output of its last tasks, so it
    holds a lock too. Java's ``FileChannel`` takes POSIX locks, which conflict with
    ``flock`` on some systems: hence a second file, ``.spark.lock``.
    """

    def __init__(self, folder: Path) -> None:
        """Prepare the lock of an existing folder."""
        self._path = folder / ".lock"
        self._of_spark = folder / ".spark.lock"
        self._file: IO[bytes] | None = None
        self._spark: Any = None
        # ThreadRunner loads datasets in several threads.
        self._sharing = threading.Lock()

    def acquire(self) -> None:
        """Acquire the lock; raise ``RunningError`` if another run holds it."""
        self._file = self._path.open("ab+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().decode().strip()
            self.release()
            message = (
                f"another run (process {holder}) is at work in "
                f"{str(self._path.parent)!r}; wait for its end, or choose another "
                "folder with make run DATA=<folder> or --params data=<folder>"
            )
            raise RunningError(message) from error
        self._wait_for_spark()
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n".encode())
        self._file.flush()

    def share_with_spark(self) -> None:
        """Let the JVM acquire its own lock, once there is a Spark session."""
        context = active_context()
        if context and self._file:
            with self._sharing:
                if not self._spark:
                    java = jvm(context).java.io
                    self._spark = java.RandomAccessFile(str(self._of_spark), "rw")
                    self._spark.getChannel().lock()

    def release(self) -> None:
        """Release the locks."""
        if self._spark:
            self._spark.close()
            self._spark = None
        if self._file:
            self._file.close()
            self._file = None

    def _wait_for_spark(self) -> None:
        until = time.monotonic() + SPARK_SECONDS
        while self._spark_holds():
            if time.monotonic() > until:
                self.release()
                message = (
                    "the Spark of a run that was killed is still at work in "
                    f"{str(self._path.parent)!r}: end its java process"
                )
                raise RunningError(message)
            time.sleep(0.2)

    def _spark_holds(self) -> bool:
        if not self._of_spark.exists():
            return False
        with self._of_spark.open("ab") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False
