"""Writing a folder anew while its readers keep the old one.

What is written takes the place of what was there at one moment, and whenever a run
is killed, the one or the other is there. On a disk a folder is renamed. S3 renames
nothing: there a marker in the new folder says that it counts from now on, and then
its files are copied to their place, by S3 itself. Readers of the catalog look for the
marker; others see files of both, if they look while they are copied.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from fruit_features.internals import bare_path

# The last file of a new folder on S3; from here on it counts.
MARKER = "_WRITTEN"


@contextlib.contextmanager
def replacing(filesystem: Any, path: str) -> Iterator[str]:
    """Hand out a folder to write to; when it is written, it takes the place of another.

    Args:
        filesystem: The fsspec file system of the folder.
        path: The folder to replace, without protocol.
    """
    new = _beside(path, "new")
    restore(filesystem, path)
    if filesystem.exists(new):
        filesystem.rm(new, recursive=True)
    yield new
    if _renames(filesystem):
        _rename(filesystem, path)
    else:
        filesystem.pipe_file(f"{new}/{MARKER}", b"")
        _copy(filesystem, path)


def current_place(filesystem: Any, path: str) -> str:
    """Return where readers find a folder: on S3 a new one may be on its way.

    Args:
        filesystem: The fsspec file system of the folder.
        path: The folder, without protocol.
    """
    new = _beside(path, "new")
    if not _renames(filesystem):
        return new if filesystem.exists(f"{new}/{MARKER}") else path
    restore(filesystem, path)
    return path


def restore(filesystem: Any, path: str) -> None:
    """Bring a replacement that was killed to its end, or back to its beginning.

    Args:
        filesystem: The fsspec file system of the folder.
        path: The folder, without protocol.
    """
    if not _renames(filesystem):
        if filesystem.exists(f"{_beside(path, 'new')}/{MARKER}"):
            _copy(filesystem, path)
        return
    old = _beside(path, "old")
    if not filesystem.exists(old):
        return
    if filesystem.exists(path):
        filesystem.rm(old, recursive=True)
    else:
        filesystem.mv(old, path)


def _rename(filesystem: Any, path: str) -> None:
    new, old = _beside(path, "new"), _beside(path, "old")
    if filesystem.exists(path):
        filesystem.mv(path, old)
    filesystem.mv(new, path)
    if filesystem.exists(old):
        filesystem.rm(old, recursive=True)


def _copy(filesystem: Any, path: str) -> None:
    new = _beside(path, "new")
    files = [file for file in filesystem.find(new) if not file.endswith(MARKER)]
    prefix = bare_path(filesystem, new)
    places = [path + file.removeprefix(prefix) for file in files]
    before = filesystem.find(path)
    filesystem.copy(files, places)
    gone = set(before) - {bare_path(filesystem, place) for place in places}
    if gone:
        filesystem.rm(sorted(gone))
    # The marker first: what is left without it counts for nothing.
    filesystem.rm_file(f"{new}/{MARKER}")
    filesystem.rm(new, recursive=True)


def _renames(filesystem: Any) -> bool:
    return "file" in filesystem.protocol


def _beside(path: str, state: str) -> str:
    parent, name = path.rstrip("/").rsplit("/", 1)
    return f"{parent}/_{name}.{state}"
