"""The images of earlier runs, and checks that none loses features by mistake."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from fruit_features.datasets.image_folder_dataset import folder_of, real_place
from fruit_features.exceptions import ImageFolderError
from fruit_features.tables import IDENTITY

Stored = Callable[[], pd.DataFrame | None]
StoredFiles = Callable[[], dict[str, Callable[[], pd.DataFrame]] | None]

# A run refuses to start if more than this share of the known images is gone.
MOST_MISSING = 0.2

NEXT_STEP = (
    "give these images a folder of results of their own, by make run DATA=<folder> "
    "or --params data=<folder>, or have those features deleted, by --params "
    "ingestion.accept_missing=true"
)


def known_images(
    found: pd.DataFrame,
    listing: pd.DataFrame | None,
    expired: pd.DataFrame | None,
    stored_features: StoredFiles,
) -> pd.DataFrame:
    """Return the ``IDENTITY`` columns of the images of earlier runs.

    Args:
        found: Every image of the folder.
        listing: The listing of the last run, if any. Without it, as when all but the
            features was deleted, the images of the features are used.
        expired: Images that had expired by the last run.
        stored_features: Loads the loaders of the features' files.
    """
    # String types, so that empty tables have the same columns.
    of_type = found[IDENTITY].astype({"image_key": "string", "path": "string"})
    featurized = _identities(stored_features) if listing is None else []
    tables = [table for table in (expired, *featurized, listing) if table is not None]
    known = pd.concat([of_type.iloc[:0], *(table[IDENTITY] for table in tables)])
    known = known.drop_duplicates("image_key", keep="last", ignore_index=True)
    return known.astype(of_type.dtypes)


def _identities(stored_features: StoredFiles) -> list[pd.DataFrame]:
    files = stored_features() or {}
    # Folders that begin with _ hold unfinished output of a killed run.
    tables = [load() for name, load in files.items() if "/_" not in f"/{name}"]
    for table in tables:
        # Spark's timestamps are UTC without a time zone.
        table["modification_time"] = pd.to_datetime(
            table["modification_time"], utc=True
        )
    return tables


def as_known(found: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Spell paths as the tables do, if the folder is the same."""
    before, here = _folders(known, found)
    if before == here or real_place(before) != real_place(here):
        return found
    return found.assign(path=before + found["path"].str[len(here) :])


def check_missing(
    found: pd.DataFrame,
    known: pd.DataFrame,
    expired: pd.DataFrame,
    deleted: pd.DataFrame,
    stored_features: Callable[[], Any],
) -> None:
    """Refuse to delete the features of another folder or of many missing images.

    Args:
        found: Every image of the folder.
        known: Every image of earlier runs.
        expired: Missing images that have expired.
        deleted: Other missing images.
        stored_features: Loads the stored features; without any, nothing is refused.

    Raises:
        ImageFolderError: If the folder is another, or too many images are missing.
    """
    before, here = _folders(known, found)
    most = len(known) - len(expired)
    if real_place(before) != real_place(here):
        fault = (
            f"the {len(known):,} images of earlier runs lay in {before!r}, these lie "
            f"in {here!r}: the features of the former would be deleted"
        )
    elif len(deleted) > MOST_MISSING * most:
        fault = (
            f"{len(deleted):,} of {most:,} images of earlier runs are gone from "
            f"{here!r}, such as {deleted['image_key'].iloc[0]!r}: their features would "
            "be deleted; make the folder whole, if it is not"
        )
    else:
        return
    if stored_features():
        message = f"{fault}; {NEXT_STEP}"
        raise ImageFolderError(message)


def _folders(known: pd.DataFrame, found: pd.DataFrame) -> tuple[str, str]:
    here = folder_of(found)
    return (here if known.empty else folder_of(known)), here
