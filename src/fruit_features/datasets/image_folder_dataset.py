"""``ImageFolderDataset`` lists the images below a folder, local or on S3."""

import datetime as dt
import logging
import os
import posixpath
from collections import Counter
from collections.abc import Iterable
from functools import cache
from shlex import quote
from typing import TYPE_CHECKING, Any

from fruit_features.datasets.image_files import (
    Found,
    cannot_open,
    local_files,
    own_files,
)
from fruit_features.datasets.stored_dataset import StoredDataset
from fruit_features.exceptions import ImageFolderError
from fruit_features.internals import bare_path
from fruit_features.tables import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

# Modification time if the file system has none.
UNKNOWN = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)

# Times that Spark, pandas, pyarrow and DuckDB all read. Older ones may be Julian to
# Spark, later ones overflow pandas' nanoseconds; network disks have files of 1601 and
# 30000.
EARLIEST = dt.datetime(1900, 1, 1, tzinfo=dt.timezone.utc)
LATEST = dt.datetime(2262, 4, 11, tzinfo=dt.timezone.utc)

# Marks the data folder of a run, which writes it first; images in these folders of it
# are plots and the like, not the user's.
RUN_STATE = "08_reporting/run_state.json"
RESULTS = (
    "02_intermediate",
    "04_feature",
    "06_models",
    "07_model_output",
    "08_reporting",
)


class ImageFolderDataset(StoredDataset[Any, "pd.DataFrame"]):
    """Lists every image below a folder ``<label>/<file>``, however deep.

    Unlike Spark's ``binaryFile``, it lists empty files, names that begin with ``_`` or
    ``.``, names beyond ASCII under ``LC_ALL=C``, and files that cannot be read.

    Skipped are other files and leftovers of programs (``image_files.LEFTOVERS``), which
    the log counts, and results of runs whose data folder is this one or below it. Links
    to folders are followed.

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
        self, *, filepath: str, optional: bool = False, **options: Any
    ) -> None:
        """Name the folder, a path or URL; ``optional`` lists a missing one as empty."""
        super().__init__(filepath=filepath, **options)
        self._path = self._path.rstrip("/") or "/"
        self._optional = optional
        # As the file system spells it, and links resolved.
        self._root = bare_path(self._fs, self._path).rstrip("/")
        local = self._protocol == "file"
        named = self._root if local else f"{self._protocol}://{self._root}"
        self._real_root = _as_unicode(real_place(named)).rstrip("/")
        self._ahead: pd.DataFrame | None = None

    def load_ahead(self) -> "pd.DataFrame":
        """List the images and cache the listing for the next ``load``."""
        self._ahead = self.load()
        return self._ahead

    def load(self) -> "pd.DataFrame":
        """List the images.

        Raises:
            ImageFolderError: If there is no such folder, or no image in it.
        """
        # Not needed for ``files``.
        import pandas as pd

        if self._ahead is not None:
            listing, self._ahead = self._ahead, None
            return listing
        found = self._find()
        rows = [self._row(path, info) for path, info in found.images.items()]
        if not rows and not self._optional:
            message = (
                f"no image in {self._path!r} or its folders, only "
                f"{found.others() or 'folders'}; images end in "
                f"{' '.join(self.EXTENSIONS)} (in any case): convert the files, or "
                "name another folder with make run IMAGES=<folder> or "
                "kedro run --params images=<folder>"
            )
            raise ImageFolderError(message)
        if rows and found.others():
            _say_once(logging.INFO, f"{self._path!r}: left out {found.others()}")
        listing = pd.DataFrame(rows, columns=COLUMNS)
        listing["length"] = listing["length"].astype("int64")
        times = pd.to_datetime(listing["modification_time"], utc=True)
        listing["modification_time"] = times.dt.as_unit("us")
        _check_labels(listing)
        return listing.sort_values("image_key", ignore_index=True)

    def files(self) -> dict[str, str]:
        """Map keys to paths of the file system, images among leftovers included."""
        found = self._find(leftovers=True)
        return {self._key(_as_unicode(path)): path for path in found.images}

    def save(self, data: Any) -> None:
        """Raise: the images belong to the user."""
        message = f"{type(self).__name__} only reads; it does not write {self._path!r}"
        raise ImageFolderError(message)

    def _find(self, *, leftovers: bool = False) -> Found:
        self._fs.invalidate_cache()
        found = Found({}, Counter(), Counter())
        skipped = None if leftovers else found.leftovers
        local = self._protocol == "file"
        if local:
            there = self._fs.isdir(self._path)
            files = local_files(self._root or "/", skipped) if there else iter(())
        else:
            # One request per 1,000 names. S3 has no folders; an object that stands for
            # one ends with a slash.
            objects = self._fs.find(self._path, detail=True, withdirs=False)
            objects.pop(self._root, None)
            there = bool(objects)
            files = own_files(f"{self._root}/", objects, skipped)
        if not there and not self._optional:
            message = (
                f"no such folder of images: {self._path!r}; name one with "
                "make run IMAGES=<folder> or kedro run --params images=<folder>"
            )
            raise ImageFolderError(message)
        everything = list(files)
        results = _results(path for path, _ in everything)
        # A folder named like an image is no image; what lies in it may be.
        for path, known in everything:
            if path.startswith(results):
                continue
            if not path.lower().endswith(self.EXTENSIONS):
                found.endings[posixpath.splitext(path)[1].lower()] += 1
            elif info := _info(path) if local else known:
                found.images[path] = info
        return found

    def _row(self, path: str, info: dict[str, Any]) -> tuple[Any, ...]:
        path = _as_unicode(path)
        address = self._real_root + path[len(_as_unicode(self._root)) :]
        label = posixpath.basename(posixpath.dirname(address))
        return self._key(path), address, label, info.get("size") or 0, changed_at(info)

    def _key(self, path: str) -> str:
        # Only one slash: on S3, a second one belongs to the name.
        return path.removeprefix(f"{_as_unicode(self._root)}/")

    def _exists(self) -> bool:
        return bool(self._fs.isdir(self._path))


def changed_at(info: dict[str, Any]) -> dt.datetime:
    """Return fsspec's modification time, clipped to the range of all readers."""
    changed = info.get("LastModified") or info.get("mtime") or UNKNOWN
    if not isinstance(changed, dt.datetime):
        within = min(max(changed, EARLIEST.timestamp()), LATEST.timestamp())
        return dt.datetime.fromtimestamp(within, tz=dt.timezone.utc)
    return min(max(changed.astimezone(dt.timezone.utc), EARLIEST), LATEST)


def real_place(folder: str) -> str:
    """Return the canonical path of a folder: no links or ``..``, S3 as ``s3a://``."""
    if folder.startswith("s3://"):
        return folder.replace("s3", "s3a", 1)
    return folder if "://" in folder else os.path.realpath(folder)


def folder_of(images: "pd.DataFrame") -> str:
    """Return the folder of a listing, without a trailing slash."""
    last = images.iloc[-1]
    return str(last["path"]).removesuffix(str(last["image_key"])).rstrip("/")


def _results(found: Iterable[str]) -> tuple[str, ...]:
    """Return the prefixes of runs' results among the files of a folder."""
    suffix = f"/{RUN_STATE}"
    places = [path.removesuffix(RUN_STATE) for path in found if path.endswith(suffix)]
    for place in places:
        _say_once(logging.INFO, f"{place!r}: left out what runs have written there")
    return tuple(f"{place}{folder}/" for place in places for folder in RESULTS)


def _info(path: str) -> dict[str, Any] | None:
    try:
        found = os.stat(path)
    except OSError:
        try:
            found = os.lstat(path)  # A dangling link: reported later.
        except FileNotFoundError:
            return None  # Deleted while the listing was made.
        except OSError as error:
            raise cannot_open(error) from error
    return {"size": found.st_size, "mtime": found.st_mtime}


def _check_labels(listing: "pd.DataFrame") -> None:
    """Warn of folders such as ``<label>/images``, which make all labels the same."""
    if listing["label"].nunique() != 1:
        return
    folders = listing["image_key"].map(posixpath.dirname).unique()
    if len(folders) > 1:
        label, example = listing["label"].iloc[0], max(folders)
        above = posixpath.dirname(example) or "."
        message = (
            f"all {len(listing):,} images have the label {label!r}, the name of the "
            f"innermost folder, in {len(folders):,} folders; if the folders above name "
            f"the labels, move the images up: mv {quote(example)}/* {quote(above)}/"
        )
        _say_once(logging.WARNING, message)


@cache
def _say_once(level: int, message: str) -> None:
    """Log once what each listing of a run would repeat."""
    logger.log(level, "%s", message)


def _as_unicode(path: str) -> str:
    r"""Spell the bytes of a name that is not UTF-8 as ``\xNN``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
