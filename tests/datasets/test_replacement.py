from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from fruit_features.datasets.replacement import (
    MARKER,
    current_place,
    replacing,
    restore,
)

LOCAL = fsspec.filesystem("file")


def write(folder: str | Path, text: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "file").write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "table"


def test_takes_the_place_when_written(folder: Path) -> None:
    for text in ("first", "second"):
        with replacing(LOCAL, str(folder)) as aside:
            write(aside, text)
            assert text not in "".join(f.read_text() for f in folder.glob("*"))
        assert (folder / "file").read_text() == text
    assert list(folder.parent.iterdir()) == [folder]


def test_old_one_stays_when_writing_fails(folder: Path) -> None:
    write(folder, "old")
    with pytest.raises(ZeroDivisionError):
        with replacing(LOCAL, str(folder)) as aside:
            write(aside, "half")
            raise ZeroDivisionError
    assert (folder / "file").read_text() == "old"
    with replacing(LOCAL, str(folder)) as aside:
        assert not Path(aside).exists()
        write(aside, "new")
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("step", [1, 2])
def test_killed_between_the_moves_it_is_restored(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    write(folder, "old")
    moves = []
    move = LOCAL.mv

    def stop(*arguments: str) -> None:
        moves.append(arguments)
        if len(moves) == step:
            raise KeyboardInterrupt
        move(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(LOCAL, "mv", stop)
        with pytest.raises(KeyboardInterrupt):
            with replacing(LOCAL, str(folder)) as aside:
                write(aside, "new")
    restore(LOCAL, str(folder))
    assert (folder / "file").read_text() == "old"


def test_killed_before_the_old_one_is_deleted_it_is_done_then(folder: Path) -> None:
    write(folder, "new")
    write(folder.parent / "_table.old", "old")
    restore(LOCAL, str(folder))
    assert (folder / "file").read_text() == "new"
    assert list(folder.parent.iterdir()) == [folder]


@pytest.fixture
def remote() -> Iterator[MemoryFileSystem]:
    """Storage that renames nothing; tests/integration has S3 itself."""
    filesystem = MemoryFileSystem()
    # All of a process share one store.
    filesystem.store.clear()
    yield filesystem
    filesystem.store.clear()


def replace(filesystem: MemoryFileSystem, text: bytes) -> None:
    with replacing(filesystem, "/bucket/table") as folder:
        filesystem.pipe_file(f"{folder}/same", text)
        filesystem.pipe_file(f"{folder}/{text.decode()}", b"")


def remote_state(filesystem: MemoryFileSystem) -> tuple[bytes, list[str]]:
    place = current_place(filesystem, "/bucket/table")
    names = [file.rsplit("/", 1)[-1] for file in filesystem.find(place)]
    return filesystem.cat_file(f"{place}/same"), sorted({*names} - {MARKER})


def test_remote_one_takes_the_place_when_written(remote: MemoryFileSystem) -> None:
    for text in (b"first", b"second"):
        replace(remote, text)
        assert remote_state(remote) == (text, sorted([text.decode(), "same"]))
    assert len(remote.find("/bucket")) == 2


@pytest.mark.parametrize("step", ["pipe_file", "copy", "rm", "rm_file"])
def test_remote_one_is_the_old_or_the_new_whenever_killed(
    remote: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    replace(remote, b"old")

    def stop(path: Any, *rest: Any, **more: Any) -> Any:
        # Of what is written, the marker alone belongs to the replacement.
        if step == "pipe_file" and MARKER not in path:
            return MemoryFileSystem.pipe_file(remote, path, *rest, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(remote, step, stop)
        with pytest.raises(KeyboardInterrupt):
            replace(remote, b"new")
    text = b"old" if step == "pipe_file" else b"new"
    assert remote_state(remote) == (text, sorted([text.decode(), "same"]))
    restore(remote, "/bucket/table")
    assert remote_state(remote) == (text, sorted([text.decode(), "same"]))
    replace(remote, b"newer")
    assert remote_state(remote) == (b"newer", ["newer", "same"])
    assert len(remote.find("/bucket")) == 2
