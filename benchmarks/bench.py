"""``make bench``: the project, the notebook's recipe, Daft and the limits in turn."""

import argparse
import datetime as dt
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.exports import absolute_weights, export_once
from benchmarks.images import choose_images, read_once
from benchmarks.machine import describe_machine
from benchmarks.measurement import CONTENDERS, Measurement, Task, measure
from benchmarks.process_tree import BenchmarkError
from benchmarks.project import ROOT
from benchmarks.targets import contender_table, ratio_table, ratios
from fruit_features.exceptions import FruitFeaturesError

RESULTS = ROOT / "benchmarks" / "results"
WORK = ROOT / "data" / "bench"

# Slow, or the same for any number of images: measured at the fewest only.
ONCE = ("recipe", "spark_start", "project_first")
UNASKED = (
    "recipe",
    "limit",
    "loop",
    "daft",
    "project",
    "project_features",
    "spark_start",
)


def main() -> None:
    """Measure, print the tables and keep all figures."""
    options = _options()
    counts = [int(count) for count in options.n.split(",")]
    contenders = _contenders(options.only)
    found: list[Measurement] = []
    try:
        for measurement in _measure_all(options, counts, contenders):
            _announce(measurement)
            found.append(measurement)
    except (BenchmarkError, FruitFeaturesError) as error:
        sys.exit(f"bench: {error}")
    finally:
        shutil.rmtree(WORK / "images", ignore_errors=True)
        # Hours of measuring are not lost to what fails last.
        if found:
            _conclude(options, found)


def _conclude(options: argparse.Namespace, found: list[Measurement]) -> None:
    reached = ratios(found)
    print(f"\n{contender_table(found)}\n\n{ratio_table(reached)}")
    content = {
        "images": Path(options.images).name,
        "weights": Path(options.weights).name,
        "measurements": [asdict(measurement) for measurement in found],
        "ratios": [asdict(ratio) for ratio in reached],
    }
    print(f"\nall figures: {keep_result('bench', content)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--images", default="")
    parser.add_argument("--n", default="3000")
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--only", default="")
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    require_images(options.images, "make bench")
    return options


def require_images(images: str, command: str) -> None:
    """End with one line if no folder of images is given."""
    if not images:
        sys.exit(f"name a folder of labelled images: {command} IMAGES=<folder>")


def _contenders(only: str) -> list[str]:
    chosen = only.split(",") if only else list(UNASKED)
    # The same run repeated belongs to its first.
    chosen = ["project" if name == "project_unchanged" else name for name in chosen]
    unknown = [name for name in chosen if name not in CONTENDERS]
    if unknown:
        sys.exit(f"bench: no contender {unknown[0]!r}: {', '.join(CONTENDERS)}")
    return list(dict.fromkeys(chosen))


def _measure_all(
    options: argparse.Namespace, counts: list[int], contenders: list[str]
) -> Iterator[Measurement]:
    """Let all contenders do the same work, one after another, round by round."""
    folders = {
        count: choose_images(options.images, count, WORK / "images" / str(count))
        for count in counts
    }
    export = export_once(options.weights, WORK / "exports")
    weights = absolute_weights(options.weights)
    for round_ in range(options.repeat):
        for count in counts:
            read_once(folders[count])
            turns = [
                name for name in contenders if name not in ONCE or count == min(counts)
            ]
            # Every other round the other way round: a machine that slows down or
            # speeds up favours nobody.
            for name in turns if round_ % 2 == 0 else reversed(turns):
                task = Task(count, folders[count], weights, export, WORK / "run")
                yield from measure(name, task, round_)


def _announce(measurement: Measurement) -> None:
    seconds, rate = (measurement.figures.get(n) for n in ("seconds", "stage_rate"))
    text = f"{measurement.contender}, {measurement.count:,} images: {seconds:.1f} s"
    print(text + (f", {rate:.1f} images/s" if rate else ""), flush=True)


def keep_result(kind: str, content: dict[str, Any]) -> Path:
    """Write figures, and the machine they are from, into ``results``.

    Returns:
        The file, named by kind and time.
    """
    now = dt.datetime.now(dt.timezone.utc)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%dT%H%M%S}-{kind}.json"
    whole = {"date": now.isoformat(), "machine": describe_machine(), **content}
    path.write_text(json.dumps(whole, indent=2, default=str) + "\n")
    return path.relative_to(ROOT)


if __name__ == "__main__":
    main()
