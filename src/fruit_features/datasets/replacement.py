"""Replace a folder atomically: a killed run leaves the old or the new one.

Locally the new folder is renamed. S3 cannot rename: a marker in the new folder commits
it, and S3 then copies its files to their place. Readers of the catalog check the
marker; others may see files of both folders during the copy. Paths have no protocol.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from fruit_features.internals import bare_path

# The last file of a new folder on S3; it commits the folder.
MARKER = "_WRITTEN"


@contextlib.contextmanager
def replacing(filesystem: Any, path: str) -> Iterator[str]:
    """Yield a folder to write to, which then replaces ``path``."""
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
    """Return the folder to read: on S3, a committed one may not be copied yet."""
    new = _beside(path, "new")
    if not _renames(filesystem):
        return new if filesystem.exists(f"{new}/{MARKER}") else path
    restore(filesystem, path)
    return path


def restore(filesystem: Any, path: str) -> None:
    """Complete or roll back a replacement that was killed."""
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
    # The marker first: without it, the rest is ignored.
    filesystem.rm_file(f"{new}/{MARKER}")
    filesystem.rm(new, recursive=True)


def _renames(filesystem: Any) -> bool:
    return "file" in filesystem.protocol


def _beside(path: str, state: str) -> str:
    parent, name = path.rstrip("/").rsplit("/", 1)
    return f"{parent}/_{name}.{state}"
