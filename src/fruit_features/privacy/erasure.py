"""Carry out an erasure in idempotent steps."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from posixpath import commonprefix
from typing import Any

from kedro.io.core import generate_timestamp

from fruit_features.exceptions import ErasureError
from fruit_features.privacy.documents import documents_with, erase_in_reports
from fruit_features.privacy.models import models_with
from fruit_features.privacy.refusals import Refusal, attempt, delete_files
from fruit_features.privacy.remains import (
    Names,
    clear_partial_files,
    erase_logs,
    erase_site,
    files_naming,
)
from fruit_features.privacy.selection import Selection
from fruit_features.privacy.storage import Storage, delete_images
from fruit_features.privacy.tables import RowsOf, erase_rows
from fruit_features.privacy.targets import PAGE, PLOT, ROWS, Target
from fruit_features.privacy.versions import Versions
from fruit_features.storage.s3 import Place, place_of

OF_NO_DATASET = "names such a photo and is no dataset of the catalog: see to it"


@dataclass(frozen=True)
class Journal:
    """An erasure in progress, kept to resume it if it is killed.

    Attributes:
        id: Identifies it and its receipt; a version in Kedro's format.
        begun: When, in ISO 8601.
        asked_by: Who asked for it.
        asked_for: How many patterns, labels and names were given.
        keys: The photos; kept only here, and only until the end.
        raw: Whether their files are deleted too.
        lines: For each ``dataset`` its ``place``, how many rows, files or mentions
            were ``found``, and in how many ``files``.
        models: The models that were fitted or trained on them.
    """

    id: str
    begun: str
    asked_by: str
    asked_for: dict[str, int]
    keys: list[str]
    raw: bool
    lines: list[dict[str, Any]]
    models: list[dict[str, Any]]


def plan(
    storage: Storage, selection: Selection, *, asked_by: str, raw: bool
) -> Journal:
    """Find what would be erased, with ``raw`` the photos' files too; writes nothing.

    Raises:
        ErasureError: If no photo is asked for, or none is found.
    """
    if not selection:
        message = (
            "no photo is named, and no erasure was killed; name photos by "
            "--path <pattern>, --label <label> or --list <file>"
        )
        raise ErasureError(message)
    photos = storage.find(selection, raw=raw)
    if not photos:
        message = (
            "no such photo is left in the data, nor in the folder of images; paths and "
            "labels are those of `image_listing`, and a pattern needs a * for what may "
            "be there"
        )
        raise ErasureError(message)
    targets = [*storage.derived, *(storage.folders if raw else [])]
    holding = [(target, storage.holding(target, photos)) for target in targets]
    return Journal(
        id=generate_timestamp(),
        begun=_now(),
        asked_by=asked_by,
        asked_for=selection.counts(),
        keys=sorted(photos),
        raw=raw,
        lines=[
            {
                "dataset": target.name,
                "place": target.address,
                "found": sum(files.values()),
                "files": len(files),
            }
            for target, files in holding
            if files
        ],
        models=models_with(storage, photos),
    )


def carry_out(
    storage: Storage,
    journal: Journal,
    render: Callable[[], object],
    say: Callable[[str], object],
) -> dict[str, Any]:
    """Do every step from the first on; what is done already takes no time.

    The data must be locked.

    Args:
        storage: Where photos are.
        journal: The erasure, as stored in ``pending_erasure``.
        render: Redraws plot and page of the last run.
        say: Receives a line for each step.

    Returns:
        The receipt, which is kept: what, where, how many, when, asked by whom. It
        identifies photos only by the hash of the erasure list.
    """
    keys = set(journal.keys)
    erased = storage.erasure_list()
    erased.add(keys)
    storage.write("erasure_list", erased.stored())
    storage.look_again()
    pages, refused = take_out(storage.derived, keys, render, say)
    for folder in storage.folders if journal.raw else []:
        refused += delete_images(folder, keys)
        say(f"{folder.name}: done")
    names = Names(keys)
    clear_partial_files(storage.filesystem, storage.root)
    logs = erase_logs(storage.filesystem, storage.logs, names)
    previews = erase_site(storage.project, names)
    others = files_naming(storage.filesystem, storage.other_files(), names)
    refused += [Refusal(file, OF_NO_DATASET) for file in others]
    versions, kept = _purge(storage, keys, raw=journal.raw)
    receipt = {
        "id": journal.id,
        "asked_by": journal.asked_by,
        "asked_for": journal.asked_for,
        "begun": journal.begun,
        "finished": _now(),
        "photos": sorted(map(erased.hash_of, keys)),
        "raw_files": "erased" if journal.raw else "not asked for",
        "datasets": journal.lines,
        "pages": pages,
        "logs_and_previews": [*logs, *previews],
        "versions_and_uploads": versions,
        "models": journal.models,
        "refused": [
            hidden(refusal, keys, erased.hash_of)._asdict()
            for refusal in [*refused, *kept]
        ],
    }
    _finish(storage, receipt)
    return receipt


def take_out(
    targets: Iterable[Target],
    keys: Collection[str],
    render: Callable[[], object],
    say: Callable[[str], object] = str,
) -> tuple[list[str], list[Refusal]]:
    """Remove photos from tables and reports, then from plots and pages.

    A plot or page that still shows a photo when redrawn, as its run's tables are gone,
    is deleted.

    Returns:
        What was deleted whole, and what was refused.
    """
    removed, refused = [], []
    drawn = [target for target in targets if target.kind in (PLOT, PAGE)]
    for target in targets:
        if target not in drawn:
            erase = partial(erase_in_reports, target, keys)
            if target.kind == ROWS:
                erase = partial(erase_rows, target, RowsOf(keys))
            refused += attempt(target.address, erase)
            say(f"{target.name}: done")
    render()
    for target in drawn:
        files = list(documents_with(target, keys))
        stay = delete_files(target.filesystem, files)
        removed += sorted({*files} - {refusal.place for refusal in stay})
        refused += stay
        say(f"{target.name}: done")
    return removed, refused


def _purge(storage: Storage, keys: set[str], *, raw: bool) -> tuple[int, list[Refusal]]:
    """Delete older versions and unfinished uploads of data on S3."""
    folders = [place for each in storage.folders if (place := place_of(each.address))]
    root = place_of(storage.address)
    purged = [_purge_results(root, folders)] if root else []
    if raw:
        purged += [_purge_photos(folder, keys) for folder in folders]
    refused = [refusal for versions in purged for refusal in versions.refused]
    return sum(versions.gone for versions in purged), refused


def _purge_results(root: Place, folders: list[Place]) -> Versions:
    """Delete all but the current versions, except in folders of images."""
    below = root.key("")
    images = [folder.key("") for folder in folders if folder.bucket == root.bucket]
    spared = tuple(prefix for prefix in images if prefix.startswith(below))
    versions = Versions(root)
    versions.delete(
        below, lambda key, is_current: not is_current and not key.startswith(spared)
    )
    return versions


def _purge_photos(folder: Place, keys: set[str]) -> Versions:
    """Delete all versions of given photos' files."""
    wanted = {folder.key(key) for key in keys}
    versions = Versions(folder)
    versions.delete(commonprefix(list(wanted)), lambda key, _: key in wanted)
    return versions


def hidden(
    refusal: Refusal, keys: Collection[str], hash_of: Callable[[str], str]
) -> Refusal:
    """Replace the name of a photo by its hash; of several the longest."""
    key = refusal.place
    while "/" in key:
        key = key.partition("/")[2]
        if key in keys:
            name = f"<{hash_of(key)}>"
            return Refusal(*(said.replace(key, name) for said in refusal))
    return refusal


def _finish(storage: Storage, receipt: dict[str, Any]) -> None:
    """Keep the receipt and delete the journal, which names the photos."""
    storage.write("erasure_receipts", receipt, version=receipt["id"])
    journal = storage.datasets["pending_erasure"]
    storage.filesystem.rm_file(journal.path)
    if place := place_of(journal.address):
        versions = Versions(place)
        versions.delete(place.prefix, lambda key, _: key == place.prefix)
        if versions.refused:
            receipt["refused"] += [each._asdict() for each in versions.refused]
            storage.write("erasure_receipts", receipt, version=receipt["id"])


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")
