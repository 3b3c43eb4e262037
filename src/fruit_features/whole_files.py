"""Local files that appear whole or not at all, whenever the program is killed."""

import os
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileOpener, LocalFileSystem


def write_whole_files() -> None:
    """Let every dataset that writes through fsspec write whole files."""
    for protocol in ("file", "local"):
        fsspec.register_implementation(protocol, WholeFileSystem, clobber=True)


class WholeFileSystem(LocalFileSystem):
    """Writes a file beside its place and moves it there when it is closed.

    Storage such as S3 does so by itself.

    Example in Python::

        >>> import fsspec
        >>> write_whole_files()
        >>> with fsspec.open(f"{tmp_path}/a.txt", "w") as file:
        ...     _ = file.write("whole")
        ...     (tmp_path / "a.txt").exists()
        False
        >>> (tmp_path / "a.txt").read_text()
        'whole'
    """

    def _open(
        self, path: str, mode: str = "rb", block_size: int | None = None, **kwargs: Any
    ) -> Any:
        if mode != "wb":
            return super()._open(path, mode, block_size, **kwargs)
        path = self._strip_protocol(path)
        if self.auto_mkdir:
            self.makedirs(self._parent(path), exist_ok=True)
        return _WholeFile(path, fs=self, **kwargs)


class _WholeFile(LocalFileOpener):
    def __init__(self, path: str, fs: LocalFileSystem, **kwargs: Any) -> None:
        self._place = Path(path)
        # A fixed name: what a killed run left is written over.
        partial = self._place.with_name(f".{self._place.name}.partial")
        super().__init__(str(partial), "wb", fs=fs, **kwargs)

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.replace(self.path, self._place)

    def __exit__(self, *error: object) -> None:
        if error == (None, None, None):
            self.close()
        else:
            self.f.close()
            os.remove(self.path)
