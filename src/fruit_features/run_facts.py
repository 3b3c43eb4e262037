"""Measures when the stages of a run began and how long they took."""

import datetime as dt
import time
from typing import Any


class RunClock:
    """Adds up the seconds of nodes and of the stages they belong to.

    A stage that this run leaves out keeps what an earlier run measured.
    """

    def __init__(self, environment: str, earlier: dict[str, Any]) -> None:
        """Start the run's clock.

        Args:
            environment: Kedro's environment, such as ``local`` or ``emr``.
            earlier: The facts of an earlier run; may be empty.
        """
        self._environment = environment
        self._started = _now()
        self._begun = time.monotonic()
        self._stages: dict[str, Any] = dict(earlier.get("stages", {}))
        self._fresh: set[str] = set()
        self._open: dict[str, float] = {}

    def start(self, node: str, stage: str) -> bool:
        """Note that a node begins, if it has not already.

        Returns:
            Whether it is the first node of its stage.
        """
        first = stage not in self._fresh
        if first:
            self._fresh.add(stage)
            self._stages[stage] = {"started": _now(), "nodes": {}}
        self._open.setdefault(node, time.monotonic())
        return first

    def stop(self, node: str, stage: str) -> None:
        """Note that a node has got this far; the last call counts."""
        if node not in self._open:
            self.start(node, stage)
        seconds = time.monotonic() - self._open[node]
        self._stages[stage]["nodes"][node] = round(seconds, 3)

    def facts(self) -> dict[str, Any]:
        """Return what is known by now, fit for JSON."""
        return {
            "environment": self._environment,
            "started": self._started,
            "finished": _now(),
            "seconds": round(time.monotonic() - self._begun, 3),
            "stages": {
                name: {**stage, "seconds": round(sum(stage["nodes"].values()), 3)}
                for name, stage in self._stages.items()
            },
        }


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).isoformat()
