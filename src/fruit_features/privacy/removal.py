"""What is older than it may be, and how it goes."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from fruit_features.datasets.image_folder_dataset import UNKNOWN, changed_at
from fruit_features.privacy.documents import erase_in_documents
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.privacy.refusals import Refusal, attempt, delete_files
from fruit_features.privacy.storage import Storage, image_folder, raw_files
from fruit_features.privacy.tables import (
    Rows,
    RowsOf,
    RowsUntil,
    erase_rows,
    files_with,
    read_columns,
)
from fruit_features.privacy.targets import FILES, ROWS, Target
from fruit_features.storage.s3 import LOGS
from fruit_features.tables import KEY

EXPIRED = "expired_images@pandas"
MADE, CHANGED = "featurized_at", "modification_time"
# Of the images' tables, those that know how old an image is.
DATED = ("images", "quarantine")


class Due(NamedTuple):
    """What of a dataset is older than it may be.

    Attributes:
        name: Of the dataset, or of the folder of logs.
        kind: Of what is kept: ``images``, ``features``, ``logs``.
        place: Its address.
        found: How many files, rows or mentions.
        files: In how many files.
        remove: Takes them away; gives what was refused.
    """

    name: str
    kind: str
    place: str
    found: int
    files: int
    remove: Callable[[], list[Refusal]]


def due(
    storage: Storage, retention: RetentionParameters, now: dt.datetime
) -> list[Due]:
    """Find what is older than it may be; nothing is written.

    In the order in which it is to go. Whoever is killed in between finds again what is
    left: that by which something is known to be old goes after what was made of it.

    Args:
        storage: Where it lies.
        retention: How long it is kept.
        now: The time that counts.
    """
    limits = retention.limits(now)
    finders = {"images": _images, "features": _features, "logs": _logs}
    found = [each for kind in limits for each in finders[kind](storage, limits[kind])]
    return [each for each in found if each.found]


def _images(storage: Storage, limit: dt.datetime) -> Iterator[Due]:
    """Find images: what shows them, their packed pixels, their files."""
    targets = storage.kept_as("images")
    folders = [target for target in targets if target.kind == FILES]
    of_folder = {folder.name: _old_files(folder, limit) for folder in folders}
    keys = set().union(*of_folder.values())
    for target in targets:
        if target.name in DATED:
            keys |= _keys(target, RowsUntil(CHANGED, limit))
    # What knows the age of an image comes first in the catalog, and goes last.
    for target in reversed(targets):
        if target.kind == FILES:
            old = of_folder[target.name]
            remove = partial(_delete_images, target, old)
            yield _line(target, len(old), len(old), remove)
        elif target.kind == ROWS:
            yield _rows(target, RowsOf(keys))
        else:
            # Of a page that names nobody it is unknown whom it shows.
            files = storage.holding(target, keys) if keys else {}
            step = partial(erase_in_documents, target, keys)
            remove = partial(attempt, target.address, step)
            yield _line(target, sum(files.values()), len(files), remove)


def _old_files(folder: Target, limit: dt.datetime) -> set[str]:
    listing = image_folder(folder).load()
    times = listing[CHANGED]
    return set(listing["image_key"][(times > UNKNOWN) & (times <= limit)])


def _delete_images(folder: Target, keys: set[str]) -> list[Refusal]:
    paths = [path for key, path in raw_files(folder).items() if key in keys]
    return delete_files(folder.filesystem, paths)


def _features(storage: Storage, limit: dt.datetime) -> Iterator[Due]:
    """Find features, and names of expired images that have none younger."""
    targets = {target.name: target for target in storage.kept_as("features")}
    expired = targets.pop(EXPIRED)
    old = RowsUntil(MADE, limit)
    for target in targets.values():
        yield _rows(target, old)
    without = _keys(expired) - _keys(targets["features"], old, invert=True)
    yield _rows(expired, RowsOf(without))


def _keys(
    target: Target, rows: Rows | None = None, *, invert: bool = False
) -> set[str]:
    """Read the keys of a table, of some of its rows or of all others."""
    keys: set[str] = set()
    for table in read_columns(target, [KEY, *([rows.column] if rows else [])]):
        found = table.column(KEY).to_pylist()
        if rows:
            meant = rows.are(table.column(rows.column)).to_pylist()
            found = [
                key
                for key, is_meant in zip(found, meant, strict=True)
                if is_meant != invert
            ]
        keys.update(found)
    return keys


def _logs(storage: Storage, limit: dt.datetime) -> Iterator[Due]:
    """Find Spark's logs, and the reports and pages of earlier runs."""
    filesystem = storage.filesystem
    for target in storage.kept_as("logs"):
        kept = set(target.documents())
        old = [file for file in _old(filesystem, target.path, limit) if file in kept]
        # Each version has a folder of its own.
        folders = [file.rsplit("/", 1)[0] for file in old]
        remove = partial(_delete_folders, filesystem, folders)
        yield _line(target, len(old), len(old), remove)
    folder = f"{storage.root}/{LOGS.rstrip('/')}"
    logs = _old(filesystem, folder, limit)
    remove = partial(delete_files, filesystem, logs)
    yield Due("logs", "logs", folder, len(logs), len(logs), remove)


def _old(filesystem: Any, folder: str, limit: dt.datetime) -> list[str]:
    if not filesystem.exists(folder):
        return []
    times = {
        file: changed_at(info)
        for file, info in filesystem.find(folder, detail=True).items()
    }
    # What nobody knows the age of stays.
    return [file for file, time in times.items() if UNKNOWN < time <= limit]


def _delete_folders(filesystem: Any, folders: list[str]) -> list[Refusal]:
    refused = []
    for folder in folders:
        refused += attempt(folder, partial(filesystem.rm, folder, recursive=True))
    return refused


def _rows(target: Target, rows: Rows) -> Due:
    files = files_with(target, rows)
    remove = partial(attempt, target.address, partial(erase_rows, target, rows))
    return _line(target, sum(files.values()), len(files), remove)


def _line(
    target: Target, found: int, files: int, remove: Callable[[], list[Refusal]]
) -> Due:
    name = target.name.partition("@")[0]
    return Due(name, target.retention, target.address, found, files, remove)
