"""Atomic file writes: a file appears whole or not at all, even after a kill."""

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import fsspec
from fsspec.compression import compr
from fsspec.core import get_compression
from fsspec.implementations.local import LocalFileOpener, LocalFileSystem

TEXT = ("encoding", "errors", "newline")


def write_whole_files() -> None:
    """Make local writes through fsspec atomic."""
    for protocol in ("file", "local"):
        fsspec.register_implementation(protocol, WholeFileSystem, clobber=True)


class WholeFiles(fsspec.AbstractFileSystem):
    """Mixin for a file system whose files are committed by ``close`` or discarded.

    fsspec closes a file, also below text and compression layers, even after an error in
    its ``with`` block: that would commit a truncated file.
    """

    def open(  # noqa: PLR0913, PLR0917  As fsspec has it.
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: dict[str, Any] | None = None,
        compression: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Open a file as fsspec does; discard it if an error closes it."""
        if mode.strip("bt") != "w":
            return super().open(
                path, mode, block_size, cache_options, compression, **kwargs
            )
        text = {name: kwargs.pop(name) for name in TEXT if name in kwargs}
        layers = [super().open(path, "wb", block_size, cache_options, **kwargs)]
        packed = get_compression(path, compression)
        if packed:
            layers.append(compr[packed](layers[0], mode="w"))
        if "b" not in mode:
            layers.append(io.TextIOWrapper(layers[-1], **text))
        return _WholeFile(layers)


class WholeFileSystem(WholeFiles, LocalFileSystem):
    """Writes to a temporary file and renames it on close.

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
        return _PartialFile(path, fs=self, **kwargs)


class _PartialFile(LocalFileOpener):
    def __init__(self, path: str, fs: LocalFileSystem, **kwargs: Any) -> None:
        self._place = Path(path)
        # A fixed name, so that leftovers of a killed run are overwritten.
        partial = self._place.with_name(f".{self._place.name}.partial")
        super().__init__(str(partial), "wb", fs=fs, **kwargs)

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.replace(self.path, self._place)

    def discard(self) -> None:
        self.f.close()
        os.remove(self.path)


class _WholeFile:
    """A file to write (first layer) below compression and text (last layer).

    Discarded if closed during an exception raised since it was opened, or never closed.
    """

    def __init__(self, layers: list[Any]) -> None:
        self.closed = False
        self._layers = layers
        self._before = sys.exc_info()[1]
        self._forgotten = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layers[-1], name)

    def __enter__(self) -> "_WholeFile":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._forgotten = True
        self.close()

    def _dealloc_warn(self, _: object) -> None:
        # Python calls it when a text layer is collected without having been closed.
        self._forgotten = True

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self._forgotten or sys.exc_info()[1] is not self._before:
            self._discard()
            return
        try:
            # A text layer closes the layer below even if its flush fails: flush first.
            for layer in reversed(self._layers[1:]):
                if not layer.closed:
                    layer.flush()
                    layer.close()
            self._layers[0].close()
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        file, *others = self._layers
        with contextlib.suppress(Exception):
            file.discard()
            file.closed = True  # s3fs does not set it.
        for layer in reversed(others):
            with contextlib.suppress(Exception):
                layer.close()
