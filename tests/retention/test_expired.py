"""Which images have expired, and which somebody has deleted."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import AbstractDataset
from pyspark.sql import SparkSession

from fruit_features.datasets.image_folder_dataset import COLUMNS, IDENTITY
from fruit_features.erasure.erasure_list import ErasureList
from fruit_features.exceptions import ParameterError
from fruit_features.pipelines.featurization.nodes import keep_current_rows
from fruit_features.pipelines.featurization.parameters import FeaturizationParameters
from fruit_features.pipelines.ingestion.nodes import list_images
from fruit_features.pipelines.ingestion.parameters import IngestionParameters
from fruit_features.pipelines.ingestion.pipeline import create_pipeline
from fruit_features.retention.expired import expired_images
from fruit_features.retention.parameters import RetentionParameters

NOW = dt.datetime.now(dt.timezone.utc)
TAKEN = IngestionParameters(None, 1, 1, 1)


def listing(folder: str = "/images", **ages: float) -> pd.DataFrame:
    """A folder of images by their age in days."""
    rows = [
        (f"a/{name}", f"{folder}/a/{name}", "a", 1, NOW - dt.timedelta(days=age))
        for name, age in ages.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        {"modification_time": "datetime64[us, UTC]"}
    )


def expired(
    found: pd.DataFrame,
    listed: pd.DataFrame | None = None,
    known: pd.DataFrame | None = None,
    days: int | None = 90,
    erased: dict[str, Any] | None = None,
) -> list[str]:
    retention = RetentionParameters(images_days=days)
    stored = (lambda: erased), (lambda: listed), (lambda: known)
    outputs = list_images(found, *stored, TAKEN, retention)
    assert list(outputs["expired"].columns) == IDENTITY
    return [key.removeprefix("a/") for key in outputs["expired"]["image_key"]]


def test_old_images_that_are_gone_have_expired_and_young_ones_have_not() -> None:
    before = listing(here=100, old=90, young=89)
    assert expired(listing(here=100), before) == ["old"]


def test_they_stay_known_until_they_are_found_again() -> None:
    known = listing(old=200, older=300)
    assert expired(listing(here=1), listing(here=1), known) == ["old", "older"]
    # Whatever is there by that name now, its features are made anew.
    assert expired(listing(here=1, older=0), listing(here=1), known) == ["old"]


def test_the_last_listing_counts_of_one_that_is_known_twice() -> None:
    retention = RetentionParameters(images_days=90).limits(NOW)["images"]
    twice = listing(old=200), listing(old=100)
    rows = expired_images(
        listing(here=1), lambda: twice[1], lambda: twice[0], retention
    )
    assert list(rows["modification_time"]) == list(twice[1]["modification_time"])


def test_without_days_nothing_is_read_or_kept() -> None:
    found = listing(here=1)
    stored = dict, pytest.fail, pytest.fail
    outputs = list_images(found, *stored, TAKEN, RetentionParameters())
    assert outputs["expired"].empty
    assert outputs["listing"]["selected"].all()


def test_an_erased_image_never_expires() -> None:
    erased = ErasureList()
    erased.add(["a/old", "a/known"])
    before, known = listing(old=100, other=100), listing(known=100)
    found = expired(listing(here=1), before, known, erased=erased.stored())
    assert found == ["other"]


def test_images_of_another_folder_have_not_expired() -> None:
    before, known = listing("/else", old=100), listing("/else", known=100)
    assert expired(listing(here=1), before, known) == []


def test_the_first_run_knows_of_none() -> None:
    assert expired(listing(here=100)) == []


def test_they_are_written_before_the_listing_that_lacks_them() -> None:
    nodes = {node.short_name: node for node in create_pipeline().nodes}
    written = nodes["list_images_node"].outputs
    assert written == ["expired_images@pandas", "image_listing@pandas"]


@pytest.mark.parametrize("days", [0, -1, 1.5, "ninety", True])
def test_days_out_of_range(days: Any) -> None:
    with pytest.raises(ParameterError, match=r"retention\.logs_days=.*at least 1"):
        RetentionParameters(logs_days=days)


def test_a_misspelt_parameter_of_a_file_is_named() -> None:
    message = "retention.log_days: no such parameter; did you mean logs_days?"
    with pytest.raises(ParameterError, match=message):
        RetentionParameters.of({"images_days": 1, "log_days": 2})


@pytest.mark.parametrize("count", [0, 2])
def test_features_of_expired_images_hold_and_nothing_else_does(
    spark: SparkSession, tmp_path: Path, count: int
) -> None:
    # Through the file: a table without rows has its columns all the same.
    declared = {"type": "pandas.ParquetDataset", "filepath": f"{tmp_path}/x.parquet"}
    before = listing(**dict.fromkeys(["p", "q"][:count], 100.0), here=1.0)
    stored = (lambda: None), (lambda: before), (lambda: None)
    found = listing(here=1)
    outputs = list_images(found, *stored, TAKEN, RetentionParameters(images_days=90))
    AbstractDataset.from_config("x", declared).save(outputs["expired"])
    schema = "image_key string, path string, length bigint, modification_time timestamp"
    gone = spark.read.schema(schema).parquet(f"{tmp_path}/x.parquet")
    listed = spark.createDataFrame(outputs["listing"])
    featurization = FeaturizationParameters(1, 1, 0.5, retry_quarantined=False)
    kept = keep_current_rows(listed, gone, featurization)
    assert kept["features"].count() == 1 + count
    assert [row.image_key for row in kept["quarantine"].collect()] == ["a/here"]
