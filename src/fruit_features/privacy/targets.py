"""The datasets of the catalog that hold photos, or something that was made of them."""

from typing import Any, NamedTuple

import fsspec
from kedro.framework.context import KedroContext
from kedro.io.core import get_protocol_and_path

# What `erasure:` in an entry's metadata may say.
FILES, ROWS, REPORT, PLOT, PAGE = KINDS = ("files", "rows", "report", "plot", "page")

# Files looked at, or deleted, at a time: hides the latency of storage.
THREADS = 16


class Target(NamedTuple):
    """A dataset that is a file or a folder.

    Attributes:
        name: Of the catalog.
        kind: How it holds photos: as ``files``; as ``rows`` of Parquet with an
            ``image_key``; named in a ``report`` of JSON, a ``plot`` or a ``page``;
            empty if it holds none.
        retention: Which days limit how long it is kept: ``images``, ``features``,
            ``logs``; empty for none.
        filesystem: The fsspec file system of its place.
        path: Its file or folder, without protocol.
        address: The same with protocol, as the catalog spells it.
        versioned: Whether Kedro keeps versions of it.
    """

    name: str
    kind: str
    retention: str
    filesystem: Any
    path: str
    address: str
    versioned: bool

    def documents(self) -> list[str]:
        """Return the files of a dataset that is one file, in all its versions."""
        if not self.versioned:
            return [self.path] if self.filesystem.exists(self.path) else []
        name = self.path.rsplit("/", 1)[-1]
        return [f for f in self.filesystem.find(self.path) if f.endswith(f"/{name}")]


def target_of(name: str, declared: dict[str, Any], project: str) -> Target:
    """Take a dataset as the catalog declares it, without making it: that loads Spark.

    Args:
        name: Of the catalog.
        declared: Its entry.
        project: The folder that local places are relative to.
    """
    protocol, path = get_protocol_and_path(str(declared["filepath"]))
    if protocol == "file" and not path.startswith("/"):
        path = f"{project}/{path}"
    marks = declared.get("metadata") or {}
    return Target(
        name,
        marks.get("erasure", ""),
        marks.get("retention", ""),
        fsspec.filesystem(protocol),
        path.rstrip("/"),
        path if protocol == "file" else f"{protocol}://{path}",
        bool(declared.get("versioned")),
    )


def targets_of(context: KedroContext) -> dict[str, Target]:
    """Return the datasets of the catalog that are a file or a folder, by name."""
    return {
        name: target_of(name, declared, str(context.project_path))
        for name, declared in context.config_loader["catalog"].items()
        if isinstance(declared, dict) and "filepath" in declared
    }
