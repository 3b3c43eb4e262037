"""``ImageFolderDataset`` lists the images below a folder, local or on S3."""

import datetime as dt
import logging
import os
import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

from fruit_features.exceptions import ImageFolderError

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

COLUMNS = ["image_key", "path", "label", "length", "modification_time"]

# When a file was written of which its file system does not say.
UNKNOWN = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)

# What says that an image is the one an earlier run saw.
IDENTITY = ["image_key", "path", "length", "modification_time"]

# A run leaves its state in its data folder before it lists the images, and writes to
# these folders of it: what lies in them, such as plots, is no image of the user's.
RUN_STATE = "08_reporting/run_state.json"
RESULTS = (
    "02_intermediate",
    "04_feature",
    "06_models",
    "07_model_output",
    "08_reporting",
)


class ImageFolderDataset(AbstractDataset[Any, "pd.DataFrame"]):
    """Lists every image below a folder ``<label>/<file>``, however deep.

    The list is made without Spark: its ``binaryFile`` source leaves out empty
    files, names that begin with ``_`` or ``.`` and, under ``LC_ALL=C``, names
    beyond ASCII. Here nothing is left out: what cannot be read is listed too and
    told later, in the quarantine. Only what runs have written is no image, where their
    data folder lies in this one, or is this one.

    Columns: ``image_key`` (the path below the folder), ``path`` (see ``real_place``),
    ``label`` (the name of the folder the file lies in), ``length`` (bytes) and
    ``modification_time`` (UTC), sorted by ``image_key``.

    Example for the catalog::

        raw_images:
          type: fruit_features.datasets.image_folder_dataset.ImageFolderDataset
          filepath: data/01_raw/images

    Example in Python::

        >>> folder = tmp_path / "Apple"
        >>> folder.mkdir()
        >>> _ = (folder / "1.JPG").write_bytes(b"...")
        >>> listing = ImageFolderDataset(filepath=str(tmp_path)).load()
        >>> listing[["image_key", "label", "length"]].values.tolist()
        [['Apple/1.JPG', 'Apple', 3]]
    """

    EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp")

    def __init__(
        self,
        *,
        filepath: str,
        optional: bool = False,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the folder; nothing is read yet.

        Args:
            filepath: The folder, a local path or a URL such as ``s3://bucket/key``.
            optional: Whether a folder that is not there lists as empty.
            credentials: Given to the fsspec file system.
            fs_args: Further arguments of the fsspec file system.
            metadata: Ignored; for tools that read the catalog.
        """
        protocol, path = get_protocol_and_path(str(filepath))
        self._protocol, self._path = protocol, path.rstrip("/") or "/"
        self._optional = optional
        self._fs = fsspec.filesystem(protocol, **(credentials or {}), **(fs_args or {}))
        # As the file system spells it, and as every spelling of it ends up.
        self._root = str(self._fs._strip_protocol(self._path)).rstrip("/")
        named = self._root if protocol == "file" else f"{protocol}://{self._root}"
        self._real_root = _as_unicode(real_place(named)).rstrip("/")
        self.metadata = metadata

    def load(self) -> "pd.DataFrame":
        """List the images.

        Raises:
            ImageFolderError: If there is no such folder, or no image in it.
        """
        # Whoever asks for the files alone does without.
        import numpy as np
        import pandas as pd

        found = self._find()
        rows = [self._row(path, info) for path, info in found.items()]
        if not rows and not self._optional:
            message = (
                f"no image in {self._path!r}: looked at all its folders for files "
                f"that end in {' '.join(self.EXTENSIONS)} (in any case)"
            )
            raise ImageFolderError(message)
        listing = pd.DataFrame(rows, columns=COLUMNS)
        listing["length"] = listing["length"].astype("int64")
        # By way of numpy: pandas' own conversion ends with the year 2262.
        times = [t.replace(tzinfo=None) for t in listing["modification_time"]]
        stamps = pd.DatetimeIndex(np.array(times, "datetime64[us]"))
        listing["modification_time"] = stamps.tz_localize("UTC")
        return listing.sort_values("image_key", ignore_index=True)

    def files(self) -> dict[str, str]:
        """List the images' places, as the file system takes them, by key."""
        return {self._key(_as_unicode(path)): path for path in self._find()}

    def save(self, data: Any) -> None:
        """Refuse: the images belong to the user."""
        message = f"{type(self).__name__} only reads; it does not write {self._path!r}"
        raise ImageFolderError(message)

    def _find(self) -> dict[str, dict[str, Any]]:
        self._fs.invalidate_cache()
        if self._protocol == "file":
            there = self._fs.isdir(self._path)
            found = _find_local(self._fs._strip_protocol(self._path)) if there else {}
        else:
            # A page of 1,000 names is one request. S3 has no folders, only names, and
            # an object that stands for a folder ends in a slash.
            found = self._fs.find(self._path, detail=True, withdirs=False)
            there = bool(found)
        if not there:
            if self._optional:
                return {}
            message = (
                f"no such folder of images: {self._path!r}; name one with "
                "make run IMAGES=<folder> or kedro run --params images=<folder>"
            )
            raise ImageFolderError(message)
        results = _results(found)
        # Folders named like an image are no images; what lies in them may be.
        return {
            path: info
            for path, info in found.items()
            if path.lower().endswith(self.EXTENSIONS) and not path.startswith(results)
        }

    def _row(self, path: str, info: dict[str, Any]) -> tuple[Any, ...]:
        path = _as_unicode(path)
        address = self._real_root + path[len(_as_unicode(self._root)) :]
        label = posixpath.basename(posixpath.dirname(address))
        return self._key(path), address, label, info.get("size") or 0, changed_at(info)

    def _key(self, path: str) -> str:
        return path[len(_as_unicode(self._root)) :].lstrip("/")

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path, "protocol": self._protocol}

    def _exists(self) -> bool:
        return bool(self._fs.isdir(self._path))


def changed_at(info: dict[str, Any]) -> dt.datetime:
    """Return when a file was written last, of what an fsspec file system says of it."""
    changed = info.get("LastModified") or info.get("mtime") or UNKNOWN
    if not isinstance(changed, dt.datetime):
        changed = dt.datetime.fromtimestamp(changed, tz=dt.timezone.utc)
    return changed.astimezone(dt.timezone.utc)


def real_place(folder: str) -> str:
    """Return the one spelling of a folder: no links and no ``..``, S3 as ``s3a://``."""
    if folder.startswith("s3://"):
        return folder.replace("s3", "s3a", 1)
    return folder if "://" in folder else os.path.realpath(folder)


def folder_of(images: "pd.DataFrame") -> str:
    """Return the folder that a listing is of, without a slash at its end."""
    last = images.iloc[-1]
    return str(last["path"]).removesuffix(str(last["image_key"])).rstrip("/")


def _results(found: Iterable[str]) -> tuple[str, ...]:
    """Return what paths of runs' results begin with, among the files of a folder."""
    states = [path for path in found if path.endswith(f"/{RUN_STATE}")]
    places = [state.removesuffix(RUN_STATE) for state in states]
    for place in places:
        logger.info("the results of runs in %s are left out: they are no images", place)
    return tuple(f"{place}{folder}/" for place in places for folder in RESULTS)


def _find_local(root: str) -> dict[str, dict[str, Any]]:
    """List all files; fsspec leaves out folders that are links."""
    found: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    for folder, names, files in os.walk(root, followlinks=True, onerror=_refuse):
        real = os.path.realpath(folder)
        if real in seen:
            names.clear()  # A link that leads in a circle.
            continue
        seen.add(real)
        for file in files:
            path = os.path.join(folder, file)
            info = _info(path)
            if info:
                found[path] = {"size": info.st_size, "mtime": info.st_mtime}
    return found


def _refuse(error: OSError) -> None:
    """End the listing: what does not open would be left out, and count as deleted."""
    if isinstance(error, FileNotFoundError):
        return  # Deleted while the listing was made.
    message = (
        f"cannot open {error.filename!r}: {error.strerror}; give the right to read it "
        "and its folder, or move it out of the folder of images"
    )
    raise ImageFolderError(message) from error


def _info(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        try:
            return os.lstat(path)  # The target of a link is gone: told later.
        except OSError as error:
            _refuse(error)
    return None  # Deleted while the listing was made.


def _as_unicode(path: str) -> str:
    r"""Spell the bytes of a name that is not UTF-8 as ``\xNN``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
