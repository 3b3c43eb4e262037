"""``StoredDataset``: base class of the datasets that are a file or a folder."""

from typing import Any, TypeVar

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

In = TypeVar("In")
Out = TypeVar("Out")


class StoredDataset(AbstractDataset[In, Out]):
    """A file or folder on an fsspec file system; subclasses read and write it."""

    def __init__(
        self,
        *,
        filepath: str,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the place; nothing is read yet.

        Args:
            filepath: A local path or a URL such as ``s3://bucket/key``.
            credentials: Given to the fsspec file system.
            fs_args: Further arguments of the fsspec file system.
            metadata: Ignored; for tools that read the catalog.
        """
        self._protocol, self._path = get_protocol_and_path(str(filepath))
        options = {**(credentials or {}), **(fs_args or {})}
        self._fs = fsspec.filesystem(self._protocol, **options)
        self.metadata = metadata

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path, "protocol": self._protocol}

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))
