"""Find and delete what has outlived its retention period."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import pyarrow.compute as pc

from fruit_features.datasets.image_folder_dataset import UNKNOWN, changed_at
from fruit_features.privacy.erasure import take_out
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.privacy.refusals import Refusal, attempt, delete_files
from fruit_features.privacy.storage import Storage, delete_images, image_folder
from fruit_features.privacy.tables import (
    Rows,
    RowsOf,
    RowsUntil,
    erase_rows,
    files_with,
    read_columns,
)
from fruit_features.privacy.targets import FILES, ROWS, Target
from fruit_features.tables import KEY

EXPIRED = "expired_images@pandas"
MADE, CHANGED = "featurized_at", "modification_time"
# The tables that record the age of images.
DATED = ("images", "quarantine")
# The page, its sources, and what else is drawn from them.
SHOWN = ("projection_points", "projection_plot", "thumbnails", "run_report", "report")


class Due(NamedTuple):
    """What of a dataset has outlived its retention period.

    Attributes:
        name: Of the dataset, or of the folder of logs.
        kind: Of retention: ``images``, ``features``, ``logs``.
        place: Its address.
        found: How many files, rows or mentions.
        files: In how many files.
        remove: Deletes them and returns the refusals.
    """

    name: str
    kind: str
    place: str
    found: int
    files: int
    remove: Callable[[], list[Refusal]]


def due(
    storage: Storage,
    retention: RetentionParameters,
    now: dt.datetime,
    render: Callable[[], object],
) -> list[Due]:
    """Find what has outlived its retention period, in order of deletion.

    Writes nothing. What records an age is deleted after what was derived from it, so
    that a killed deletion can be repeated. ``render`` redraws plot and page of the last
    run.
    """
    finders: dict[str, Callable[[Storage, dt.datetime], Iterator[Due]]] = {
        "images": partial(_images, render=render),
        "features": _features,
        "logs": _logs,
    }
    limits = retention.limits(now)
    found = [each for kind in limits for each in finders[kind](storage, limits[kind])]
    return [each for each in found if each.found]


def _images(
    storage: Storage, limit: dt.datetime, render: Callable[[], object]
) -> Iterator[Due]:
    """Find images: what shows them, their packed pixels, their files."""
    targets = storage.kept_as("images")
    files = {
        each.name: _old_files(each, limit) for each in targets if each.kind == FILES
    }
    keys = set().union(*files.values())
    for target in targets:
        if target.name in DATED:
            keys |= _keys(target, RowsUntil(CHANGED, limit))
    shown = [storage.datasets[name] for name in SHOWN]
    # The tables that record an age come first in the catalog, and go last.
    for target in reversed(targets):
        if target.kind == FILES:
            old = files[target.name]
            remove = partial(delete_images, target, old)
            yield _line(target, dict.fromkeys(old, 1), remove)
        elif target.kind == ROWS:
            yield _rows(target, RowsOf(keys))
        elif keys:
            # Only with keys: which photos an older page shows is unknown.
            found = storage.holding(target, keys)
            yield _line(target, found, lambda: take_out(shown, keys, render)[1])


def _old_files(folder: Target, limit: dt.datetime) -> set[str]:
    listing = image_folder(folder).load()
    times = listing[CHANGED]
    return set(listing[KEY][(times > UNKNOWN) & (times <= limit)])


def _features(storage: Storage, limit: dt.datetime) -> Iterator[Due]:
    """Find features, and names of expired images without younger features."""
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
    """Read the keys of a table, of the given rows or (``invert``) of all others."""
    keys: set[str] = set()
    for table in read_columns(target, [KEY, *([rows.column] if rows else [])]):
        found = table.column(KEY)
        if rows:
            meant = rows.are(table.column(rows.column))
            found = found.filter(pc.invert(meant) if invert else meant)
        keys.update(found.to_pylist())
    return keys


def _logs(storage: Storage, limit: dt.datetime) -> Iterator[Due]:
    """Find Spark's logs, and the reports and pages of earlier runs."""
    for target in storage.kept_as("logs"):
        kept = set(target.documents()) & set(_old(storage, target.path, limit))
        # Each version has its own folder.
        folders = sorted(file.rsplit("/", 1)[0] for file in kept)
        remove = partial(_delete_folders, storage.filesystem, folders)
        yield _line(target, dict.fromkeys(kept, 1), remove)
    logs = _old(storage, storage.logs, limit)
    remove = partial(delete_files, storage.filesystem, logs)
    yield Due("logs", "logs", storage.logs, len(logs), len(logs), remove)


def _old(storage: Storage, folder: str, limit: dt.datetime) -> list[str]:
    """List the old files of a folder; those of unknown age stay."""
    found = storage.filesystem.find(folder, detail=True)
    return [f for f, info in found.items() if UNKNOWN < changed_at(info) <= limit]


def _delete_folders(filesystem: Any, folders: list[str]) -> list[Refusal]:
    refused = []
    for folder in folders:
        refused += attempt(folder, partial(filesystem.rm, folder, recursive=True))
    return refused


def _rows(target: Target, rows: Rows) -> Due:
    remove = partial(attempt, target.address, partial(erase_rows, target, rows))
    return _line(target, files_with(target, rows), remove)


def _line(
    target: Target, files: dict[str, int], remove: Callable[[], list[Refusal]]
) -> Due:
    name = target.name.partition("@")[0]
    found = sum(files.values())
    return Due(name, target.retention, target.address, found, len(files), remove)
