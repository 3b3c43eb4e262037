"""The files below a folder of images, without the leftovers of programs."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from fruit_features.exceptions import ImageFolderError

Objects = dict[str, dict[str, Any]]
Files = Iterator[tuple[str, dict[str, Any]]]

# Files and folders that programs leave behind, and which program. Case is ignored; a
# final star matches any end. Other names with _ or . are the user's own.
LEFTOVERS = {
    "._*": "macOS on disks of others: AppleDouble, a file's attributes",
    "__MACOSX": "macOS, archives: AppleDouble",
    ".AppleDouble": "Netatalk: AppleDouble",
    ".DS_Store": "macOS, Finder",
    ".Spotlight-V100": "macOS, search",
    ".fseventsd": "macOS, log of changes",
    ".DocumentRevisions-V100": "macOS, older versions",
    ".TemporaryItems": "macOS",
    ".Trashes": "macOS, trash",
    ".Trash": "macOS and freedesktop.org, trash",
    ".Trash-*": "freedesktop.org, trash of a user",
    ".trashed-*": "Android, a file in the trash",
    ".pending-*": "Android, a file that is not whole yet",
    ".thumbnails": "freedesktop.org and Android, small copies",
    "$RECYCLE.BIN": "Windows, trash",
    "RECYCLER": "Windows XP, trash",
    "System Volume Information": "Windows",
    "Thumbs.db": "Windows, small copies",
    "desktop.ini": "Windows, looks of a folder",
    "@eaDir": "Synology, small copies",
    "#recycle": "Synology, trash",
    "#snapshot": "Synology, snapshots",
    ".@__thumb": "QNAP, small copies",
    "@Recycle": "QNAP, trash",
    "@Recently-Snapshot": "QNAP, snapshots",
    ".snapshot": "NetApp, snapshots",
    ".snapshots": "Snapper, snapshots",
    ".zfs": "ZFS, snapshots",
    "lost+found": "ext4, what fsck finds",
    ".picasaoriginals": "Picasa, photos before an edit",
    ".dropbox.cache": "Dropbox",
    ".stversions": "Syncthing, older versions",
    ".ipynb_checkpoints": "Jupyter, copies",
    ".git": "Git",
    ".svn": "Subversion",
    ".dvc": "DVC",
}
_BY_NAME = {name.lower(): name for name in LEFTOVERS}
_BY_START = {name[:-1]: name for name in _BY_NAME if name.endswith("*")}
_STARTS = tuple(_BY_START)

# Nested links to folders; folders full of links to each other have n! paths.
MOST_LINKS = 5


class Found(NamedTuple):
    """Images, and counts of other files by extension and of leftovers by name."""

    images: Objects
    endings: "Counter[str]"
    leftovers: "Counter[str]"

    def others(self) -> str:
        """Describe the other files for a message."""
        counts = _by_count(self.endings)
        said = [
            f"{count:,} {ascii(end)[1:-1] or 'without an ending'}"
            for end, count in counts[:9]
        ]
        if rest := sum(count for _, count in counts[9:]):
            said.append(f"{rest:,} with other endings")
        if total := self.leftovers.total():
            counts = _by_count(self.leftovers)
            names = ", ".join(f"{count:,} {name}" for name, count in counts)
            said.append(f"{total:,} left over by other programs ({names})")
        return ", ".join(said)


def _by_count(counts: "Counter[str]") -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def local_files(root: str, skipped: "Counter[str] | None") -> Files:
    """Yield all files below a folder, following links unless they make a cycle.

    Leftovers are counted by name in ``skipped``; with ``None``, they are yielded too.

    Raises:
        ImageFolderError: If a folder cannot be opened or links are nested too deeply.
    """
    # Each with the folders of the links that it was reached through.
    folders: list[tuple[str, tuple[str, ...]]] = [(root, ())]
    while folders:
        folder, links = folders.pop()
        for entry in _entries(folder):
            if skipped is not None and (name := _leftover(entry.name)):
                skipped[name] += 1
            elif not _is_folder(entry):
                yield entry.path, {}
            elif not entry.is_symlink():
                folders.append((entry.path, links))
            else:
                target = os.path.realpath(entry.path)
                on_way = (*links, os.path.realpath(folder))
                if any(os.path.commonpath([target, on]) == target for on in on_way):
                    continue  # A cycle.
                if len(on_way) > MOST_LINKS:
                    message = (
                        f"{entry.path!r} leads through more than {MOST_LINKS} links to "
                        "folders; remove links that lead to folders of links"
                    )
                    raise ImageFolderError(message)
                folders.append((entry.path, on_way))


def _entries(folder: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []  # Deleted while the listing was made.
    except OSError as error:
        raise cannot_open(error) from error


def cannot_open(error: OSError) -> ImageFolderError:
    """Return the error for what does not open: skipped, it would count as deleted."""
    return ImageFolderError(
        f"cannot open {error.filename!r}: {error.strerror}; give the right to read it "
        "and its folder, or move it out of the folder of images"
    )


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # A link to itself.


def _leftover(name: str) -> str | None:
    """Return the entry of `LEFTOVERS` that a name matches."""
    name = name.lower()
    if name.startswith(_STARTS):
        return next(_BY_START[each] for each in _STARTS if name.startswith(each))
    return _BY_NAME.get(name)


def own_files(root: str, objects: Objects, skipped: "Counter[str] | None") -> Files:
    """Yield objects of S3 except leftovers; a folder of these counts once, as locally.

    ``root`` ends with a slash; ``skipped`` is that of ``local_files``.
    """
    if skipped is None:
        yield from objects.items()
        return
    seen = set()
    for path, info in objects.items():
        parts = path.removeprefix(root).split("/")
        names = enumerate(map(_leftover, parts), 1)
        depth, name = next((found for found in names if found[1]), (0, None))
        if name is None:
            yield path, info
        elif (top := "/".join(parts[:depth])) not in seen:
            seen.add(top)
            skipped[name] += 1
