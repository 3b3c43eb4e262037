from pathlib import Path

import fsspec
import pytest

from fruit_features.datasets.replacement import replacing, restore

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


def test_remote_folders_are_written_in_place() -> None:
    memory = fsspec.filesystem("memory")
    with replacing(memory, "/bucket/table") as folder:
        assert folder == "/bucket/table"
