"""One file's bytes, or why there are none; what happens to it since it was listed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from fruit_features.workers.packing import Content
from fruit_features.workers.reading import read_file
from tests.corpus import MAX_BYTES, Kind, on_disk

SOUND = b"x" * 500
NEITHER = "neither a file nor a link to one"


def read(path: Path | str, length: int = len(SOUND), max_bytes: int = 1000) -> Content:
    return read_file(str(path), length, max_bytes)


def pipe_in_its_place(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


def file_in_place_of_its_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as it was listed."""
    path = tmp_path / "apple" / "1.jpg"
    path.parent.mkdir()
    path.write_bytes(SOUND)
    return path


def test_bytes_are_those_of_the_file(path: Path) -> None:
    assert read(path) == Content(SOUND, None, None)


@pytest.mark.parametrize("kind", on_disk(), ids=lambda kind: kind.name)
def test_kinds_on_disk(tmp_path: Path, kind: Kind) -> None:
    path = kind.put(tmp_path)
    length = path.stat().st_size if path.exists() else 0
    content = read(path, length, MAX_BYTES)
    assert content.reason == kind.reason
    assert (content.bytes is None) == bool(kind.reason)
    assert kind.detail in (content.detail or "")


class TestSinceItWasListed:
    @pytest.mark.parametrize(
        ("change", "detail"),
        [
            (Path.unlink, "gone, or a link to a file that is gone"),
            (folder_in_its_place, NEITHER),
            (pipe_in_its_place, NEITHER),
            (file_in_place_of_its_folder, "NotADirectoryError: Not a directory"),
        ],
    )
    def test_it_went(
        self, path: Path, change: Callable[[Path], None], detail: str
    ) -> None:
        change(path)
        assert read(path) == Content(None, "unreadable", detail)

    # Its row keeps the listed length and time: the next run does it again.
    @pytest.mark.parametrize("now", [b"", SOUND[:10], SOUND * 2])
    def test_it_shrank_or_grew(self, path: Path, now: bytes) -> None:
        path.write_bytes(now)
        assert read(path) == Content(now, None, None)

    def test_it_grew_beyond_bounds(self, path: Path) -> None:
        os.truncate(path, 10**12)  # A hole: it takes no space.
        detail = "1,000,000,000,000 bytes, more than ingestion.max_bytes=1,000"
        assert read(path) == Content(None, "too_large", detail)

    def test_it_goes_while_it_is_read(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read_bytes = Path.read_bytes

        def read_a_moment_later(file: Path) -> bytes:
            file.unlink()
            return read_bytes(file)

        monkeypatch.setattr(Path, "read_bytes", read_a_moment_later)
        assert read(path).reason == "unreadable"


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "detail"),
        [
            (PermissionError(13, "Permission denied"), "Permission denied"),
            # As s3fs raises it: all that is said is in the message.
            (PermissionError("Access Denied"), "Access Denied"),
            (TimeoutError(110, "Connection timed out"), "Connection timed out"),
        ],
    )
    def test_say_what_the_storage_says(
        self, monkeypatch: pytest.MonkeyPatch, error: OSError, detail: str
    ) -> None:
        def fail(*args: object) -> bytes:
            raise error

        monkeypatch.setattr(MemoryFileSystem, "cat_file", fail)
        found = f"{type(error).__name__}: {detail}"
        assert read("memory://bucket/1.jpg") == Content(None, "unreadable", found)

    def test_remote_file_that_went(self) -> None:
        assert read("memory://bucket/no such.jpg").reason == "unreadable"


class TestTooLarge:
    def test_exactly_max_bytes_is_fine(self, path: Path) -> None:
        assert read(path, max_bytes=500).bytes == SOUND

    def test_remote_file_is_not_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(MemoryFileSystem, "cat_file")
        assert read("memory://bucket/1.jpg", 1001) == Content(
            None, "too_large", "1,001 bytes, more than ingestion.max_bytes=1,000"
        )
