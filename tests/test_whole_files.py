import json
from pathlib import Path

import pandas as pd
import pytest
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import ParquetDataset

from fruit_features.whole_files import WholeFileSystem, write_whole_files


@pytest.fixture(autouse=True)
def whole() -> None:
    write_whole_files()


def test_a_file_is_there_when_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"old")
    with WholeFileSystem().open(str(file), "wb") as opened:
        opened.write(b"new")
        opened.flush()
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        with WholeFileSystem().open(str(file), "wb") as opened:
            opened.write(b"new")
            raise ZeroDivisionError
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_other_modes_are_as_ever(tmp_path: Path) -> None:
    filesystem = WholeFileSystem()
    file = str(tmp_path / "a.txt")
    with filesystem.open(file, "w") as opened:
        opened.write("ä")
    with filesystem.open(file, "ab") as opened:
        opened.write(b"b")
    with filesystem.open(file, "r") as opened:
        assert opened.read() == "äb"


def test_datasets_of_kedro_write_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = []
    replace = WholeFileSystem.__module__ + ".os.replace"
    monkeypatch.setattr(
        replace, lambda source, place: renamed.append((Path(source), Path(place)))
    )
    JSONDataset(filepath=str(tmp_path / "a.json")).save({"a": 1})
    ParquetDataset(filepath=str(tmp_path / "a.parquet")).save(pd.DataFrame({"a": [1]}))
    assert [place.name for _, place in renamed] == ["a.json", "a.parquet"]
    assert not (tmp_path / "a.json").exists()
    assert json.loads(renamed[0][0].read_text()) == {"a": 1}
