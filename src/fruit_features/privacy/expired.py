"""Images that are gone: because of their age, by another name, or deleted."""

import datetime as dt

import pandas as pd

from fruit_features.datasets.image_folder_dataset import UNKNOWN, folder_of

# What a file keeps under another name.
CONTENT = ["length", "modification_time"]


def gone_images(
    found: pd.DataFrame, known: pd.DataFrame, limit: dt.datetime | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell images that have expired from those that somebody has deleted.

    Whether an image that is gone was old or unwanted nobody has written down: its age
    decides. One of another folder than the one found has not expired. Nor has one that
    was renamed, or moved to another label: as many new images as there are gone ones
    of its length and modification time say so. It is in neither table.

    Args:
        found: Every image of the folder, erased or not.
        known: Every image that earlier runs found, or knew to have expired.
        limit: Images from before then count as expired when they are gone; ``None``:
            none does.

    Returns:
        ``image_key``, ``path``, ``length`` and ``modification_time`` of those that
        have expired, and of those that were deleted.
    """
    gone = known[~known["image_key"].isin(found["image_key"])]
    gone = gone[~_renamed(gone, found[~found["image_key"].isin(known["image_key"])])]
    old = gone["modification_time"] <= pd.Timestamp(limit or UNKNOWN)
    here = gone["path"].eq(f"{folder_of(found)}/" + gone["image_key"])
    has_expired = old & here & (limit is not None)
    tables = gone[has_expired], gone[~has_expired]
    expired, deleted = (table.reset_index(drop=True) for table in tables)
    return expired, deleted


def _renamed(gone: pd.DataFrame, new: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which images are there by another name.

    Where fewer came than went, nobody can tell which ones. On S3 a copy has a time of
    its own: there no image is known again.
    """
    went = gone.groupby(CONTENT)["image_key"].transform("size")
    came = new.groupby(CONTENT).size().rename("came")
    matched = gone.join(came, on=CONTENT)["came"].fillna(0)
    return (matched >= went) & (gone["modification_time"] > UNKNOWN)
