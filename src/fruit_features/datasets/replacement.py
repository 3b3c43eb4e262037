"""Writing a folder anew while its readers keep the old one."""

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def replacing(filesystem: Any, path: str) -> Iterator[str]:
    """Hand out a folder to write to; when it is written, it takes the place of another.

    On local disks only: storage such as S3 cannot rename folders, and there the
    folder itself is handed out.

    Args:
        filesystem: The fsspec file system of the folder.
        path: The folder to replace, without protocol.
    """
    if "file" not in filesystem.protocol:
        yield path
        return
    new, old = _beside(path, "new"), _beside(path, "old")
    restore(filesystem, path)
    if filesystem.exists(new):
        filesystem.rm(new, recursive=True)
    yield new
    if filesystem.exists(path):
        filesystem.mv(path, old)
    filesystem.mv(new, path)
    if filesystem.exists(old):
        filesystem.rm(old, recursive=True)


def restore(filesystem: Any, path: str) -> None:
    """Bring back what a replacement that was killed had moved away.

    Args:
        filesystem: The fsspec file system of the folder.
        path: The folder, without protocol.
    """
    old = _beside(path, "old")
    if not filesystem.exists(old):
        return
    if filesystem.exists(path):
        filesystem.rm(old, recursive=True)
    else:
        filesystem.mv(old, path)


def _beside(path: str, state: str) -> str:
    parent, name = path.rstrip("/").rsplit("/", 1)
    return f"{parent}/_{name}.{state}"
