"""``make bench-study``: what smaller inputs, int8 and the bundled backbone trade.

Each is run on the same images; speed, variance kept and how well the nearest
neighbour names the label are read from what the run wrote. Labels of a data set that
shows one fruit from many sides are easy to name: compare the rows with each other.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.bench import WORK, keep_result, require_images
from benchmarks.exports import absolute_weights
from benchmarks.images import choose_images, read_once
from benchmarks.process_tree import BenchmarkError
from benchmarks.project import ProjectRun, run_project
from benchmarks.stamps import steady_rate
from benchmarks.tables import spread, table
from fruit_features.exceptions import FruitFeaturesError

SIZES = (96, 128, 160, 192, 224)
COMPONENTS = (10, 50, 100, 200)
NEIGHBOURS = (1, 5)
SEED = 0


def main() -> None:
    """Run every choice, print the table and keep the figures."""
    parser = argparse.ArgumentParser(prog="bench-study", description=__doc__)
    parser.add_argument("--images", default="")
    parser.add_argument("--n", type=int, default=3000)
    parser.add_argument("--weights", default="imagenet")
    options = parser.parse_args()
    require_images(options.images, "make bench-study")
    weights = absolute_weights(options.weights)
    work = WORK / "study"
    try:
        images = choose_images(options.images, options.n, work / "images")
        read_once(images)
        rows = list(_study(images, options.n, weights, work / "data"))
    except (BenchmarkError, FruitFeaturesError) as error:
        sys.exit(f"bench-study: {error}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"\n{_table(rows)}")
    content = {
        "images": Path(options.images).name,
        "count": options.n,
        "weights": Path(weights).name,
        "rows": rows,
    }
    print(f"\nall figures: {keep_result('study', content)}")


def choices(weights: str) -> dict[str, dict[str, Any]]:
    """List what is compared: a name and the parameters that make it."""
    sizes = {
        f"{size} px": {"backbone.weights": weights, "backbone.input_size": size}
        for size in SIZES
    }
    in_bits = {"backbone.weights": weights, "backbone.precision": "int8"}
    return {**sizes, "224 px, int8": in_bits, "bundled, 96 px": {}}


def _study(
    images: Path, count: int, weights: str, data: Path
) -> Iterator[dict[str, Any]]:
    for name, backbone in choices(weights).items():
        shutil.rmtree(data, ignore_errors=True)
        parameters = {"images": images, "data": data, **backbone}
        try:
            run = run_project(parameters | {"ingestion.limit": count})
        except BenchmarkError as error:
            # One choice that fails, say for want of a parameter, ends not the rest.
            print(f"{name}: {error}", flush=True)
            continue
        row = {"choice": name, **_figures(run, data)}
        print(f"{name}: {row['images_per_second']} images/s", flush=True)
        yield row


def _figures(run: ProjectRun, data: Path) -> dict[str, Any]:
    output = data / "07_model_output"
    variance = pd.read_parquet(output / "explained_variance.parquet")
    cumulative = variance.set_index("component")["cumulative"]
    reduced = pd.read_parquet(output / "reduced_features")
    return {
        "images_per_second": run.report["images_per_second"],
        "steady_rate": steady_rate(run.progress, run.report["images"]["featurized"]),
        "seconds": run.report["seconds"],
        "featurized": run.report["images"]["featurized"],
        "components": len(reduced["pca_features"].iloc[0]),
        "cumulative": {str(k): float(cumulative[k]) for k in COMPONENTS},
        "accuracy": accuracies(reduced),
    }


def accuracies(reduced: pd.DataFrame) -> dict[str, float]:
    """Name the labels of a held-out fifth by their nearest neighbours, by cosine.

    Args:
        reduced: Columns ``image_key``, ``label`` and ``pca_features``.

    Returns:
        The share that is named right, by the number of neighbours.
    """
    # Two images a label at least, one for each side.
    rows = reduced[reduced.groupby("label")["label"].transform("size") > 1]
    rows = rows.sort_values("image_key")
    features = np.stack(list(rows["pca_features"]))
    known, asked, known_labels, asked_labels = train_test_split(
        features, rows["label"], test_size=0.2, random_state=SEED
    )
    return {
        str(k): float(
            KNeighborsClassifier(k, metric="cosine")
            .fit(known, known_labels)
            .score(asked, asked_labels)
        )
        for k in NEIGHBOURS
    }


def _table(rows: list[dict[str, Any]]) -> str:
    header = (
        "backbone",
        "images/s, stage",
        "images/s, steady",
        *(f"variance, k={k}" for k in COMPONENTS),
        *(f"accuracy, {k}-NN" for k in NEIGHBOURS),
    )
    lines = [
        (
            row["choice"],
            spread([row["images_per_second"]]),
            spread([row["steady_rate"]]),
            *(f"{row['cumulative'][str(k)]:.3f}" for k in COMPONENTS),
            *(f"{row['accuracy'][str(k)]:.3f}" for k in NEIGHBOURS),
        )
        for row in rows
    ]
    return table(header, lines)


if __name__ == "__main__":
    main()
