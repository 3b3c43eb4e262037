"""What lies beside the datasets."""

import gzip
import html
import json
import time
from pathlib import Path
from urllib.parse import quote

import fsspec
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fruit_features.privacy.remains import (
    Names,
    clear_leftovers,
    clear_partial_files,
    erase_logs,
    erase_site,
    files_naming,
)
from fruit_features.privacy.targets import Target

FILES = fsspec.filesystem("file")
KEYS = st.text('ab1 /.&"é<%\\', min_size=1, max_size=12)


def table(folder: Path) -> Target:
    place = str(folder / "table")
    return Target("table", "rows", "", FILES, place, place, False)


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
    removed = erase_logs(FILES, f"{tmp_path}/logs", Names({"a/1.jpg"}))
    assert removed == sorted(f"{tmp_path}/logs/{name}" for name in [*logs][:3])
    left = {log for log in (tmp_path / "logs").rglob("*") if log.is_file()}
    assert left == {tmp_path / "logs" / name for name in [*logs][3:]}


def test_a_site_that_shows_a_photo_goes(tmp_path: Path) -> None:
    node = tmp_path / "build/api/nodes/1"
    node.parent.mkdir(parents=True)
    node.write_text('["a/1.jpg"]')
    # Some other tool's folder is none of ours.
    assert erase_site(tmp_path, Names({"a/1.jpg"})) == []
    (tmp_path / "build/api/main").write_text("{}")
    assert erase_site(tmp_path, Names({"a/2.jpg"})) == []
    assert erase_site(tmp_path, Names({"a/1.jpg"})) == [str(tmp_path / "build")]
    assert not (tmp_path / "build").exists()


def spelled(key: str) -> list[str]:
    escaped = html.escape(key)
    return [key, escaped, quote(key), *(json.dumps(k)[1:-1] for k in (key, escaped))]


@given(st.sets(KEYS, min_size=1, max_size=6), st.data())
def test_the_same_are_found_as_one_by_one(keys: set[str], data: st.DataObject) -> None:
    forms = [form for key in sorted(keys) for form in spelled(key)]
    # Names, names that lack a letter, and other text.
    pieces = [*forms, *(form[1:] for form in forms), *(form[:-1] for form in forms)]
    drawn = st.lists(st.one_of(st.sampled_from(pieces), KEYS), max_size=8)
    text = "".join(data.draw(drawn)).encode()
    expected = any(form.encode() in text for form in forms)
    assert Names(keys).are_in(text) is expected
    assert not Names(set()).are_in(text)


def test_twenty_thousand_names_take_no_longer_than_the_text() -> None:
    keys = {f"Apple {n % 131}/IMG {n}_100.jpg" for n in range(20_000)}
    said = [f"<td>Pear {n % 131}/IMG {n}_100.jpg</td>" for n in range(10_000)]
    text = (" " * 160).join(said).encode()
    began = time.monotonic()
    assert not Names(keys).are_in(text)
    assert Names(keys).are_in(text + b"Apple%200/IMG%200_100.jpg")
    # One by one it is some minutes.
    assert time.monotonic() - began < 10
