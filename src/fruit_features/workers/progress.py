"""Progress of a long Spark job, logged while it runs."""

import logging
import sys
import threading
import time
from collections import Counter
from typing import Any

from pyspark import Accumulator, AccumulatorParam, SparkContext

Counts = Counter[str | None]

# Seconds between two lines: a terminal's line is overwritten; in a log, lines become
# rarer the longer the work takes.
TERMINAL_SECONDS = 0.5
LOG_SECONDS = (2.0, 60.0)
LOG_SHARE = 0.05


class UpdateParam(AccumulatorParam[Any]):
    """Merges dictionaries or counters by their own ``update``."""

    def zero(self, value: Any) -> Any:
        """Return an empty one."""
        return type(value)()

    def addInPlace(self, value1: Any, value2: Any) -> Any:  # noqa: N802
        """Update the first with the second."""
        value1.update(value2)
        return value1


class Progress:
    """Logs how many images are done while its ``with`` block runs.

    Workers add to ``counts``: images by quarantine reason, ``None`` for sound ones.
    Spark merges the counts as tasks end; a retried task may count twice, so nothing
    else uses them.
    """

    def __init__(
        self, context: SparkContext, total: int, logger: logging.Logger
    ) -> None:
        """Count towards ``total`` images; write to a terminal, else to the logger."""
        self.counts: Accumulator[Counts] = context.accumulator(Counter(), UpdateParam())
        self._total = total
        self._logger = logger
        self._terminal = sys.stderr.isatty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> "Progress":
        """Start the thread that writes."""
        self._started = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Write a last line."""
        self._ended.set()
        self._thread.join()
        if self._total:
            self._write("\n")

    def line(self) -> str:
        """Return the current line."""
        counts = dict(self.counts.value)
        done = min(sum(counts.values()), self._total)
        rate = done / max(time.monotonic() - self._started, 1e-3)
        left = f"{(self._total - done) / rate:,.0f} s left" if done else "starting"
        quarantined = max(done - counts.get(None, 0), 0)
        return (
            f"{done:,} of {self._total:,} images, {rate:,.0f} images/s, {left}, "
            f"{quarantined:,} quarantined"
        )

    def _tell(self) -> None:
        while not self._ended.wait(self._pause()):
            self._write("")

    def _pause(self) -> float:
        if self._terminal:
            return TERMINAL_SECONDS
        shortest, longest = LOG_SECONDS
        share = LOG_SHARE * (time.monotonic() - self._started)
        return min(max(share, shortest), longest)

    def _write(self, end: str) -> None:
        if self._terminal:
            sys.stderr.write(f"\r{self.line()}\x1b[K{end}")
            sys.stderr.flush()
        else:
            self._logger.info("%s", self.line())
