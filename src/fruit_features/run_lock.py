"""One run at a time in a data folder."""

import fcntl
import os
import sys
import time
from pathlib import Path
from typing import IO, Any

from fruit_features.exceptions import RunningError

# The file's first byte is locked by the run, its second by the run's Spark: a JVM
# may outlive a run that was killed, and write what its last tasks have done.
RUN, SPARK = 0, 1
SPARK_SECONDS = 60.0


class RunLock:
    """Holds a data folder for one run; the system gives it up however the run ends.

    Locks are POSIX record locks, which Java's ``FileChannel`` takes as well.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder; it must be there."""
        self._path = folder / ".lock"
        self._file: IO[bytes] | None = None
        self._spark: Any = None

    def acquire(self) -> None:
        """Take the folder, and wait for the end of a killed run's Spark.

        Raises:
            RunningError: If another run has it.
        """
        self._file = self._path.open("ab+")
        if not self._try(RUN):
            self._file.seek(0)
            holder = self._file.read().decode().strip()
            self.release()
            message = (
                f"another run (process {holder}) is at work in "
                f"{str(self._path.parent)!r}; wait for its end, or choose another "
                "folder with make run DATA=<folder> or --params data=<folder>"
            )
            raise RunningError(message)
        self._wait_for_spark()
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n".encode())
        self._file.flush()

    def share_with_spark(self) -> None:
        """Let the JVM hold its byte, once there is a Spark session."""
        pyspark = sys.modules.get("pyspark")
        context = pyspark and pyspark.SparkContext._active_spark_context
        if context and self._file and not self._spark:
            self._spark = context._jvm.java.io.RandomAccessFile(str(self._path), "rw")
            self._spark.getChannel().lock(SPARK, 1, False)

    def release(self) -> None:
        """Give the folder up."""
        if self._spark:
            self._spark.close()
            self._spark = None
        if self._file:
            self._file.close()
            self._file = None

    def _wait_for_spark(self) -> None:
        until = time.monotonic() + SPARK_SECONDS
        while not self._try(SPARK):
            if time.monotonic() > until:
                self.release()
                message = (
                    "the Spark of a run that was killed is still at work in "
                    f"{str(self._path.parent)!r}: end its java process"
                )
                raise RunningError(message)
            time.sleep(0.2)
        fcntl.lockf(self._opened(), fcntl.LOCK_UN, 1, SPARK)

    def _try(self, byte: int) -> bool:
        try:
            fcntl.lockf(self._opened(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError:
            return False
        return True

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            message = "the lock is not acquired"
            raise RunningError(message)
        return self._file
