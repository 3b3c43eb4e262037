"""How far long work is, told while Spark does it."""

import logging
import sys
import threading
import time

from pyspark import Accumulator, AccumulatorParam, SparkContext

Counts = dict[str | None, int]

# Seconds between two lines: on a terminal one line is written over and over; in a
# log lines are fewer the longer the work takes.
TERMINAL_SECONDS = 0.5
LOG_SECONDS = (2.0, 60.0)
LOG_SHARE = 0.05


class _CountsParam(AccumulatorParam[Counts]):
    def zero(self, value: Counts) -> Counts:
        return {}

    def addInPlace(self, value1: Counts, value2: Counts) -> Counts:  # noqa: N802
        for reason, count in value2.items():
            value1[reason] = value1.get(reason, 0) + count
        return value1


class Progress:
    """Says how many images are done, as long as its ``with`` block lasts.

    Workers add to ``counts``: images by the reason that they are quarantined for,
    ``None`` for those that are sound. Spark hands the sums over as tasks end; a task
    that is run again may count twice, so nothing but this line depends on them.
    """

    def __init__(
        self, context: SparkContext, total: int, logger: logging.Logger
    ) -> None:
        """Prepare the count.

        Args:
            context: Spark's, which brings the workers' counts to the driver.
            total: How many images there are to do.
            logger: Takes the lines when the output is no terminal.
        """
        self.counts: Accumulator[Counts] = context.accumulator({}, _CountsParam())
        self._total = total
        self._logger = logger
        self._terminal = sys.stderr.isatty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> "Progress":
        """Start to tell."""
        self._started = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Tell once more, where the work ended."""
        self._ended.set()
        self._thread.join()
        if self._total:
            self._write("\n")

    def line(self) -> str:
        """Return what there is to tell."""
        counts = dict(self.counts.value)
        done = min(sum(counts.values()), self._total)
        rate = done / max(time.monotonic() - self._started, 1e-3)
        left = f"{(self._total - done) / rate:,.0f} s left" if done else "starting"
        quarantined = min(done - counts.get(None, 0), done)
        return (
            f"{done:,} of {self._total:,} images, {rate:,.0f} images/s, {left}, "
            f"{max(quarantined, 0):,} quarantined"
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
