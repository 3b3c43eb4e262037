"""What lies beside the datasets."""

import gzip
from pathlib import Path

import fsspec
import pandas as pd
import pytest

from fruit_features.erasure.names import Names
from fruit_features.privacy.remains import (
    clear_leftovers,
    clear_partial_files,
    erase_logs,
    erase_site,
    files_naming,
)
from fruit_features.privacy.targets import Target

FILES = fsspec.filesystem("file")


def table(folder: Path) -> Target:
    place = str(folder / "table")
    return Target("table", "rows", FILES, place, place, False, {})


def put(folder: Path, name: str, *keys: str) -> Path:
    file = folder / "table" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"image_key": keys}).to_parquet(file)
    return file


def test_what_killed_runs_left_goes_or_is_finished(tmp_path: Path) -> None:
    kept = put(tmp_path, "a.parquet", "a")
    put(tmp_path, "_temporary/0/x.parquet", "b")
    put(tmp_path, "p=1/__magic_job/y.parquet", "b")
    put(tmp_path, "../_table.new/z.parquet", "b")
    begun = put(tmp_path, "_kept-1/begun.parquet", "b")
    finished = put(tmp_path, "_kept-2/finished.parquet", "c")
    finished.with_name("_replaced.json").write_text('["old.parquet"]')
    old = put(tmp_path, "old.parquet", "b", "c")
    clear_leftovers(table(tmp_path))
    assert not begun.exists()
    assert not old.exists()
    names = {file.name for file in tmp_path.rglob("*.parquet")}
    assert names == {kept.name, "finished.parquet"}


def test_half_a_file_goes(tmp_path: Path) -> None:
    (tmp_path / ".report.html.partial").write_text("a/1.jpg")
    (tmp_path / "report.html").write_text("whole")
    clear_partial_files(FILES, str(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    "spelled",
    [
        'a/<b> & é".jpg',
        "a/&lt;b&gt; &amp; é&quot;.jpg",
        "a/%3Cb%3E%20%26%20%C3%A9%22.jpg",
        '{"key": "a/<b> & \\u00e9\\".jpg"}',
    ],
)
def test_names_are_found_in_any_spelling(tmp_path: Path, spelled: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"other/1.jpg\n{spelled}\n")
    names = [str(file)]
    assert files_naming(FILES, names, Names({'a/<b> & é".jpg'})) == names
    assert files_naming(FILES, names, Names({"a/b.jpg"})) == []


def test_logs_that_name_a_photo_go(tmp_path: Path) -> None:
    said = b"a/1.jpg: cannot be read\n" * 99
    logs = {
        "spark-events/application_1": said,
        "emr/j-1/steps/s-1/stderr.gz": gzip.compress(said),
        # Of a node that was taken away.
        "emr/j-1/containers/c-1/stderr.gz": gzip.compress(said)[:-12],
        "emr/j-1/steps/s-2/stderr.gz": gzip.compress(b"a/2.jpg\n"),
        "emr/j-1/steps/s-3/stderr.gz": b"\x1f\x8b no gzip",
    }
    for name, content in logs.items():
        log = tmp_path / "logs" / name
        log.parent.mkdir(parents=True)
        log.write_bytes(content)
    removed = erase_logs(FILES, str(tmp_path), Names({"a/1.jpg"}))
    assert removed == sorted(f"{tmp_path}/logs/{name}" for name in [*logs][:3])
    left = {log for log in (tmp_path / "logs").rglob("*") if log.is_file()}
    assert left == {tmp_path / "logs" / name for name in [*logs][3:]}


def test_a_site_that_shows_a_photo_goes(tmp_path: Path) -> None:
    node = tmp_path / "build/api/nodes/1"
    node.parent.mkdir(parents=True)
    node.write_text('["a/1.jpg"]')
    # Some other tool's folder is none of ours.
    assert erase_site(FILES, tmp_path, Names({"a/1.jpg"})) == []
    (tmp_path / "build/api/main").write_text("{}")
    assert erase_site(FILES, tmp_path, Names({"a/2.jpg"})) == []
    assert erase_site(FILES, tmp_path, Names({"a/1.jpg"})) == [str(tmp_path / "build")]
    assert not (tmp_path / "build").exists()
