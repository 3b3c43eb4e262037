"""One measurement of one contender, and how the contenders are run."""

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.exports import plain_export, seed_export
from benchmarks.process_tree import BenchmarkError, Observation, run_measured
from benchmarks.project import (
    FEATURIZATION_ONLY,
    ROOT,
    ProjectRun,
    check_status,
    run_project,
)
from benchmarks.stamps import read_points, steady_rate
from fruit_features.hooks.java import find_java_home

DAFT_PYTHON = ROOT / ".venv-bench" / "bin" / "python"


@dataclass(frozen=True)
class Task:
    """What is given to every contender.

    Attributes:
        count: How many images the folder holds.
        images: The folder.
        weights: ``imagenet`` or a file.
        export: The same weights as the project's LiteRT flatbuffer, a plain one beside.
        work: A folder to work in.
    """

    count: int
    images: Path
    weights: str
    export: Path
    work: Path


@dataclass(frozen=True)
class Measurement:
    """What a contender took.

    Attributes:
        contender: Its name.
        count: Of how many images.
        round: Which repetition.
        figures: Numbers by name; ``None`` where there is no such number.
        details: The raw figures that they came from.
    """

    contender: str
    count: int
    round: int
    figures: dict[str, float | None]
    details: dict[str, Any]


Result = tuple[dict[str, float | None], dict[str, Any]]


def measure(contender: str, task: Task, round_: int) -> list[Measurement]:
    """Run a contender in a fresh folder.

    Returns:
        Its measurement; for ``project``, also that of the same run repeated.
    """
    shutil.rmtree(task.work, ignore_errors=True)
    (task.work / "stamps").mkdir(parents=True)
    try:
        results = CONTENDERS[contender](task)
    finally:
        shutil.rmtree(task.work, ignore_errors=True)
    return [
        Measurement(name, task.count, round_, figures, details)
        for name, (figures, details) in results.items()
    ]


def _recipe(task: Task) -> dict[str, Result]:
    return {"recipe": _program("recipe", sys.executable, task, task.weights)}


def _limit(task: Task) -> dict[str, Result]:
    model = str(plain_export(task.export))
    return {"limit": _program("limit", sys.executable, task, model)}


def _loop(task: Task) -> dict[str, Result]:
    spark = yaml.safe_load((ROOT / "conf/base/spark.yml").read_text())
    # As the workers have it.
    pages = {"GLIBC_TUNABLES": spark["spark.executorEnv.GLIBC_TUNABLES"]}
    return {"loop": _program("loop", sys.executable, task, str(task.export), pages)}


def _daft(task: Task) -> dict[str, Result]:
    if not DAFT_PYTHON.exists():
        message = "Daft's environment .venv-bench is missing: make bench sets it up"
        raise BenchmarkError(message)
    model = str(plain_export(task.export))
    return {"daft": _program("daft_udf", DAFT_PYTHON, task, model)}


def _project(task: Task) -> dict[str, Result]:
    seed_export(task.export, task.work)
    first = _whole_run(task)
    again = run_project(_parameters(task)).observation
    return {"project": first, "project_unchanged": (_processes(again, None), {})}


def _project_first(task: Task) -> dict[str, Result]:
    return {"project_first": _whole_run(task)}


def _project_features(task: Task) -> dict[str, Result]:
    seed_export(task.export, task.work)
    run = run_project(_parameters(task), FEATURIZATION_ONLY)
    return {"project_features": _project_result(run, task.count)}


def _spark_start(task: Task) -> dict[str, Result]:
    command = [sys.executable, "-m", "benchmarks.contenders.spark_start"]
    observation = run_measured(command, ROOT, _environment())
    check_status(observation, "spark_start")
    return {"spark_start": (_processes(observation, None), {})}


CONTENDERS: dict[str, Callable[[Task], dict[str, Result]]] = {
    "recipe": _recipe,
    "limit": _limit,
    "loop": _loop,
    "daft": _daft,
    "project": _project,
    "project_features": _project_features,
    "spark_start": _spark_start,
    "project_first": _project_first,
}


def _program(
    name: str,
    python: str | Path,
    task: Task,
    model: str,
    environment: Mapping[str, str] = {},
) -> Result:
    """Run a program of ``contenders`` and read what it and its stamps say."""
    module = f"benchmarks.contenders.{name}"
    command = [python, "-m", module, task.images, model, task.work]
    observation = run_measured(command, ROOT, {**_environment(), **environment})
    check_status(observation, name)
    result = json.loads((task.work / "result.json").read_text())
    if result["images"] != task.count:
        message = f"{name} did {result['images']:,} images, not {task.count:,}"
        raise BenchmarkError(message)
    points = [read_points(task.work / "stamps", *times) for times in result["passes"]]
    featurized = sum(part[-1][1] for part in points if part)
    seconds = sum(end - begin for begin, end in result["passes"])
    rates = [steady_rate(part, task.count, fewest=8) for part in points]
    known = [rate for rate in rates if rate]
    figures = _processes(observation, task.count) | {
        # The recipe does every image twice: by inferences, and by images.
        "stage_rate": featurized / seconds,
        "image_rate": task.count / seconds,
        # Both passes are as long: the mean of their seconds an image.
        "steady_rate": len(known) / sum(1 / r for r in known) if known else None,
    }
    return figures, {**result, "featurized": featurized, "steady_rates": rates}


def _whole_run(task: Task) -> Result:
    return _project_result(run_project(_parameters(task)), task.count)


def _parameters(task: Task) -> dict[str, Any]:
    return {
        "images": task.images,
        "data": task.work,
        "backbone.weights": task.weights,
        "ingestion.limit": task.count,
    }


def _project_result(run: ProjectRun, count: int) -> Result:
    featurization = run.node_seconds("featurization", "featurize_images_node")
    reading = run.node_seconds("ingestion", "read_images_node")
    stage = run.facts.get("stages", {}).get("ingestion", {}).get("seconds")
    reported = run.report.get("images_per_second")
    figures = _processes(run.observation, count) | {
        "stage_rate": reported or (count / featurization if featurization else None),
        "steady_rate": steady_rate(run.progress, count),
        "ingestion_rate": count / stage if stage else None,
        "reading_rate": count / reading if reading else None,
    }
    report = {name: run.report.get(name) for name in ("images", "seconds", "spark")}
    return figures, {"report": report, "facts": run.facts, "progress": run.progress}


def _processes(observation: Observation, count: int | None) -> dict[str, float | None]:
    memory = {
        f"{role}_mb": observation.peak_mb.get(role)
        for role in ("worker", "jvm", "driver", "all")
    }
    an_image = observation.cpu_seconds / count if count else None
    seconds: dict[str, float | None] = {
        "seconds": observation.seconds,
        "cpu_seconds_an_image": an_image,
    }
    return seconds | memory


def _environment() -> dict[str, str]:
    """Return what a notebook's user has set: this Python, and a Java that suits."""
    environment = {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
        "PYSPARK_PYTHON": sys.executable,
        # Daft: no progress bar for the log, and no word to its makers.
        "DAFT_PROGRESS_BAR": "0",
        "DAFT_ANALYTICS_ENABLED": "0",
        "DO_NOT_TRACK": "1",
    }
    java_home = find_java_home()
    return environment | ({"JAVA_HOME": java_home} if java_home else {})
