"""Where rows come from and have gone, told from tables and from when runs began."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from kedro.io.core import DatasetError
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from fruit_features.datasets.lineage_dataset import LineageDataset

TABLE = "fruit_features.datasets.table_dataset.TableDataset"
COLUMNS = (
    "image_key string, path string, label string, backbone_id string, "
    "featurized_at timestamp"
)
RUNS = [f"2026-05-0{day}T12.00.00.500Z" for day in (2, 3, 4)]
DAY = dt.datetime(2026, 5, 1, 12, tzinfo=dt.timezone.utc)
# The second run was killed after the first had fitted; the third takes the fit again.
FIT = {"backbone_id": "b", "fitted": "2026-05-02T13:00:00.000+00:00"}
MADE = {
    "before any": (DAY, "b"),
    "by the first": (DAY + dt.timedelta(1, milliseconds=500), "b"),
    "other backbone": (DAY + dt.timedelta(1, hours=1), "c"),
    "by the killed": (DAY + dt.timedelta(3, milliseconds=499), "b"),
    "by the third": (DAY + dt.timedelta(3, hours=1), "b"),
}
REDUCED = ("by the first", "by the killed")


def put(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))


@pytest.fixture
def lineage(spark: SparkSession, tmp_path: Path) -> LineageDataset:
    rows = [(key, f"/a/{key}", "a", of, at) for key, (at, of) in MADE.items()]
    table = spark.createDataFrame(rows, COLUMNS).coalesce(1)
    table.write.parquet(f"{tmp_path}/features")
    table.where(table.image_key.isin(*REDUCED)).write.parquet(f"{tmp_path}/reduced")
    put(tmp_path / "fit.json", FIT)
    for run in RUNS:
        put(tmp_path / "begun" / f"{run}.json", {})
    stage = {"started": "2026-05-04T12:00:00.500+00:00", "nodes": {}}
    put(tmp_path / "facts.json", {"stages": {"reduction": stage}})
    stage["nodes"] = {"reduce_features_node": 1.0}
    put(tmp_path / "done.json", {"stages": {"reduction": stage}})
    return made_of(tmp_path, "done")


def made_of(folder: Path, facts: str) -> LineageDataset:
    return LineageDataset(
        features={"type": TABLE, "filepath": f"{folder}/features", "schema": COLUMNS},
        reduced_features={
            "type": TABLE,
            "filepath": f"{folder}/reduced",
            "schema": COLUMNS,
        },
        pca_summary={"type": "json.JSONDataset", "filepath": f"{folder}/fit.json"},
        run_facts={"type": "json.JSONDataset", "filepath": f"{folder}/{facts}.json"},
        run_begun={
            "type": "partitions.PartitionedDataset",
            "path": f"{folder}/begun",
            "dataset": "json.JSONDataset",
            "filename_suffix": ".json",
        },
    )


def columns(dataset: LineageDataset, *names: str) -> dict[str, tuple[Any, ...]]:
    # As text, times are UTC on any machine.
    texts = [F.col(name).cast("string").alias(name) for name in names]
    rows = dataset.load().select("image_key", *texts).collect()
    return {row.image_key: tuple(row[name] for name in names) for row in rows}


def test_every_row_is_of_the_run_that_was_at_work(lineage: LineageDataset) -> None:
    first, killed, third = RUNS
    assert columns(lineage, "featurized_by", "pca_fitted_by", "reduced_by") == {
        "before any": (None, first, None),
        "by the first": (first, first, third),
        "other backbone": (first, None, None),
        "by the killed": (killed, None, third),
        "by the third": (third, None, None),
    }
    fitted = ("2026-05-02 13:00:00", "/a/by the first")
    assert columns(lineage, "pca_fitted", "path")["by the first"] == fitted


def test_a_reduction_that_was_killed_is_of_no_run(
    lineage: LineageDataset, tmp_path: Path
) -> None:
    found = columns(made_of(tmp_path, "facts"), "reduced_by")
    assert set(found.values()) == {(None,)}


def test_features_alone_are_enough(lineage: LineageDataset, tmp_path: Path) -> None:
    for name in ("fit.json", "done.json"):
        (tmp_path / name).unlink()
    for name in ("reduced", "begun"):
        (tmp_path / name).rename(tmp_path / f"no {name}")
    found = columns(made_of(tmp_path, "done"), "featurized_by", "reduced_by", "label")
    assert set(found.values()) == {(None, None, "a")}


def test_it_only_reads(lineage: LineageDataset) -> None:
    with pytest.raises(DatasetError, match="only reads"):
        lineage.save({})
