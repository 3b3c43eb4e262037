"""Images that are gone because of their age: their features outlive them."""

import datetime as dt
from collections.abc import Callable

import pandas as pd

from fruit_features.datasets.image_folder_dataset import IDENTITY

Stored = Callable[[], pd.DataFrame | None]


def expired_images(
    found: pd.DataFrame,
    stored_image_listing: Stored,
    stored_expired_images: Stored,
    limit: dt.datetime | None,
) -> pd.DataFrame:
    """Tell images that have expired from those that somebody has deleted.

    Whether an image that is gone was old or unwanted nobody has written down: its age
    decides. One of another folder than the one found has not expired.

    Args:
        found: Every image of the folder, erased or not.
        stored_image_listing: Loads the listing of the run before, if any; read only
            with a limit.
        stored_expired_images: Loads those that were known to have expired.
        limit: Images from before then count as expired when they are gone; ``None``:
            none does.

    Returns:
        ``image_key``, ``path``, ``length`` and ``modification_time`` of each.
    """
    # Text by its type: a table without rows has text for columns all the same.
    of_type = found[IDENTITY].astype({"image_key": "string", "path": "string"})
    none = of_type.iloc[:0]
    if limit is None:
        return none
    stored = [stored_expired_images(), stored_image_listing()]
    known = pd.concat([none, *(rows[IDENTITY] for rows in stored if rows is not None)])
    gone = ~known["image_key"].isin(found["image_key"])
    old = known["modification_time"] <= pd.Timestamp(limit)
    here = known["path"].eq(_folder(found) + known["image_key"])
    expired = known[gone & old & here].drop_duplicates("image_key", keep="last")
    return expired.astype(none.dtypes).reset_index(drop=True)


def _folder(found: pd.DataFrame) -> str:
    """Return the folder of the images as their paths begin."""
    first = found.iloc[0]
    return str(first["path"]).removesuffix(str(first["image_key"]))
