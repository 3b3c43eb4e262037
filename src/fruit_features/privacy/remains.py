"""What lies beside datasets: halves of killed runs, logs, kedro-viz's site."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fruit_features.datasets.replacement import restore
from fruit_features.datasets.table_files import finish_rewrites
from fruit_features.erasure.names import Names
from fruit_features.internals import bare_path
from fruit_features.privacy.targets import Target
from fruit_features.storage.s3 import LOGS, gunzip

# Folders that Spark's committers write to before a file counts.
_UNFINISHED = ("_temporary", "__magic")

# No text: nothing in them names a photo, or (Parquet) only the catalog's own do.
_NO_TEXT = (".parquet", ".crc", ".png", ".tflite", ".keras", ".h5")

# Spark's logs may be packed: what they name cannot be seen.
_PACKED = (".zstd", ".lz4", ".lzf", ".snappy")

# Where `kedro viz build` puts its pages, and a file that only these have.
VIZ_SITE, VIZ_FILE = "build", "api/main"


def clear_leftovers(target: Target) -> None:
    """Bring what a killed run has left of a table to its end, or remove it."""
    filesystem, path = target.filesystem, target.path
    if filesystem.isfile(path):
        return
    restore(filesystem, path)
    parent, name = path.rsplit("/", 1)
    if filesystem.exists(f"{parent}/_{name}.new"):
        filesystem.rm(f"{parent}/_{name}.new", recursive=True)
    if not filesystem.exists(path):
        return
    finish_rewrites(filesystem, path)
    for folder in _folders(filesystem, path, _UNFINISHED):
        filesystem.rm(folder, recursive=True)


def clear_partial_files(filesystem: Any, root: str) -> None:
    """Remove what was being written when a run was killed; see ``whole_files``."""
    for file in filesystem.find(root):
        name = file.rsplit("/", 1)[-1]
        if name.startswith(".") and name.endswith(".partial"):
            filesystem.rm_file(file)


def erase_logs(filesystem: Any, root: str, names: Names) -> list[str]:
    """Remove logs that name any of some photos, or are packed as Spark does it.

    Returns:
        The logs that were removed.
    """
    # Of Spark, and of EMR, which packs its own by gzip.
    folder = f"{root}/{LOGS.rstrip('/')}"
    logs = filesystem.find(folder) if filesystem.exists(folder) else []
    packed = [log for log in logs if log.endswith(_PACKED)]
    named = files_naming(filesystem, set(logs) - set(packed), names)
    for log in (removed := sorted([*packed, *named])):
        filesystem.rm_file(log)
    return removed


def erase_site(filesystem: Any, project: Path, names: Names) -> list[str]:
    """Remove the site that kedro-viz has built, if it names any of some photos.

    Args:
        filesystem: That of local files.
        project: The project's folder.
        names: Of the photos.

    Returns:
        The site's folder, if it was removed.
    """
    site = str(project / VIZ_SITE)
    if not filesystem.exists(f"{site}/{VIZ_FILE}"):
        return []
    if not files_naming(filesystem, filesystem.find(site), names):
        return []
    filesystem.rm(site, recursive=True)
    return [site]


def files_naming(filesystem: Any, files: Iterable[str], names: Names) -> list[str]:
    """Find the files of text that name any of some photos, in whatever spelling."""
    return sorted(
        file
        for file in files
        if not file.endswith(_NO_TEXT)
        and names.are_in(gunzip(filesystem.cat_file(file)))
    )


def _folders(filesystem: Any, path: str, beginnings: tuple[str, ...]) -> list[str]:
    """Find folders below a path by how their names begin."""
    bare = bare_path(filesystem, path)
    found = set()
    for file in filesystem.find(path):
        parts = file[len(bare) + 1 :].split("/")[:-1]
        for number, part in enumerate(parts):
            if part.startswith(beginnings):
                found.add("/".join([bare, *parts[: number + 1]]))
                break
    return sorted(found)
