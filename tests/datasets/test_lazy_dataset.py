import json
from pathlib import Path

import pytest
from kedro.io import DatasetError

from fruit_features.datasets.lazy_dataset import LazyDataset


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stored.json"


@pytest.fixture
def dataset(file: Path) -> LazyDataset:
    return LazyDataset(dataset={"type": "json.JSONDataset", "filepath": str(file)})


def test_nothing_stored_is_none(dataset: LazyDataset) -> None:
    assert dataset.load()() is None
    assert not dataset.exists()


def test_what_is_stored_comes_when_it_is_asked_for(
    dataset: LazyDataset, file: Path
) -> None:
    file.write_text('{"components": 3}')
    assert dataset.exists()
    assert dataset.load()() == {"components": 3}


def test_loading_reads_nothing_yet(dataset: LazyDataset, file: Path) -> None:
    load = dataset.load()
    file.write_text('{"made": "after"}')
    assert load() == {"made": "after"}
    file.write_text("no JSON")
    broken = dataset.load()
    with pytest.raises(DatasetError, match="Failed while loading"):
        broken()


def test_several_are_loaded_by_name(file: Path, tmp_path: Path) -> None:
    places = {"one": file, "other": tmp_path / "other.json"}
    several = LazyDataset(
        datasets={
            name: {"type": "json.JSONDataset", "filepath": str(place)}
            for name, place in places.items()
        }
    )
    file.write_text("[1]")
    assert several.load()() == {"one": [1], "other": None}
    assert not several.exists()


def test_saving_is_refused(dataset: LazyDataset, file: Path) -> None:
    with pytest.raises(DatasetError, match="LazyDataset only reads"):
        dataset.save({})
    assert not file.exists()


def test_partitions_that_are_not_there_are_none(tmp_path: Path) -> None:
    config = {
        "type": "partitions.PartitionedDataset",
        "path": str(tmp_path / "exports"),
        "dataset": "json.JSONDataset",
        "filename_suffix": ".json",
    }
    dataset = LazyDataset(dataset=config)
    assert dataset.load()() is None
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "a.json").write_text(json.dumps([1]))
    partitions = LazyDataset(dataset=config).load()()
    assert {key: load() for key, load in partitions.items()} == {"a": [1]}


@pytest.mark.parametrize("content", [b'{"a": [1, 2', b"", b"\xff", b"[1]", b"null"])
def test_what_a_run_writes_anew_may_be_broken(
    content: bytes, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = {"type": "json.JSONDataset", "filepath": str(file)}
    dataset = LazyDataset(dataset=config, derived=True)
    assert dataset.load()() is None
    file.write_bytes(content)
    assert dataset.load()() is None
    assert [str(file) in message for message in caplog.messages] == [True]
    file.write_text('{"a": 1}')
    assert dataset.load()() == {"a": 1}
