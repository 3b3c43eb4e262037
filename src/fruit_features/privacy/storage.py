"""Where a context's data lies: the datasets, and all that lies beside them."""

import json
import posixpath
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import fsspec
from kedro.framework.context import KedroContext
from kedro.io.core import AbstractDataset

from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.privacy.documents import documents_with, photos_in
from fruit_features.privacy.erasure_list import ErasureList
from fruit_features.privacy.journal import Line
from fruit_features.privacy.models import fitted_with, trained_with
from fruit_features.privacy.remains import clear_leftovers
from fruit_features.privacy.selection import Photo, Selection
from fruit_features.privacy.tables import RowsOf, files_with, photos_of
from fruit_features.privacy.targets import (
    FILES,
    ROWS,
    Target,
    targets_of,
)
from fruit_features.privacy.versions import Versions
from fruit_features.storage.s3 import data_root, place_of

LISTINGS = ("training_listing", "held_out_listing")


class Storage:
    """Knows what is stored, finds photos in it; changes nothing but small files."""

    def __init__(self, context: KedroContext) -> None:
        """Look where the catalog says."""
        self._datasets = targets_of(context)
        holding = [target for target in self._datasets.values() if target.kind]
        self.folders = [target for target in holding if target.kind == FILES]
        self.derived = [target for target in holding if target.kind != FILES]
        self.journal = self._datasets["pending_erasure"]
        self.list = self._datasets["erasure_list"]
        self.receipts = self._datasets["erasure_receipts"]
        self.run_state = self._datasets["run_state"]
        # data/08_reporting/run_state.json
        self.root = data_root(self.run_state.path)
        self.filesystem = self.run_state.filesystem
        self.project = Path(context.project_path)
        self.local_files = fsspec.filesystem("file")

    def kept_as(self, kind: str) -> list[Target]:
        """Return what is kept for as many days as images, features or logs are."""
        return [each for each in self._datasets.values() if each.retention == kind]

    def look_again(self) -> None:
        """Let the next run look at everything, and fit anew."""
        self.save(self.run_state, {"fingerprint": None})

    def clear_leftovers(self) -> None:
        """Bring what killed runs have left of tables to its end, or remove it."""
        for target in self.derived:
            if target.kind == ROWS:
                clear_leftovers(target)

    def find(self, selection: Selection, *, raw: bool) -> dict[str, Photo]:
        """Find the photos that are asked for, by key, wherever any is left of them.

        Args:
            selection: What is asked for.
            raw: Whether older versions of files count that are gone.
        """
        found: dict[str, Photo] = {}
        for target in self.derived:
            named = photos_of if target.kind == ROWS else photos_in
            found = {**selection.of(named(target)), **found}
        for folder in self.folders:
            listed = raw_files(folder)
            of_files = [_photo(key, path) for key, path in listed.items()]
            if raw:
                of_files += [_photo(key, None) for key in _old_keys(folder)]
            found = {**selection.of(of_files), **found}
        return found

    def lines(self, keys: Iterable[str], *, raw: bool) -> list[Line]:
        """Count what is held of some photos, by dataset; nothing where nothing is.

        Args:
            keys: Of the photos.
            raw: Whether their files are counted.
        """
        wanted = set(keys)
        counted = [(target, self.holding(target, wanted)) for target in self.derived]
        for folder in self.folders if raw else []:
            files = [path for key, path in raw_files(folder).items() if key in wanted]
            counted.append((folder, dict.fromkeys(files, 1)))
        return [
            Line(target.name, target.address, sum(files.values()), len(files))
            for target, files in counted
            if files
        ]

    @staticmethod
    def holding(target: Target, keys: Collection[str]) -> dict[str, int]:
        """Return the files of a dataset that hold any of some photos, and how many."""
        if target.kind == ROWS:
            return files_with(target, RowsOf(keys))
        return documents_with(target, keys)

    def models(self, keys: Iterable[str]) -> list[dict[str, Any]]:
        """Name the models that have seen any of some photos."""
        wanted = set(keys)
        known = self._datasets
        return [
            *fitted_with(known["features"], known["pca_summary"], wanted),
            *trained_with([known[name] for name in LISTINGS], wanted),
        ]

    def erasure_list(self) -> ErasureList:
        """Return the list of what was erased before."""
        if not self.filesystem.exists(self.list.path):
            return ErasureList()
        return ErasureList(json.loads(self.filesystem.cat_file(self.list.path)))

    def save(self, place: Target, data: Any) -> None:
        """Write a small file of JSON."""
        path = place.path
        self.filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        self.filesystem.pipe_file(path, json.dumps(data, indent=2).encode())

    def other_files(self) -> list[str]:
        """Return all files of the data but those of users, and the journal."""
        places = [f"{folder.path}/" for folder in self.folders]
        raw = tuple(place for place in places if place.startswith(f"{self.root}/"))
        return [
            file
            for file in self.filesystem.find(self.root)
            if not file.startswith(raw) and file != self.journal.path
        ]


def raw_files(folder: Target) -> dict[str, str]:
    """List the files of a folder of images: keys, and places without protocol."""
    return image_folder(folder).files()


def image_folder(folder: Target) -> ImageFolderDataset:
    """Make the dataset of a folder of images, which need not be there."""
    declared = {**folder.declared, "filepath": folder.address, "optional": True}
    dataset = AbstractDataset.from_config(folder.name, declared)
    assert isinstance(dataset, ImageFolderDataset)  # noqa: S101  By its kind.
    return dataset


def _photo(key: str, path: str | None) -> Photo:
    label = posixpath.basename(posixpath.dirname(path or key))
    return Photo(key, label, path)


def _old_keys(folder: Target) -> Iterator[str]:
    """List files of S3 that are gone and of which a version is left."""
    place = place_of(folder.address)
    if place:
        prefix = place.key("")
        for key in Versions(place.bucket).keys(prefix):
            yield key.removeprefix(prefix)
