import gc
import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest
from kedro.io.core import DatasetError
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import ParquetDataset

from fruit_features.storage.s3_files import PatientS3FileSystem
from fruit_features.storage.whole_files import WholeFileSystem, write_whole_files
from tests.s3_server import S3Server


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


# How a file is opened, and what is written to it.
WAYS = {
    "binary": (partial(WholeFileSystem().open, mode="wb"), b"new"),
    "text": (partial(WholeFileSystem().open, mode="w"), "new"),
    "gzip": (partial(WholeFileSystem().open, mode="wb", compression="gzip"), b"new"),
    "zip": (partial(WholeFileSystem().open, mode="wt", compression="zip"), "new"),
    "fsspec": (partial(fsspec.open, mode="wb"), b"new"),
    "fsspec text": (partial(fsspec.open, mode="w", encoding="utf-8"), "new"),
    "fsspec bz2": (partial(fsspec.open, mode="wt", compression="bz2"), "new"),
}


@pytest.mark.parametrize(("opened", "new"), WAYS.values(), ids=WAYS)
def test_only_what_was_written_to_its_end_counts(
    opened: Any, new: Any, tmp_path: Path
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    for error in (ZeroDivisionError, KeyboardInterrupt):
        with pytest.raises(error):
            with opened(str(file)) as opening:
                opening.write(new)
                raise error
    # As pandas does it.
    unnamed = opened(str(file))
    handle = unnamed.open() if hasattr(unnamed, "fobjects") else unnamed
    with pytest.raises(ZeroDivisionError):
        try:
            handle.write(new)
            raise ZeroDivisionError
        finally:
            handle.close()
    forgotten = opened(str(file))
    forgotten = forgotten.open() if hasattr(forgotten, "fobjects") else forgotten
    forgotten.write(new)
    del unnamed, handle, forgotten
    gc.collect()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]

    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        # An error that is older than the file is none of the file's.
        with opened(str(file)) as opening:
            opening.write(new)
            opening.flush()
            assert file.read_bytes() == b"old"
    packed = opened.keywords.get("compression")
    with fsspec.open(str(file), mode="rb", compression=packed) as reading:
        assert reading.read() == b"new"
    assert list(tmp_path.iterdir()) == [file]


def test_text_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    with pytest.raises(OSError, match="No space"):
        with WholeFileSystem().open(str(file), "w") as opened:
            # What a full disk does when the text goes to it.
            opened._layers[0].f = open("/dev/full", "wb", buffering=0)
            opened.write("new")
    assert file.read_bytes() == b"old"


def test_a_dataset_that_fails_in_its_midst_leaves_the_old_file(tmp_path: Path) -> None:
    dataset = JSONDataset(filepath=str(tmp_path / "a.json"))
    dataset.save({"a": 1})
    with pytest.raises(DatasetError, match="not JSON serializable"):
        dataset.save({"a": [1, 2, 3], "b": object()})
    assert dataset.load() == {"a": 1}


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


def test_nothing_is_uploaded_that_an_error_broke_off(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    bucket = s3_server.make_bucket("whole")
    files = PatientS3FileSystem(skip_instance_cache=True)
    part = "x" * 6 * 2**20  # More than S3's least part: an upload has begun.
    for text in ("new", part):
        with files.open(f"{bucket}/a.txt", "w") as opened:
            opened.write("old")
        with pytest.raises(ZeroDivisionError):
            with files.open(f"{bucket}/a.txt", "w", block_size=5 * 2**20) as opened:
                opened.write(text)
                raise ZeroDivisionError
        forgotten = files.open(f"{bucket}/a.txt", "w")
        forgotten.write(text)
        del forgotten
        gc.collect()
        assert files.cat_file(f"{bucket}/a.txt") == b"old"
        with files.open(f"{bucket}/a.txt", "w", compression="gzip") as opened:
            opened.write(text)
        assert gzip.decompress(files.cat_file(f"{bucket}/a.txt")) == text.encode()
    uploads = s3_server.client().list_multipart_uploads(Bucket=bucket)
    assert "Uploads" not in uploads
