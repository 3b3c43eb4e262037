"""What lies beside the datasets: leftovers of killed runs, logs, kedro-viz's site."""

import html
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import fsspec

from fruit_features.datasets.replacement import restore
from fruit_features.datasets.table_files import finish_rewrites
from fruit_features.internals import bare_path
from fruit_features.privacy.targets import Target
from fruit_features.storage.s3 import gunzip

# Folders of Spark's committers, whose files are not committed.
_UNFINISHED = ("_temporary", "__magic")

# Not text: they name no photo, or (Parquet) are tables of the catalog.
_NO_TEXT = (".parquet", ".crc", ".png", ".tflite", ".keras", ".h5")

# Compressions of Spark's logs that cannot be searched.
_PACKED = (".zstd", ".lz4", ".lzf", ".snappy")

# Where `kedro viz build` writes its site, and a file that only such a site has.
VIZ_SITE, VIZ_FILE = "build", "api/main"

# Keys end in one of few extensions, of which these are the last letters.
_ENDING = 4


class Names:
    """Finds given photos in texts, in whatever spelling.

    Where one of their extensions ends, the text before it is looked up in a set, once
    per length of a name: the time does not grow with the number of photos.
    """

    def __init__(self, keys: Collection[str]) -> None:
        """Spell the photos' keys in all ways."""
        self._spelled = {
            form.encode("utf-8", "surrogatepass")
            for key in keys
            for form in _spellings(key)
        }
        self._lengths: dict[bytes, set[int]] = defaultdict(set)
        for form in self._spelled:
            self._lengths[form[-_ENDING:]].add(len(form))

    def are_in(self, text: bytes) -> bool:
        """Return whether a text names any of the photos."""
        return any(
            text[max(end - length, 0) : end] in self._spelled
            for ending, lengths in self._lengths.items()
            for end in _ends(text, ending)
            for length in lengths
        )


def _spellings(key: str) -> Iterator[str]:
    yield key
    yield html.escape(key)
    yield quote(key)
    yield json.dumps(key)[1:-1]
    yield json.dumps(html.escape(key))[1:-1]


def _ends(text: bytes, ending: bytes) -> Iterator[int]:
    start = text.find(ending)
    while start >= 0:
        yield start + len(ending)
        start = text.find(ending, start + 1)


def clear_leftovers(target: Target) -> None:
    """Complete or remove what killed runs left of a table."""
    filesystem, path = target.filesystem, target.path
    if filesystem.isfile(path):
        return
    restore(filesystem, path)
    parent, name = path.rsplit("/", 1)
    if filesystem.exists(f"{parent}/_{name}.new"):
        filesystem.rm(f"{parent}/_{name}.new", recursive=True)
    finish_rewrites(filesystem, path)
    for folder in _unfinished(filesystem, path):
        filesystem.rm(folder, recursive=True)


def _unfinished(filesystem: Any, path: str) -> list[str]:
    """Find the folders that Spark's committers left below a path."""
    root = bare_path(filesystem, path)
    found = set()
    for file in filesystem.find(path):
        parts = file.removeprefix(f"{root}/").split("/")[:-1]
        starts = [n for n, part in enumerate(parts, 1) if part.startswith(_UNFINISHED)]
        found |= {"/".join([root, *parts[:number]]) for number in starts[:1]}
    return sorted(found)


def clear_partial_files(filesystem: Any, root: str) -> None:
    """Remove the unfinished files of killed runs; see ``whole_files``."""
    for file in filesystem.find(root):
        name = file.rsplit("/", 1)[-1]
        if name.startswith(".") and name.endswith(".partial"):
            filesystem.rm_file(file)


def erase_logs(filesystem: Any, folder: str, names: Names) -> list[str]:
    """Delete the logs that name a photo or cannot be searched; return them."""
    logs = filesystem.find(folder)
    packed = [log for log in logs if log.endswith(_PACKED)]
    named = files_naming(filesystem, set(logs) - set(packed), names)
    for log in (removed := sorted([*packed, *named])):
        filesystem.rm_file(log)
    return removed


def erase_site(project: Path, names: Names) -> list[str]:
    """Delete the site that kedro-viz built if it names a photo; return its folder."""
    filesystem, site = fsspec.filesystem("file"), f"{project}/{VIZ_SITE}"
    built = filesystem.exists(f"{site}/{VIZ_FILE}")
    if not built or not files_naming(filesystem, filesystem.find(site), names):
        return []
    filesystem.rm(site, recursive=True)
    return [site]


def files_naming(filesystem: Any, files: Iterable[str], names: Names) -> list[str]:
    """Find the text files that name any of the photos."""
    return sorted(
        file
        for file in files
        if not file.endswith(_NO_TEXT)
        and names.are_in(gunzip(filesystem.cat_file(file)))
    )
