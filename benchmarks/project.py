"""A run of this project in a process of its own, and what it reports."""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.process_tree import BenchmarkError, Observation, run_measured
from benchmarks.stamps import Point

ROOT = Path(__file__).parents[1]
FEATURIZATION_ONLY = ("--pipelines", "ingestion,featurization")

# "… featurization.nodes: 1,234 of 3,000 images, 150 images/s, …"; ingestion has
# lines of its own.
PROGRESS = re.compile(r"featurization\S*: ([\d,]+) of [\d,]+ images, ")


@dataclass(frozen=True)
class ProjectRun:
    """What a run took and left.

    Attributes:
        observation: Its processes.
        report: ``run_report.json``; empty for a run without ``reporting``.
        facts: ``run_facts.json``: seconds of nodes by stage.
        progress: When how many images were done, from its log.
    """

    observation: Observation
    report: dict[str, Any]
    facts: dict[str, Any]
    progress: list[Point]

    def node_seconds(self, stage: str, node: str) -> float | None:
        """Return how long a node took, its loading and saving included."""
        nodes = self.facts.get("stages", {}).get(stage, {}).get("nodes", {})
        return nodes.get(node)


def run_project(
    parameters: dict[str, Any],
    options: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> ProjectRun:
    """Run ``kedro run`` as a user would.

    Args:
        parameters: For ``--params``; ``data`` says where results go.
        options: Further options of ``kedro run``.
        environment: Variables beside those of this process.

    Raises:
        BenchmarkError: If the run fails, with the last it said.
    """
    given = ",".join(f"{name}={value}" for name, value in parameters.items())
    kedro = str(Path(sys.executable).with_name("kedro"))
    command = [kedro, "run", *options, "--params", given]
    # A narrow terminal would break the lines of progress in two.
    wide = {"COLUMNS": "200", **(environment or {})}
    observation = run_measured(command, ROOT, wide)
    check_status(observation, "kedro run")
    reporting = Path(parameters["data"], "08_reporting")
    return ProjectRun(
        observation,
        report=_read_json(reporting / "run_report.json"),
        facts=_read_json(reporting / "run_facts.json"),
        progress=read_progress(observation.lines),
    )


def check_status(observation: Observation, name: str) -> None:
    """Refuse to measure what failed.

    Raises:
        BenchmarkError: With the last lines that it wrote.
    """
    if observation.status:
        last = "\n".join(text for _, text in observation.lines[-15:])
        message = f"{name} failed with status {observation.status}:\n{last}"
        raise BenchmarkError(message)


def read_progress(lines: list[tuple[float, str]]) -> list[Point]:
    """Pick the lines that say how many images are done."""
    found = ((moment, PROGRESS.search(text)) for moment, text in lines)
    return [
        (moment, int(match.group(1).replace(",", "")))
        for moment, match in found
        if match
    ]


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}
