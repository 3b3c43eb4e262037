"""Images that are gone: expired, renamed or deleted."""

import datetime as dt

import pandas as pd

from fruit_features.datasets.image_folder_dataset import UNKNOWN, folder_of

# What stays the same when a file is renamed.
CONTENT = ["length", "modification_time"]


def gone_images(
    found: pd.DataFrame, known: pd.DataFrame, limit: dt.datetime | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the images that are gone into expired and deleted ones.

    Why an image is gone is not recorded: its age decides. Images of another folder do
    not expire. Renamed images, recognized by length and modification time, are in
    neither table.

    Args:
        found: Every image of the folder, erased or not.
        known: Every image that earlier runs found or knew to have expired.
        limit: Images from before then expire; with ``None``, none does.

    Returns:
        ``image_key``, ``path``, ``length`` and ``modification_time`` of the expired,
        and of the deleted.
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
    """Return which images exist under another name.

    If fewer are new than gone, which ones were renamed is unknown. On S3 a copy has a
    new time, so none is recognized.
    """
    went = gone.groupby(CONTENT)["image_key"].transform("size")
    came = new.groupby(CONTENT).size().rename("came")
    matched = gone.join(came, on=CONTENT)["came"].fillna(0)
    return (matched >= went) & (gone["modification_time"] > UNKNOWN)
