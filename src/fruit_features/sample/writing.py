"""Writing the sample pictures, and laying them out on one sheet."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from fruit_features.sample.fruit import KINDS, Kind
from fruit_features.sample.rendering import SIZE, Pose, render
from fruit_features.sample.surfaces import build

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
        ValueError: If images_per_label is out of range.
    """
    if not 1 <= images_per_label <= MOST_IMAGES:
        raise ValueError(
            f"images_per_label must be from 1 to {MOST_IMAGES}, not {images_per_label}"
        )
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
