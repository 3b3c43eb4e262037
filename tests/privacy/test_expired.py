"""Which images have expired, and which somebody has deleted."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import AbstractDataset
from pyspark.sql import SparkSession

from fruit_features.datasets.image_folder_dataset import UNKNOWN
from fruit_features.pipelines.featurization.nodes import keep_current_rows
from fruit_features.pipelines.featurization.parameters import FeaturizationParameters
from fruit_features.pipelines.ingestion.nodes import list_images
from fruit_features.pipelines.ingestion.parameters import IngestionParameters
from fruit_features.pipelines.ingestion.pipeline import create_pipeline
from fruit_features.privacy.erasure_list import ErasureList
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.tables import COLUMNS, IDENTITY

NOW = dt.datetime.now(dt.timezone.utc)
TAKEN = IngestionParameters(
    limit=None,
    max_bytes=1,
    images_per_file=1,
    fewest_images_per_file=1,
    accept_missing=True,
)


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
    stored = (lambda: erased), (lambda: listed), (lambda: known), (lambda: None)
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
    known = listing(old=200, young=200)
    before = listing(old=100, young=1)
    outputs = list_images(
        *(listing(here=1), dict, lambda: before, lambda: known, pytest.fail),
        *(TAKEN, RetentionParameters(images_days=90)),
    )
    pd.testing.assert_frame_equal(
        outputs["expired"], before[IDENTITY][:1], check_dtype=False
    )


def test_without_days_none_is_kept() -> None:
    assert expired(listing(here=1), listing(old=100), listing(older=200), None) == []


@pytest.mark.parametrize(
    ("found", "known", "gone"),
    [
        # Moved to another label, with two that are as old as each other.
        ({"new": 100}, {"old": 100}, []),
        ({"p": 100, "q": 100}, {"old": 100, "older": 100}, []),
        # A copy of one that is there: nobody can tell of which.
        ({"new": 100, "here": 100}, {"old": 100, "here": 100}, []),
        # Fewer than are gone: nobody can tell which, and features are not made again.
        ({"new": 100}, {"old": 100, "older": 100}, ["old", "older"]),
        # Others.
        ({"new": 101}, {"old": 100}, ["old"]),
        ({"here": 100}, {"old": 100, "here": 100}, ["old"]),
    ],
)
def test_a_renamed_image_has_not_expired(
    found: dict[str, float], known: dict[str, float], gone: list[str]
) -> None:
    others = {"other": 50.0}
    for tables in ((listing(**known), None), (listing(**others), listing(**known))):
        assert expired(listing(**found, **others), *tables) == gone


def test_where_times_are_not_known_no_image_was_renamed() -> None:
    ages = (NOW - UNKNOWN) / dt.timedelta(days=1)
    assert expired(listing(new=ages), listing(old=ages)) == ["old"]


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


@pytest.mark.parametrize("count", [0, 2])
def test_features_of_expired_images_hold_and_nothing_else_does(
    spark: SparkSession, tmp_path: Path, count: int
) -> None:
    # Through the file: a table without rows has its columns all the same.
    declared = {"type": "pandas.ParquetDataset", "filepath": f"{tmp_path}/x.parquet"}
    before = listing(**dict.fromkeys(["p", "q"][:count], 100.0), here=1.0)
    stored = (lambda: None), (lambda: before), (lambda: None), (lambda: None)
    found = listing(here=1)
    outputs = list_images(found, *stored, TAKEN, RetentionParameters(images_days=90))
    AbstractDataset.from_config("x", declared).save(outputs["expired"])
    schema = "image_key string, path string, length bigint, modification_time timestamp"
    gone = spark.read.schema(schema).parquet(f"{tmp_path}/x.parquet")
    listed = spark.createDataFrame(outputs["listing"])
    featurization = FeaturizationParameters(
        max_pixels=1,
        checkpoint_images=1,
        max_failure_rate=0.5,
        retry_quarantined=False,
    )
    kept = keep_current_rows(listed, gone, featurization)
    assert kept["features"].count() == 1 + count
    assert [row.image_key for row in kept["quarantine"].collect()] == ["a/here"]
