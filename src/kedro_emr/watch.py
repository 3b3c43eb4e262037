"""Waiting for a cluster or a step, with a line at each change."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TypeVar

from kedro_emr.logs import Log, Logs

Seen = TypeVar("Seen")
Say = Callable[[str], None]


def watch(
    look: Callable[[], Seen],
    describe: Callable[[Seen], str],
    is_over: Callable[[Seen], bool],
    say: Say,
    seconds: float,
) -> Seen:
    """Look again and again, and say what has changed, until it is over."""
    said = None
    while True:
        seen = look()
        line = describe(seen)
        if line != said:
            say(f"{dt.datetime.now():%H:%M:%S} {line}")
            said = line
        if is_over(seen):
            return seen
        sleep(seconds)


@dataclass
class Tail:
    """What a step has written since one last asked."""

    logs: Logs
    step: str
    _told: dict[str, int] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the new lines."""
        return [line for log in self.logs.of_step(self.step) for line in self._new(log)]

    def _new(self, log: Log) -> list[str]:
        lines = log.text.splitlines()
        told = self._told.get(log.of, 0)
        self._told[log.of] = len(lines)
        return lines[told:]


def wait_for_log(
    logs: Logs, step: str, say: Say, minutes: float, seconds: float
) -> list[Log]:
    """Return a step's log, once EMR has put it on S3; empty if it does not."""
    until = monotonic() + minutes * 60
    found = logs.of_step(step)
    if not found and minutes:
        say(f"waiting for its log, which EMR writes every {minutes:g} minutes")
    while not found and monotonic() < until:
        sleep(seconds)
        found = logs.of_step(step)
    return found
