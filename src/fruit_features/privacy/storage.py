"""Where a project's data lies: its datasets and what is beside them."""

import json
import posixpath
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext

from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.privacy.documents import documents_with, photos_in
from fruit_features.privacy.erasure_list import ErasureList
from fruit_features.privacy.refusals import Refusal, delete_files
from fruit_features.privacy.remains import clear_leftovers
from fruit_features.privacy.selection import Photo, Selection
from fruit_features.privacy.tables import RowsOf, files_with, photos_of
from fruit_features.privacy.targets import FILES, ROWS, Target, targets_of
from fruit_features.privacy.versions import Versions
from fruit_features.storage.s3 import LOGS, data_root, place_of


class Storage:
    """The stored data: finds photos in it, and writes only small files.

    Attributes:
        datasets: Those of the catalog that are a file or a folder, by name.
        folders: Those of images.
        derived: Those derived from images.
        root: The folder of all results, without protocol.
        address: The same with protocol.
        logs: The folder of Spark's and EMR's logs.
        filesystem: That of the results.
        project: The project's folder.
    """

    def __init__(self, context: KedroContext) -> None:
        """Read the places from the catalog."""
        self.datasets = targets_of(context)
        holding = [target for target in self.datasets.values() if target.kind]
        self.folders = [target for target in holding if target.kind == FILES]
        self.derived = [target for target in holding if target.kind != FILES]
        state = self.datasets["run_state"]
        self.root, self.address = data_root(state.path), data_root(state.address)
        self.logs = f"{self.root}/{LOGS.rstrip('/')}"
        self.filesystem = state.filesystem
        self.project = Path(context.project_path)

    def read(self, name: str) -> Any:
        """Load a small JSON dataset; ``None`` if it is missing."""
        place = self.datasets[name].path
        if not self.filesystem.exists(place):
            return None
        return json.loads(self.filesystem.cat_file(place))

    def write(self, name: str, data: Any, version: str = "") -> None:
        """Save a small JSON dataset, or a version of it."""
        path = self.datasets[name].path
        if version:
            path = f"{path}/{version}/{posixpath.basename(path)}"
        self.filesystem.makedirs(posixpath.dirname(path), exist_ok=True)
        self.filesystem.pipe_file(path, json.dumps(data, indent=2).encode())

    def erasure_list(self) -> ErasureList:
        """Load the erasure list."""
        return ErasureList(self.read("erasure_list"))

    def kept_as(self, kind: str) -> list[Target]:
        """Return the datasets of a kind of retention: images, features or logs."""
        return [each for each in self.datasets.values() if each.retention == kind]

    def look_again(self) -> None:
        """Make the next run process everything and fit anew."""
        self.write("run_state", {"fingerprint": None})

    def clear_leftovers(self) -> None:
        """Complete or remove what killed runs left of tables."""
        for target in self.derived:
            if target.kind == ROWS:
                clear_leftovers(target)

    def find(self, selection: Selection, *, raw: bool) -> set[str]:
        """Find the keys of selected photos; ``raw`` adds versions of deleted files."""
        found: set[str] = set()
        for target in self.derived:
            named = photos_of if target.kind == ROWS else photos_in
            found |= selection.keys(named(target))
        for folder in self.folders:
            found |= selection.keys(_photos(folder, raw=raw))
        return found

    def holding(self, target: Target, keys: Collection[str]) -> dict[str, int]:
        """Count the given photos in each file of a dataset."""
        if target.kind == FILES:
            files = raw_files(target)
            return {path: 1 for key, path in files.items() if key in keys}
        if target.kind == ROWS:
            return files_with(target, RowsOf(keys))
        return documents_with(target, keys)

    def other_files(self) -> list[str]:
        """Return all files of the data except the users' and the journal."""
        raw = tuple(f"{folder.path}/" for folder in self.folders)
        inside = tuple(place for place in raw if place.startswith(f"{self.root}/"))
        journal = self.datasets["pending_erasure"].path
        return [
            file
            for file in self.filesystem.find(self.root)
            if not file.startswith(inside) and file != journal
        ]


def image_folder(folder: Target) -> ImageFolderDataset:
    """Return the dataset of a folder of images, which may be missing."""
    return ImageFolderDataset(filepath=folder.address, optional=True)


def raw_files(folder: Target) -> dict[str, str]:
    """Map the keys of a folder's images to their paths."""
    return image_folder(folder).files()


def delete_images(folder: Target, keys: Collection[str]) -> list[Refusal]:
    """Delete the files of given photos; return the refusals."""
    paths = [path for key, path in raw_files(folder).items() if key in keys]
    return delete_files(folder.filesystem, paths)


def _photos(folder: Target, *, raw: bool) -> Iterator[Photo]:
    """List the photos of a folder, with ``raw`` also those left as versions on S3."""
    for key, path in raw_files(folder).items():
        yield Photo(key, posixpath.basename(posixpath.dirname(path)), path)
    if raw and (place := place_of(folder.address)):
        for key in Versions(place).keys():
            name = key.removeprefix(place.key(""))
            yield Photo(name, posixpath.basename(posixpath.dirname(name)))
