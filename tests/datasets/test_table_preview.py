"""What kedro-viz shows of the tables; the files are pyarrow's, no Spark takes part."""

import datetime as dt
import inspect
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.io import DatasetError

from fruit_features.datasets.table_dataset import ReplacedTableDataset, TableDataset

SCHEMA = "image_key string, features array<float>, backbone_id string"
HOSTILE = '<img src=x onerror="alert(1)">'
FAR = dt.datetime(2400, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)


def write(file: Path, *keys: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(
        {
            "image_key": pa.array(keys, pa.string()),
            "features": pa.array([[0.25, 1, 2, 3]] * len(keys), pa.list_(pa.float32())),
            "bytes": pa.array([b"\xff\x00"] * len(keys), pa.binary()),
            "at": pa.array([FAR] * len(keys), pa.timestamp("us", "UTC")),
        }
    )
    # As Spark writes times.
    pq.write_table(table, file, use_deprecated_int96_timestamps=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """In a folder that looks like a partition and is none."""
    return tmp_path / "a=b 100% #?" / "table"


@pytest.fixture
def table(folder: Path) -> TableDataset:
    by = {"partitionBy": "backbone_id"}
    return TableDataset(filepath=str(folder), schema=SCHEMA, save_args=by)


def test_rows_are_text_that_json_holds(folder: Path, table: TableDataset) -> None:
    write(folder / "backbone_id=001" / "a.parquet", HOSTILE)
    preview = table.preview()
    assert preview == {
        "index": [0],
        "columns": ["image_key", "features", "at", "backbone_id"],
        "data": [
            [
                HOSTILE,
                "[0.25, 1, 2, …] (4 numbers)",
                "2400-01-02 03:04:05",
                "001",
            ]
        ],
    }
    assert json.loads(json.dumps(preview)) == preview


def test_rows_are_few_and_of_whichever_files_have_some(
    folder: Path, table: TableDataset
) -> None:
    write(folder / "backbone_id=x" / "a.parquet")
    write(folder / "backbone_id=x" / "b.parquet", "1", "2")
    write(folder / "backbone_id=y" / "c.parquet", *map(str, range(3, 90)))
    write(folder / "backbone_id=x" / "_kept-1" / "0.parquet", "unfinished")
    assert [row[0] for row in table.preview(nrows=3)["data"]] == ["1", "2", "3"]
    assert len(table.preview()["data"]) == 20


def test_kedro_viz_reads_the_kind_of_preview_from_the_annotation() -> None:
    for dataset in (TableDataset, ReplacedTableDataset):
        kind = inspect.signature(dataset.preview).return_annotation
        assert kind.__name__ == "TablePreview"


def test_no_table_is_told(table: TableDataset, folder: Path) -> None:
    replaced = ReplacedTableDataset(filepath=str(folder), schema=SCHEMA)
    for dataset in (table, replaced):
        with pytest.raises(DatasetError, match="no table at .* yet; `kedro run` makes"):
            dataset.preview()


def test_looking_leaves_to_a_run_what_it_has_begun(folder: Path) -> None:
    replaced = ReplacedTableDataset(filepath=str(folder), schema=SCHEMA)
    old = folder.parent / "_table.old"
    write(old / "a.parquet", "1")
    (old / "_SUCCESS").touch()
    with pytest.raises(DatasetError, match="no table at"):
        replaced.preview()
    assert old.is_dir()
    old.rename(folder)
    assert replaced.preview()["data"][0][0] == "1"
