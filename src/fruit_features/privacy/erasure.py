"""The erasure itself: step by step, each of which may be done again."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from kedro.io.core import generate_timestamp

from fruit_features.erasure.names import Names
from fruit_features.exceptions import ErasureError
from fruit_features.privacy.documents import erase_in_documents
from fruit_features.privacy.journal import Journal
from fruit_features.privacy.refusals import Refusal, attempt, delete_files
from fruit_features.privacy.remains import (
    clear_partial_files,
    erase_logs,
    erase_site,
    files_naming,
)
from fruit_features.privacy.selection import Selection
from fruit_features.privacy.storage import Storage, raw_files
from fruit_features.privacy.tables import RowsOf, erase_rows
from fruit_features.privacy.targets import ROWS, Target
from fruit_features.privacy.versions import Versions
from fruit_features.storage.s3 import Place, data_root, place_of


class Erasure:
    """Erases the photos of a journal, whether it has just been begun or was killed."""

    def __init__(
        self, storage: Storage, journal: Journal, say: Callable[[str], object]
    ) -> None:
        """Take up an erasure; its data must be locked.

        Args:
            storage: Where photos are.
            journal: Which photos.
            say: Takes a line on each step.
        """
        self._storage, self._journal, self._say = storage, journal, say
        self._keys = set(journal.keys)
        self._refused: list[Refusal] = []

    def carry_out(self) -> dict[str, Any]:
        """Do every step, from the first on; what is done already takes no time.

        Returns:
            The receipt, which is kept: what, where, how many, when, asked by whom. It
            names no photo but by the hash of the erasure list.
        """
        storage = self._storage
        erased = storage.erasure_list()
        erased.add(self._keys)
        storage.save(storage.list, erased.stored())
        storage.look_again()
        for target in storage.derived:
            self._refused += attempt(target.address, partial(self._erase, target))
        if self._journal.raw:
            for folder in storage.folders:
                self._erase_files(folder)
        logs = self._remains()
        versions = self._behind_objects()
        receipt = {
            "id": self._journal.id,
            "asked_by": self._journal.asked_by,
            "asked_for": self._journal.asked_for,
            "begun": self._journal.begun,
            "finished": _now(),
            "photos": sorted(map(erased.hash_of, self._keys)),
            "raw_files": "erased" if self._journal.raw else "not asked for",
            "datasets": [vars(line) for line in self._journal.lines],
            "logs_and_previews": logs,
            "versions_and_uploads": versions,
            "models": self._journal.models,
            "refused": [refusal._asdict() for refusal in self._hidden(erased.hash_of)],
        }
        self._finish(receipt)
        return receipt

    def _erase(self, target: Target) -> None:
        if target.kind == ROWS:
            erase_rows(target, RowsOf(self._keys))
        else:
            erase_in_documents(target, self._keys)
        self._say(f"{target.name}: done")

    def _erase_files(self, folder: Target) -> None:
        paths = [p for key, p in raw_files(folder).items() if key in self._keys]
        self._refused += delete_files(folder.filesystem, paths)
        self._say(f"{folder.name}: done")

    def _remains(self) -> list[str]:
        """Erase what is beside the datasets; whoever else names photos is told."""
        storage, names = self._storage, Names(self._keys)
        clear_partial_files(storage.filesystem, storage.root)
        gone = [
            *erase_logs(storage.filesystem, storage.root, names),
            *erase_site(storage.local_files, storage.project, names),
        ]
        for file in files_naming(storage.filesystem, storage.other_files(), names):
            why = "names such a photo and is no dataset of the catalog: see to it"
            self._refused.append(Refusal(file, why))
        return gone

    def _behind_objects(self) -> int:
        """Delete older versions and unfinished uploads, where data lies on S3."""
        folders = [
            place for f in self._storage.folders if (place := place_of(f.address))
        ]
        count = 0
        root = place_of(data_root(self._storage.run_state.address))
        if root:
            raw = [p.key("") for p in folders if p.bucket == root.bucket]
            below = [prefix for prefix in raw if prefix.startswith(root.key(""))]
            count += self._purge(root, below)
        if self._journal.raw:
            count += sum(map(self._purge_photos, folders))
        return count

    def _purge(self, root: Place, raw: list[str]) -> int:
        versions, prefix = Versions(root.bucket), root.key("")
        count = versions.delete_old(prefix, raw)
        count += versions.abort_uploads(
            prefix, lambda key: not key.startswith(tuple(raw))
        )
        self._refused += versions.refused
        return count

    def _purge_photos(self, folder: Place) -> int:
        versions = Versions(folder.bucket)
        wanted = {folder.key(key) for key in self._keys}
        count = versions.delete_all(folder.key(""), wanted)
        count += versions.abort_uploads(folder.key(""), wanted.__contains__)
        self._refused += versions.refused
        return count

    def _hidden(self, hash_of: Callable[[str], str]) -> list[Refusal]:
        """Spell the photos in places that could not be erased by their hashes."""

        def hide(refusal: Refusal) -> Refusal:
            key = refusal.place
            # Of keys that end alike the longest is meant.
            while "/" in key:
                key = key.partition("/")[2]
                if key in self._keys:
                    name = f"<{hash_of(key)}>"
                    return Refusal(*(said.replace(key, name) for said in refusal))
            return refusal

        return [hide(refusal) for refusal in self._refused]

    def _finish(self, receipt: dict[str, Any]) -> None:
        """Keep the receipt, and forget the journal, which names the photos."""
        storage = self._storage
        name = storage.receipts.path.rsplit("/", 1)[-1]
        place = f"{storage.receipts.path}/{self._journal.id}/{name}"
        storage.save(storage.receipts._replace(path=place), receipt)
        storage.filesystem.rm_file(storage.journal.path)
        kept = place_of(storage.journal.address)
        if kept:
            versions = Versions(kept.bucket)
            versions.delete_all(kept.prefix, {kept.prefix})
            if versions.refused:
                receipt["refused"] += [each._asdict() for each in versions.refused]
                storage.save(storage.receipts._replace(path=place), receipt)


def plan(
    storage: Storage, selection: Selection, *, asked_by: str, raw: bool
) -> Journal:
    """Find what would be erased; nothing is written.

    Args:
        storage: Where it lies.
        selection: The photos.
        asked_by: Who asks for it.
        raw: Whether their files go as well.

    Raises:
        ErasureError: If no such photo is left anywhere.
    """
    photos = storage.find(selection, raw=raw)
    if not photos:
        message = (
            "no such photo is left in the data, nor in the folder of images; paths and "
            "labels are those of `image_listing`, and a pattern needs a * for what may "
            "be there"
        )
        raise ErasureError(message)
    return Journal(
        id=generate_timestamp(),
        begun=_now(),
        asked_by=asked_by,
        asked_for=selection.counts(),
        keys=sorted(photos),
        raw=raw,
        lines=storage.lines(photos, raw=raw),
        models=storage.models(photos),
    )


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")
