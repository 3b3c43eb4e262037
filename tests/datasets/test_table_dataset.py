"""Tables of Parquet files: appended to, and freed of rows that no longer hold."""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from kedro.io import DatasetError
from pyspark.sql import DataFrame, SparkSession

from fruit_features.datasets.table_dataset import CurrentRowsDataset, TableDataset

# PySpark 3.5 asks pandas in old ways.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark")

KEY = "image_key string, length bigint"
SCHEMA = f"{KEY}, features array<float>, label string"

Row = tuple[str, int, list[float], str]


def row(key: str, length: int = 1, label: str = "001") -> Row:
    return key, length, [0.5, float(length)], label


class Place:
    """A folder with both datasets on it."""

    def __init__(self, spark: SparkSession, folder: Path, partitions: bool) -> None:
        self.spark, self.folder = spark, folder
        by = {"partitionBy": "label"} if partitions else {}
        place = str(folder)
        self.table = TableDataset(filepath=place, schema=SCHEMA, save_args=by)
        self.current = CurrentRowsDataset(filepath=place, schema=SCHEMA)

    def frame(self, rows: list[Row]) -> DataFrame:
        columns = ["image_key", "length", "features", "label"]
        # By way of pandas, small frames cost Spark no job of their own.
        frame = pd.DataFrame(rows, columns=columns)
        return self.spark.createDataFrame(frame, SCHEMA).coalesce(1)

    def append(self, *rows: Row) -> set[str]:
        """Save rows; return the names of the new files."""
        before = set(self.files())
        self.table.save(self.frame(list(rows)))
        return set(self.files()) - before

    def keep(self, *keys: tuple[str, int]) -> None:
        frame = pd.DataFrame(list(keys), columns=["image_key", "length"])
        self.current.save(self.spark.createDataFrame(frame, KEY))

    def rows(self) -> list[Row]:
        return sorted(tuple(found) for found in self.current.load().collect())

    def by_pandas(self) -> list[Row]:
        found = pd.read_parquet(self.folder).astype({"label": str})
        values = found[["image_key", "length", "features", "label"]]
        return sorted(
            (key, length, list(features), label)
            for key, length, features, label in values.itertuples(index=False)
        )

    def files(self) -> dict[str, bytes]:
        paths = self.folder.rglob("*.parquet")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}

    def leftovers(self) -> list[str]:
        """Folders of unfinished work."""
        return [path.name for path in self.folder.rglob("_*") if path.is_dir()]


@pytest.fixture
def place(spark: SparkSession, tmp_path: Path) -> Place:
    return Place(spark, tmp_path / "table", partitions=False)


@pytest.fixture
def awkward(spark: SparkSession, tmp_path: Path) -> Place:
    """With partitions, in a folder whose name is hard to spell in an address."""
    folder = tmp_path / "a b%20é #1?=x" / "table"
    return Place(spark, folder, partitions=True)


def test_saving_what_can_have_no_rows_starts_no_job(place: Place) -> None:
    place.append(("a", 1, [0.5], "x"))
    context = place.spark.sparkContext
    files = place.files()
    context.setJobGroup("nothing", "")
    try:
        place.table.save(place.table.load().limit(0))
        jobs = context.statusTracker().getJobIdsForGroup("nothing")
        place.table.save(place.table.load().where("length > 1"))
        more = context.statusTracker().getJobIdsForGroup("nothing")
    finally:
        context.setLocalProperty("spark.jobGroup.id", None)
    assert not jobs
    assert more, "the count of jobs must see those of other frames"
    assert place.files() == files


class TestNoTable:
    def test_loading_is_told(self, place: Place) -> None:
        message = f"^no table at '{place.folder}' yet; `kedro run` makes it$"
        with pytest.raises(DatasetError, match=message):
            place.table.load()
        assert not place.table.exists()

    def test_current_rows_are_none(self, place: Place) -> None:
        frame = place.current.load()
        assert frame.collect() == []
        described = [(field.name, field.dataType) for field in frame.schema]
        expected = place.frame([row("a")]).schema
        assert described == [(field.name, field.dataType) for field in expected]

    def test_current_rows_cost_no_job(self, place: Place) -> None:
        none = place.current.load()
        rows = place.frame([row("a")])
        known = rows.join(none, ["image_key"], "left_anti")
        plan = known._jdf.queryExecution().optimizedPlan().toString()
        assert "Join" not in plan

    def test_there_is_nothing_to_remove(self, place: Place) -> None:
        place.keep(("a", 1))
        assert not place.folder.exists()

    @pytest.mark.parametrize("name", ["_temporary", ".part-0.crc", "_SUCCESS"])
    def test_what_an_aborted_write_leaves_is_none(
        self, place: Place, name: str
    ) -> None:
        (place.folder / name).mkdir(parents=True)
        assert not place.table.exists()
        assert place.rows() == []
        with pytest.raises(DatasetError, match="no table at"):
            place.table.load()


class TestAppending:
    def test_adds_rows_and_leaves_files_alone(self, place: Place) -> None:
        place.append(row("a"), row("b"))
        before = place.files()
        assert len(place.append(row("c", 3, "x"))) == 1
        assert place.rows() == [row("a"), row("b"), row("c", 3, "x")]
        assert place.by_pandas() == place.rows()
        assert before.items() <= place.files().items()

    def test_of_nothing_adds_no_file(self, place: Place) -> None:
        place.append(row("a"))
        before = place.files()
        place.append()
        assert place.files() == before

    def test_of_nothing_makes_the_table(self, place: Place) -> None:
        place.append()
        assert place.table.exists()
        assert place.table.load().collect() == []
        assert pd.read_parquet(place.folder).columns.tolist() == [
            *("image_key", "length", "features", "label")
        ]

    def test_values_of_partitions_stay_text(self, awkward: Place) -> None:
        labels = ["001", "1", "1e3", "2020-01-01", "true", "a b/c%2F=é"]
        rows = sorted(row(f"{label}/1", label=label) for label in labels)
        awkward.append(*rows)
        assert awkward.rows() == rows
        assert len(awkward.files()) == len(labels)


class TestRemoving:
    def test_takes_exactly_the_rows_that_no_longer_hold(self, awkward: Place) -> None:
        whole = awkward.append(row("a1"), row("a2"))
        mixed = awkward.append(row("b1"), row("b2"), row("b3"), row("p1", 1, "y%é z"))
        gone = awkward.append(row("c1"), row("c2"))
        far = awkward.append(row("d1", 1, "1"), row("d2", 1, "1"))
        before = awkward.files()
        assert awkward.by_pandas() == awkward.rows()
        assert [len(names) for names in (whole, mixed, gone, far)] == [1, 2, 1, 1]

        # b2 and c1 are gone, b3, c2 and d2 have changed, e1 has no row yet.
        keys = [("a1", 1), ("a2", 1), ("b1", 1), ("p1", 1), ("d1", 1)]
        awkward.keep(*keys, ("b3", 7), ("c2", 7), ("d2", 7), ("e1", 1))

        left = [row("a1"), row("a2"), row("b1"), row("d1", 1, "1")]
        assert awkward.rows() == [*left, row("p1", 1, "y%é z")]
        assert awkward.by_pandas() == awkward.rows()
        after = awkward.files()
        (untouched,) = (name for name in mixed if not name.startswith("label=001/"))
        for name in (*whole, untouched):
            assert after[name] == before[name]
        for name in (mixed - {untouched}) | far:
            assert after[name] != before[name]
        assert not gone & set(after)
        assert awkward.leftovers() == []

    def test_writes_files_as_the_table_says(
        self, spark: SparkSession, tmp_path: Path
    ) -> None:
        written = {"compression": "uncompressed", "parquet.block.size": 20_000}
        written["parquet.page.size.row.check.min"] = 8
        place = Place(spark, tmp_path / "table", partitions=False)
        place.table = TableDataset(
            filepath=str(place.folder), schema=SCHEMA, save_args=written
        )
        place.current = CurrentRowsDataset(
            filepath=str(place.folder), schema=SCHEMA, save_args=written
        )
        rows = [(f"{n:04}" * 100, n, [0.5], "a") for n in range(200)]
        place.append(*rows)
        place.keep(*((key, n) for key, n, *_ in rows[:150]))
        (file,) = place.folder.glob("*.parquet")
        kept = pq.read_metadata(file)
        assert kept.num_rows == 150
        groups = [kept.row_group(n) for n in range(kept.num_row_groups)]
        assert all(group.num_rows < 80 for group in groups)
        assert groups[0].column(0).compression == "UNCOMPRESSED"

    def test_tells_times_apart_whatever_the_time_zone(
        self, spark: SparkSession, tmp_path: Path
    ) -> None:
        place = str(tmp_path / "table")
        schema = "image_key string, at timestamp"
        current = CurrentRowsDataset(filepath=place, schema=schema)
        times = {
            key: dt.datetime(2200, 1, 1, 1, 1, 1, micro, tzinfo=dt.timezone.utc)
            for key, micro in (("a", 1), ("b", 2))
        }
        rows = spark.createDataFrame([*times.items()], schema).coalesce(1)
        TableDataset(filepath=place, schema=schema).save(rows)
        spark.conf.set("spark.sql.session.timeZone", "Asia/Kolkata")
        try:
            current.save(rows.where("image_key = 'b'"))
        finally:
            spark.conf.set("spark.sql.session.timeZone", "UTC")
        (left,) = current.load().collect()
        assert left.image_key == "b"
        assert left.at == rows.where("image_key = 'b'").first().at

    def test_of_nothing_changes_no_file(self, place: Place) -> None:
        place.append(row("a"), row("b"))
        before = place.files()
        place.keep(("a", 1), ("b", 1), ("other", 1))
        assert place.files() == before

    def test_of_every_row_leaves_an_empty_table(self, awkward: Place) -> None:
        awkward.append(row("a"), row("b", 1, "x"))
        awkward.append(row("c"))
        awkward.keep()
        assert awkward.rows() == []
        assert awkward.by_pandas() == []
        awkward.append(row("d"), row("e", 1, "x"))
        assert awkward.rows() == [row("d"), row("e", 1, "x")]
        assert awkward.by_pandas() == awkward.rows()

    def test_that_fails_at_a_file_goes_on_at_the_next(self, place: Place) -> None:
        place.append(row("a"), row("b"))
        place.append(row("c"), row("d"))
        (first, *_) = sorted(place.folder.glob("*.parquet"))
        # In the way of what is written before it takes the place of the file.
        obstacle = first.with_name(f".{first.name}.partial")
        before = first.read_bytes()
        obstacle.mkdir()
        with pytest.raises(DatasetError, match="Is a directory"):
            place.keep(("a", 1), ("c", 1))
        assert first.read_bytes() == before
        assert {"a", "c"} <= {found[0] for found in place.rows()}
        obstacle.rmdir()
        place.keep(("a", 1), ("c", 1))
        assert place.rows() == [row("a"), row("c")]

    @pytest.mark.parametrize("listed", [True, False])
    def test_finishes_what_an_earlier_version_began(
        self, place: Place, listed: bool
    ) -> None:
        (old,) = place.append(row("a"), row("b"))
        aside = place.folder / "_kept-1"
        place.frame([row("a")]).write.parquet(str(aside))
        if listed:
            (aside / "_replaced.json").write_text(json.dumps([old]))
        place.keep(("a", 1), ("b", 1))
        assert place.rows() == [row("a")] + [row("b")] * (not listed)
        assert place.leftovers() == []
