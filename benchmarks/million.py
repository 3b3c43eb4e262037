"""``make bench-million``: does a run of a million images stay flat?

Images are tiny and the backbone is a stub, so that what grows with their number, and
not inference, decides: the listing, the joins, the driver's and the JVM's memory.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import WORK, keep_result
from benchmarks.process_tree import BenchmarkError
from benchmarks.project import FEATURIZATION_ONLY, ProjectRun, run_project
from benchmarks.stamps import Point
from benchmarks.stub import ALPHA, INPUT_SIZE, make_images, seed_stub
from benchmarks.tables import figure, table

# "[12.3s][info][gc] GC(7) Pause Young (Normal) … 310M->95M(620M) 4.1ms"
COLLECTION = re.compile(r"^\[([\d.]+)s\].* (\d+)M->(\d+)M\((\d+)M\)")


def main() -> None:
    """Make the images, run, print and keep the figures, remove the images."""
    parser = argparse.ArgumentParser(prog="bench-million", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    work = WORK / "million"
    try:
        figures = _run(work, options.rows)
    except BenchmarkError as error:
        sys.exit(f"bench-million: {error}")
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)
    _print(figures)
    print(f"\nall figures: {keep_result('million', figures)}")


def _run(work: Path, rows: int) -> dict[str, Any]:
    shutil.rmtree(work, ignore_errors=True)
    print(f"making {rows:,} images", flush=True)
    make_images(work / "images", rows)
    data, weights, logs = work / "data", work / "stub.keras", work / "logs"
    logs.mkdir()
    seed_stub(data, weights)
    parameters = {
        "images": work / "images",
        "data": data,
        "backbone.weights": weights,
        "backbone.alpha": ALPHA,
        "backbone.input_size": INPUT_SIZE,
    }
    # The JVM's own log tells every collection: no peak is missed between samples.
    # %p: Spark's launcher is a JVM too.
    java = {"JDK_JAVA_OPTIONS": f"-Xlog:gc:file={logs}/%p.log"}
    print("running ingestion and featurization", flush=True)
    run = run_project(parameters, FEATURIZATION_ONLY, java)
    return _figures(run, rows, read_collections(logs))


def _figures(
    run: ProjectRun, rows: int, collections: list[dict[str, float]]
) -> dict[str, Any]:
    stages = run.facts["stages"]
    return {
        "rows": rows,
        "seconds": run.observation.seconds,
        "seconds_by_stage": {name: stage["seconds"] for name, stage in stages.items()},
        "nodes": {name: stage["nodes"] for name, stage in stages.items()},
        "cpu_seconds_an_image": run.observation.cpu_seconds / rows,
        "peak_mb": run.observation.peak_mb,
        "heap_mb": {
            "peak": max((c["before"] for c in collections), default=None),
            "peak_after_collection": max(
                (c["after"] for c in collections), default=None
            ),
            "size": max((c["size"] for c in collections), default=None),
        },
        "seconds_an_image_by_tenth": seconds_by_tenth(run.progress, rows),
        "progress": run.progress,
        "collections": collections,
    }


def read_collections(logs: Path) -> list[dict[str, float]]:
    """Read heap use in MB before and after each collection of the busiest JVM."""
    files = [file.read_text().splitlines() for file in logs.glob("*.log")]
    lines = max(files, key=len, default=[])
    names = ("seconds", "before", "after", "size")
    matches = (COLLECTION.match(line) for line in lines)
    return [
        dict(zip(names, map(float, match.groups()), strict=True))
        for match in matches
        if match
    ]


def seconds_by_tenth(progress: list[Point], total: int) -> list[float | None]:
    """Return the seconds an image of each tenth of the work.

    The first tenth counts from the first line of progress on, not from the start.
    """
    if not progress:
        return [None] * 10
    moments, done = (np.array(column, float) for column in zip(*progress, strict=True))
    bounds = np.clip(np.linspace(0, total, 11), done[0], done[-1])
    # The last line may be there twice: of equal counts the first is the moment.
    known, first = np.unique(done, return_index=True)
    times = np.interp(bounds, known, moments[first])
    images, seconds = np.diff(bounds), np.diff(times)
    return [float(s / n) if n else None for s, n in zip(seconds, images, strict=True)]


def _print(figures: dict[str, Any]) -> None:
    peaks, heap = figures["peak_mb"], figures["heap_mb"]
    rows = {
        "images": figures["rows"],
        "whole process, s": figures["seconds"],
        **{f"{k}, s": v for k, v in figures["seconds_by_stage"].items()},
        "JVM's heap, peak, MB": heap["peak"],
        "JVM's heap, peak after a collection, MB": heap["peak_after_collection"],
        "JVM, peak PSS, MB": peaks.get("jvm"),
        "driver, peak PSS, MB": peaks.get("driver"),
        "worker, peak PSS, MB": peaks.get("worker"),
    }
    print("\n" + table(("figure", ""), [(k, _text(v)) for k, v in rows.items()]))
    tenths = figures["seconds_an_image_by_tenth"]
    lines = [(str(i), _text(s and s * 1000)) for i, s in enumerate(tenths, start=1)]
    print("\n" + table(("tenth", "ms an image"), lines))


def _text(value: float | None) -> str:
    return "–" if value is None else figure(value)


if __name__ == "__main__":
    main()
