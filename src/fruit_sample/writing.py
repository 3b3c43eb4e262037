"""Writing the sample pictures, and laying them out on one sheet."""

from __future__ import annotations

import io
import json
import os
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from fruit_sample.fruit import KINDS, Kind
from fruit_sample.rendering import SIZE, Pose, render
from fruit_sample.surfaces import build

MOST_IMAGES = 1000
"""Largest number of images per label."""

_DONE = "GENERATED.json"
_NOTE = "Generated pictures, not photographs; made by `kedro sample`"
_STEPS_PER_TURN = 100
_CAPTION = 14


def write_sample(folder: Path, *, images_per_label: int = 100, seed: int = 0) -> int:
    """Write pictures of every kind as <folder>/<label>/<number>.jpg.

    The same seed always gives the same files, and a smaller sample is the start
    of a larger one. A run that was interrupted can simply be repeated.

    Args:
        folder: Where to write; created if missing.
        images_per_label: How many pictures of each kind, from 1 to 1000.
        seed: Number that decides the patterns and poses.

    Returns:
        Number of images written; 0 if this sample is already complete.

    Raises:
        ValueError: If images_per_label or seed is out of range.
    """
    if not 1 <= images_per_label <= MOST_IMAGES:
        raise ValueError(
            f"images_per_label must be from 1 to {MOST_IMAGES}, not {images_per_label}"
        )
    if seed < 0:
        raise ValueError(f"seed must not be negative, not {seed}")
    done = folder / _DONE
    record = _record(images_per_label, seed)
    if done.is_file() and done.read_text(encoding="utf-8") == record:
        return 0
    # From here on the folder is changing, so it must not claim to be complete.
    done.unlink(missing_ok=True)
    for kind in KINDS:
        _write_kind(folder / kind.label, kind, images_per_label, seed)
    _replace(done, record.encode())
    return images_per_label * len(KINDS)


def contact_sheet(folder: Path, *, columns: int = 8) -> Image.Image:
    """Lay out several angles of every label, one row per label.

    Args:
        folder: A folder of labels, as `write_sample` makes it.
        columns: How many pictures per row.

    Returns:
        The sheet, with each label's name above its row.

    Raises:
        ValueError: If columns is below 1 or there are no pictures.
    """
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}")
    rows = {path.name: _numbered(path) for path in sorted(folder.iterdir())}
    rows = {name: images for name, images in rows.items() if images}
    if not rows:
        raise ValueError(f"no pictures in {folder}")
    tall = SIZE + _CAPTION
    sheet = Image.new("RGB", (columns * SIZE, len(rows) * tall), "white")
    draw = ImageDraw.Draw(sheet)
    for row, (name, images) in enumerate(rows.items()):
        draw.text((4, row * tall + 1), name, fill="black")
        shown = min(columns, len(images))
        for column in range(shown):
            with Image.open(images[column * len(images) // shown]) as image:
                sheet.paste(image, (column * SIZE, row * tall + _CAPTION))
    return sheet


def _record(images_per_label: int, seed: int) -> str:
    """What the last file says about a complete sample."""
    record = {
        "seed": seed,
        "images_per_label": images_per_label,
        "labels": [kind.label for kind in KINDS],
        "note": _NOTE,
    }
    return json.dumps(record, indent=2) + "\n"


def _write_kind(folder: Path, kind: Kind, count: int, seed: int) -> None:
    """Write all pictures of one kind, and drop those beyond the count."""
    folder.mkdir(parents=True, exist_ok=True)
    number = zlib.crc32(kind.name.encode())
    cloud = build(kind.parts, np.random.default_rng([seed, number]))
    for n in range(count):
        pose = _pose(kind, n, np.random.default_rng([seed, number, n]))
        _replace(folder / f"{n}.jpg", _jpeg(render(cloud, pose)))
    for extra in _numbered(folder)[count:]:
        extra.unlink()


def _pose(kind: Kind, n: int, rng: np.random.Generator) -> Pose:
    """Pose of image n: turned by n steps, slowly tilting, with a little jitter."""
    # The tilt takes longer than a turn, so a second turn shows other sides.
    tilt = kind.tilt + kind.swing * np.sin(2 * np.pi * n / (1.37 * _STEPS_PER_TURN))
    return Pose(
        spin=360 * n / _STEPS_PER_TURN,
        tilt=tilt + rng.normal(scale=1.5),
        roll=kind.roll + rng.normal(scale=2.0),
        fill=rng.uniform(0.92, 0.98),
        tint=rng.normal(1.0, 0.015, size=3) * rng.normal(1.0, 0.03),
    )


def _jpeg(picture: Image.Image) -> bytes:
    """Encode a picture."""
    buffer = io.BytesIO()
    # Full colour resolution keeps the white around a vivid fruit white.
    picture.save(buffer, "JPEG", quality=90, subsampling=0)
    return buffer.getvalue()


def _replace(path: Path, content: bytes) -> None:
    """Write a file in one step, so that nobody ever sees half of it."""
    # One name per folder: what an interrupted run left behind is overwritten.
    partial = path.parent / ".partial"
    partial.write_bytes(content)
    os.replace(partial, path)


def _numbered(folder: Path) -> list[Path]:
    """The pictures of one label in the order of their numbers."""
    images = [path for path in folder.glob("*.jpg") if path.stem.isdigit()]
    return sorted(images, key=lambda path: int(path.stem))
