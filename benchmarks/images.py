"""The folder of images that all contenders see."""

import os
import shutil
from pathlib import Path

from benchmarks.process_tree import BenchmarkError
from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.pipelines.ingestion.nodes import select_images


def choose_images(source: str, count: int, target: Path) -> Path:
    """Make a folder of the images that ``ingestion.limit`` would take.

    Only ``.jpg``, as the notebook's recipe finds no other.

    Args:
        source: A folder of labelled images.
        count: How many to take.
        target: The folder to make; what it held is removed.

    Raises:
        BenchmarkError: If there are not so many.
        ImageFolderError: If there is no such folder, or no image in it.
    """
    listing = ImageFolderDataset(filepath=source).load()
    listing = listing[listing["path"].str.endswith(".jpg")]
    if len(listing) < count:
        message = f"{source!r} holds {len(listing):,} .jpg images, not {count:,}"
        raise BenchmarkError(message)
    chosen = select_images(listing, count)
    shutil.rmtree(target, ignore_errors=True)
    for row in chosen[chosen["selected"]].itertuples():
        _link(Path(row.path), target / row.image_key)
    return target


def read_once(folder: Path) -> None:
    """Read every file, so that no contender is the one who waits for the disk."""
    for path in folder.rglob("*.jpg"):
        path.read_bytes()


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        # Another file system, or one without hard links.
        shutil.copy2(source, target)
