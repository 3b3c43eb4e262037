import datetime as dt
import math
import os
import random
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kedro.framework.session import KedroSession
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.datasets.table_dataset import TableDataset
from fruit_features.pipelines.featurization.parameters import FeaturizationParameters
from fruit_features.pipelines.ingestion import nodes
from fruit_features.pipelines.ingestion.nodes import (
    keep_current_rows,
    read_images,
    select_images,
)
from fruit_features.pipelines.ingestion.parameters import IngestionParameters
from fruit_features.tables import COLUMNS
from tests.pictures import jpeg

EVERYTHING = IngestionParameters(
    limit=None,
    max_bytes=10_000,
    images_per_file=10,
    fewest_images_per_file=1,
    accept_missing=False,
)

ANYTHING = FeaturizationParameters(
    max_pixels=10_000,
    checkpoint_images=1,
    max_failure_rate=0.5,
    retry_quarantined=False,
)


def listing(sizes: dict[str, int]) -> pd.DataFrame:
    now = pd.Timestamp(dt.datetime.now(dt.timezone.utc))
    rows = [
        (f"{label}/{n}.jpg", f"/images/{label}/{n}.jpg", label, 10, now)
        for label, size in sizes.items()
        for n in range(size)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def taken(images: pd.DataFrame, limit: int | None) -> pd.DataFrame:
    marked = select_images(images, limit)
    return marked[marked["selected"]]


def test_without_limit_all_are_taken() -> None:
    assert len(taken(listing({"a": 3, "b": 1}), None)) == 4


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    limits=st.tuples(st.integers(1, 150), st.integers(1, 150)),
)
def test_limit_is_stratified_and_nested(
    sizes: list[int], limits: tuple[int, int]
) -> None:
    images = listing({f"label{n}": size for n, size in enumerate(sizes)})
    small, large = (taken(images, limit) for limit in sorted(limits))
    assert len(small) == min(*limits, len(images))
    assert set(small["image_key"]) <= set(large["image_key"])
    for label, size in images["label"].value_counts().items():
        share = size * len(small) / len(images)
        got = int((small["label"] == label).sum())
        assert math.floor(share) - 1 <= got <= math.ceil(share) + 1


def test_limit_takes_the_same_images_in_any_order() -> None:
    images = listing({"a": 30, "b": 20})
    shuffled = images.sample(frac=1, random_state=1).reset_index(drop=True)
    assert set(taken(images, 9)["image_key"]) == set(taken(shuffled, 9)["image_key"])


class TestReadImages:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name in ("ä b/1.jpg", "ä b/_2%41.jpg", "c=d/#?.jpg"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(jpeg(len(name)))
        bad = tmp_path / "bad"
        bad.mkdir()
        (bad / "empty.jpg").touch()
        (bad / "long.jpg").write_bytes(b"x" * 10_001)
        (bad / "link.jpg").symlink_to(tmp_path / "gone")
        os.mkfifo(bad / "pipe.jpg")
        (bad / os.fsdecode(b"\xe9.jpg")).write_bytes(jpeg())
        return tmp_path

    def read(self, spark: SparkSession, folder: Path) -> dict[str, dict]:
        found = ImageFolderDataset(filepath=str(folder)).load()
        frame = spark.createDataFrame(select_images(found, None))
        none = spark.createDataFrame([], frame.drop("selected").schema)
        (new,) = read_images(frame, none, EVERYTHING, ANYTHING)
        rows = new.collect()
        return {row.image_key: row.asDict() for row in rows}

    def test_bytes_are_those_of_the_files(
        self, spark: SparkSession, folder: Path
    ) -> None:
        rows = self.read(spark, folder)
        assert len(rows) == 8
        for name in ("ä b/1.jpg", "ä b/_2%41.jpg", "c=d/#?.jpg"):
            assert rows[name]["bytes"] == (folder / name).read_bytes()
            assert rows[name]["path"] == str(folder / name)
            assert rows[name]["reason"] is None
        assert rows["c=d/#?.jpg"]["label"] == "c=d"

    @pytest.mark.parametrize(
        ("name", "reason", "detail"),
        [
            ("bad/long.jpg", "too_large", "10,001 bytes, more than ingestion.max"),
            ("bad/link.jpg", "unreadable", "link to a file that is gone"),
            ("bad/pipe.jpg", "unreadable", "neither a file nor a link"),
            ("bad/\\xe9.jpg", "unreadable", "not UTF-8"),
        ],
    )
    def test_what_cannot_be_read_says_why(
        self, spark: SparkSession, folder: Path, name: str, reason: str, detail: str
    ) -> None:
        row = self.read(spark, folder)[name]
        assert row["bytes"] is None
        assert row["reason"] == reason
        assert detail in row["detail"]

    def test_empty_file_has_no_bytes_but_is_read(
        self, spark: SparkSession, folder: Path
    ) -> None:
        row = self.read(spark, folder)["bad/empty.jpg"]
        assert (row["bytes"], row["reason"]) == (b"", None)

    def test_a_file_that_vanishes_is_unreadable(
        self, spark: SparkSession, folder: Path
    ) -> None:
        found = ImageFolderDataset(filepath=str(folder / "ä b")).load()
        (folder / "ä b" / "1.jpg").unlink()
        frame = spark.createDataFrame(select_images(found, None))
        none = spark.createDataFrame([], frame.drop("selected").schema)
        (new,) = read_images(frame, none, EVERYTHING, ANYTHING)
        rows = new.collect()
        assert {row.image_key: row.reason for row in rows} == {
            "1.jpg": "unreadable",
            "_2%41.jpg": None,
        }

    def test_only_selected_and_new_images_are_read(
        self, spark: SparkSession, folder: Path
    ) -> None:
        found = ImageFolderDataset(filepath=str(folder / "ä b")).load()
        frame = spark.createDataFrame(select_images(found, None))
        known = frame.drop("selected").where("image_key = '1.jpg'")
        (new,) = read_images(frame, known, EVERYTHING, ANYTHING)
        rows = new.collect()
        assert [row.image_key for row in rows] == ["_2%41.jpg"]
        changed = known.withColumn("length", known["length"] + 1)
        (new,) = read_images(frame, changed, EVERYTHING, ANYTHING)
        assert new.count() == 2


class TestKeepCurrentRows:
    @pytest.fixture
    def listed(self, spark: SparkSession) -> DataFrame:
        return spark.createDataFrame(listing({"a": 2}).assign(selected=False))

    def featurization(self, retry: bool) -> FeaturizationParameters:
        return ANYTHING.model_copy(update={"retry_quarantined": retry})

    def test_keeps_all_that_is_listed(self, listed: DataFrame) -> None:
        kept = keep_current_rows(listed, pytest.fail, self.featurization(False))
        assert kept.columns == ["image_key", "path", "length", "modification_time"]
        assert kept.count() == 2

    def test_leaves_out_what_could_not_be_read_to_try_again(
        self, listed: DataFrame
    ) -> None:
        first, second = (row.image_key for row in listed.orderBy("image_key").collect())
        reason = F.when(F.col("image_key") == first, "unreadable")
        stored = listed.withColumn("reason", reason)
        kept = keep_current_rows(listed, lambda: stored, self.featurization(True))
        assert [row.image_key for row in kept.collect()] == [second]
        everything = keep_current_rows(listed, lambda: None, self.featurization(True))
        assert everything.count() == 2


@pytest.mark.parametrize(
    ("count", "size", "cores", "fewest", "files"),
    [
        (0, 0, 2, 32, 1),
        (10, 10**5, 2, 32, 1),
        (200, 10**6, 2, 32, 2),
        (200, 10**6, 64, 32, 6),
        (3_000, 10**7, 64, 500, 6),
        (3_000, 10**7, 2, 32, 4),
        (20_000, 10**8, 64, 500, 40),
        (50_000_000, 10**12, 64, 500, 50_048),
        (50_000_000, 10**14, 64, 32, 745_088),
    ],
)
def test_files_are_as_many_as_cores_and_stay_small(
    count: int, size: int, cores: int, fewest: int, files: int
) -> None:
    parameters = EVERYTHING.model_copy(
        update={"images_per_file": 1000, "fewest_images_per_file": fewest}
    )
    assert nodes._files(count, size, parameters, cores) == files


def test_a_packed_file_is_read_by_many_tasks(
    spark: SparkSession, project: Path, tmp_path: Path
) -> None:
    with KedroSession.create(project) as session:
        catalog = session.load_context().config_loader["catalog"]
    packed = TableDataset(
        filepath=str(tmp_path / "images"),
        schema="image_key string, bytes binary",
        save_args=catalog["images"]["save_args"],
    )
    content = random.Random(0)
    rows = [(f"{n}.jpg", content.randbytes(5_000)) for n in range(400)]
    packed.save(spark.createDataFrame(pd.DataFrame(rows), packed._schema).coalesce(1))
    assert len([*(tmp_path / "images").glob("*.parquet")]) == 1
    tasks = packed.load().groupBy(F.spark_partition_id()).count().collect()
    assert sum(row["count"] for row in tasks) == 400
    # 2 MB in tasks of 256 kB at least, and row groups of as much.
    assert 6 <= len(tasks) <= 10
    assert max(row["count"] for row in tasks) <= 110
