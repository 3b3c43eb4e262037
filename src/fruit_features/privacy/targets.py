"""The datasets of the catalog that hold photos or data derived from them."""

from typing import Any, NamedTuple

import fsspec
from kedro.framework.context import KedroContext
from kedro.io.core import get_protocol_and_path

# The values of `erasure:` in an entry's metadata.
FILES, ROWS, REPORT, PLOT, PAGE = KINDS = ("files", "rows", "report", "plot", "page")

# Files read or deleted in parallel, to hide the latency of storage.
THREADS = 16


class Target(NamedTuple):
    """A dataset that is a file or a folder.

    Attributes:
        name: Of the catalog.
        kind: How it holds photos: as ``files``; as ``rows`` of Parquet with an
            ``image_key``; named in a ``report`` of JSON, a ``plot`` or a ``page``;
            empty if it holds none.
        retention: The period it is kept for: ``images``, ``features``, ``logs``; empty
            for none.
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
        """Return the files of a single-file dataset, all versions included."""
        if not self.versioned:
            return [self.path] if self.filesystem.exists(self.path) else []
        name = self.path.rsplit("/", 1)[-1]
        return [f for f in self.filesystem.find(self.path) if f.endswith(f"/{name}")]


def target_of(name: str, declared: dict[str, Any], project: str) -> Target:
    """Build a target from a catalog entry: creating the dataset would load Spark.

    Local paths are relative to ``project``.
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
    """Return the catalog's datasets that are a file or a folder, by name."""
    return {
        name: target_of(name, declared, str(context.project_path))
        for name, declared in context.config_loader["catalog"].items()
        if isinstance(declared, dict) and "filepath" in declared
    }
