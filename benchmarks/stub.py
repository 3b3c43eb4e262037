"""Tiny images by the million, and a backbone that takes no time over them."""

import io
import itertools
import os
import random
import shutil
from pathlib import Path

from PIL import Image

from benchmarks.exports import EXPORTS, run_apart
from fruit_features.backbone.source import source_key
from fruit_features.datasets.backbone_dataset import BackboneDataset

# A light backbone's, which takes one image at a time.
ALPHA = 0.35
INPUT_SIZE = 32
PICTURES = 36
LABELS = 1_000
# File systems bound the links to a file: ext4 to 65,000.
LINKS = 30_000


def make_images(folder: Path, count: int) -> None:
    """Fill a folder with labelled JPEG files; few are files, the rest links to them.

    Args:
        folder: The folder to make; what it held is removed.
        count: How many images.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for label in range(LABELS):
        (folder / f"label_{label:03}").mkdir(parents=True)
    pictures = itertools.cycle(_pictures())
    sources: dict[int, tuple[Path, int]] = {}
    for number in range(count):
        which, content = next(pictures)
        path = folder / f"label_{number % LABELS:03}" / f"{number:07}.jpg"
        source, links = sources.get(which, (path, LINKS))
        if links >= LINKS:
            path.write_bytes(content)
            sources[which] = path, 1
        else:
            os.link(source, path)
            sources[which] = source, links + 1


def seed_stub(data: Path, weights: Path) -> None:
    """Make a stub's weights and put its export where a run looks for it.

    Args:
        data: The run's data folder.
        weights: The file to make for ``backbone.weights``: never read as weights,
            since its export is there.
    """
    weights.write_bytes(b"the weights of a stub")
    key = source_key(str(weights), ALPHA, INPUT_SIZE)
    path = data / EXPORTS / f"{key}.tflite"
    run_apart(_export_stub, weights.name, str(path))


def _export_stub(weights: str, path: str) -> None:
    from fruit_features.backbone.export import export_backbone
    from fruit_features.backbone.mobilenet import quiet_tensorflow

    quiet_tensorflow()
    import keras

    model = keras.Sequential(
        [
            keras.Input((INPUT_SIZE, INPUT_SIZE, 3)),
            keras.layers.AveragePooling2D(8),
            keras.layers.Flatten(),
            keras.layers.Dense(1280),
        ]
    )
    BackboneDataset(filepath=path).save(export_backbone(model, weights, ALPHA))


def _pictures() -> list[tuple[int, bytes]]:
    """Draw some pictures of noise, each as large as a thumbnail."""
    drawn = []
    for which in range(PICTURES):
        noise = random.Random(which).randbytes(8 * 8 * 3)
        picture = Image.frombytes("RGB", (8, 8), noise).resize((INPUT_SIZE, INPUT_SIZE))
        file = io.BytesIO()
        picture.save(file, "JPEG")
        drawn.append((which, file.getvalue()))
    return drawn
