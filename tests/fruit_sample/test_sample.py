from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fruit_sample import writing
from fruit_sample.fruit import KINDS
from fruit_sample.rendering import SIZE
from fruit_sample.writing import contact_sheet, write_sample

# Far apart in shape and quick to draw.
FEW = tuple(kind for kind in KINDS if kind.name in {"Banana", "Lemon", "Cherry"})
LABELS = [kind.label for kind in KINDS]
IMAGES = 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sample of all kinds; tests only read it."""
    folder = tmp_path_factory.mktemp("whole")
    assert write_sample(folder, images_per_label=IMAGES) == IMAGES * len(KINDS)
    return folder


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make samples of a few kinds only, to save time."""
    monkeypatch.setattr(writing, "KINDS", FEW)


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(float)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_there_are_enough_kinds_and_all_are_called_generated() -> None:
    assert len(set(LABELS)) == len(LABELS) >= 14
    assert all(label.endswith(" (generated)") for label in LABELS)


def test_every_label_has_its_images_and_nothing_else(whole: Path) -> None:
    images = {f"{label}/{n}.jpg" for label in LABELS for n in range(IMAGES)}
    assert set(contents(whole)) == images | {"GENERATED.json"}


@pytest.mark.parametrize("label", LABELS)
def test_image_is_a_fruit_on_white(whole: Path, label: str) -> None:
    path = whole / label / "0.jpg"
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (SIZE, SIZE))
    picture = pixels(path)
    for row, column in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert picture[row, column].min() > 240
    fruit = picture.min(axis=2) < 225
    assert 0.25 < fruit.mean() < 0.90
    rows, columns = np.flatnonzero(fruit.any(axis=1)), np.flatnonzero(fruit.any(axis=0))
    # The longer side fills the frame, and the fruit is in the middle of it.
    assert max(np.ptp(rows), np.ptp(columns)) > 0.88 * SIZE
    for side in (rows, columns):
        assert abs(side[0] + side[-1] - (SIZE - 1)) <= 3


@pytest.mark.parametrize("label", LABELS)
def test_fruit_has_no_gaps(whole: Path, label: str) -> None:
    lightest = pixels(whole / label / "0.jpg").min(axis=2)
    around = [np.roll(lightest, step, axis) for step in (1, -1) for axis in (0, 1)]
    # Background shining through would be nearly white amid darker pixels; a few
    # are real, such as between the leaves of a pineapple.
    assert ((lightest > 215) & (np.max(around, axis=0) < 170)).sum() < 10


def test_record_says_what_was_made(whole: Path) -> None:
    record = json.loads((whole / "GENERATED.json").read_text())
    assert (record["seed"], record["images_per_label"]) == (0, IMAGES)
    assert record["labels"] == LABELS
    assert "not photographs" in record["note"]


def test_kinds_look_different(whole: Path) -> None:
    means = np.array([pixels(whole / label / "0.jpg").mean((0, 1)) for label in LABELS])
    apart = np.abs(means[:, None] - means[None]).max(axis=2)
    close = np.argwhere(np.triu(apart < 1, k=1))
    assert [(LABELS[i], LABELS[j]) for i, j in close] == []


@pytest.mark.usefixtures("few")
def test_seed_decides_every_byte(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 1)):
        write_sample(tmp_path / name, images_per_label=1, seed=seed)
    first, same, other = (contents(tmp_path / name) for name in "abc")
    assert first == same
    assert first.keys() == other.keys()
    assert all(first[name] != other[name] for name in first)


@pytest.mark.usefixtures("few")
def test_smaller_sample_is_the_start_of_a_larger_one(tmp_path: Path) -> None:
    write_sample(tmp_path / "small", images_per_label=2)
    write_sample(tmp_path / "large", images_per_label=4)
    small, large = contents(tmp_path / "small"), contents(tmp_path / "large")
    images = [name for name in small if name.endswith(".jpg")]
    assert len(images) == 2 * len(FEW)
    assert all(small[name] == large[name] for name in images)


@pytest.mark.usefixtures("few")
def test_fruit_turns_from_image_to_image(tmp_path: Path) -> None:
    write_sample(tmp_path, images_per_label=26)
    for kind in FEW:
        start, next_, quarter = (
            pixels(tmp_path / kind.label / f"{n}.jpg") for n in (0, 1, 25)
        )
        far = np.abs(quarter - start).mean()
        assert far > 4
        # One step is a small turn, a quarter of a revolution a large one.
        assert far > np.abs(next_ - start).mean()


@pytest.mark.usefixtures("few")
def test_complete_sample_is_left_alone(tmp_path: Path) -> None:
    assert write_sample(tmp_path, images_per_label=1) == len(FEW)
    victim = tmp_path / FEW[0].label / "0.jpg"
    victim.write_bytes(b"mine")
    assert write_sample(tmp_path, images_per_label=1) == 0
    assert victim.read_bytes() == b"mine"


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("change", [{"images_per_label": 1}, {"seed": 3}])
def test_other_request_is_made_anew(tmp_path: Path, change: dict[str, int]) -> None:
    first = {"images_per_label": 2, "seed": 0}
    write_sample(tmp_path / "changed", **first)
    assert write_sample(tmp_path / "changed", **(first | change)) > 0
    write_sample(tmp_path / "fresh", **(first | change))
    assert contents(tmp_path / "changed") == contents(tmp_path / "fresh")


@pytest.mark.usefixtures("few")
def test_interrupted_run_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def killed(*args: object) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return jpeg(*args)

    jpeg = writing._jpeg
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_jpeg", killed)
        with pytest.raises(KeyboardInterrupt):
            write_sample(tmp_path / "a", images_per_label=2)
    assert not (tmp_path / "a" / "GENERATED.json").exists()
    # A kill in the middle of a write leaves this behind.
    (tmp_path / "a" / FEW[1].label / ".partial").write_bytes(b"half a pic")
    assert write_sample(tmp_path / "a", images_per_label=2) == 2 * len(FEW)
    write_sample(tmp_path / "b", images_per_label=2)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.usefixtures("few")
def test_interrupted_change_does_not_claim_to_be_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sample(tmp_path, images_per_label=1, seed=0)

    def killed(*args: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_jpeg", killed)
    with pytest.raises(KeyboardInterrupt):
        write_sample(tmp_path, images_per_label=1, seed=1)
    assert not (tmp_path / "GENERATED.json").exists()


@pytest.mark.parametrize("count", [-1, 0, 1001])
def test_bad_count_is_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(ValueError, match=f"images_per_label must be .* not {count}"):
        write_sample(tmp_path / "none", images_per_label=count)
    assert not (tmp_path / "none").exists()


def test_bad_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seed must not be negative"):
        write_sample(tmp_path / "none", seed=-1)


def test_contact_sheet_shows_every_label(whole: Path) -> None:
    sheet = contact_sheet(whole, columns=2)
    assert sheet.mode == "RGB"
    assert sheet.width == 2 * SIZE
    rows = np.array_split(np.asarray(sheet), len(LABELS))
    assert all(row.shape[0] > SIZE for row in rows)
    # Both places in each row show a fruit.
    assert all((row[:, :SIZE] < 200).mean() > 0.1 for row in rows)
    assert all((row[:, SIZE:] < 200).mean() > 0.1 for row in rows)


def test_contact_sheet_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no pictures"):
        contact_sheet(tmp_path)
    with pytest.raises(ValueError, match="columns must be at least 1"):
        contact_sheet(tmp_path, columns=0)
