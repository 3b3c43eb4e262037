"""Models fitted or trained on erased photos; their weights and sums stay."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fruit_features.privacy.storage import Storage
from fruit_features.privacy.tables import RowsOf, columns_of, files_with
from fruit_features.tables import KEY

LISTINGS = ("training_listing", "held_out_listing")


def models_with(storage: Storage, keys: Collection[str]) -> list[dict[str, Any]]:
    """Return the models that were fitted or trained on any of the given photos.

    Returns:
        For each its name in the catalog and how many of the photos it has seen; for
        the reduction's also when, and on how many rows, they were fitted.
    """
    rows, models = RowsOf(keys), []
    fit = storage.read("pca_summary")
    if fit and (seen := _fitted(storage, fit, rows)):
        said = {"fitted": fit["fitted"], "rows": fit["rows"], "photos": seen}
        models += [{"model": name, **said} for name in ("scaler_model", "pca_model")]
    listings = [files_with(storage.datasets[name], rows) for name in LISTINGS]
    if seen := sum(sum(files.values()) for files in listings):
        models.append({"model": "trained_backbone", "photos": seen})
    return models


def _fitted(storage: Storage, fit: dict[str, Any], rows: RowsOf) -> int:
    """Count the photos whose features of the model's backbone are older than it."""
    features = storage.datasets["features"]
    fitted = dt.datetime.fromisoformat(fit["fitted"]).replace(tzinfo=None)
    seen = 0
    for file in files_with(features, rows):
        if f"backbone_id={fit['backbone_id']}/" in file:
            table = columns_of(features.filesystem, file, [KEY, "featurized_at"])
            before = pc.less_equal(table.column("featurized_at"), pa.scalar(fitted))
            known = pc.and_(rows.are(table.column(KEY)), before)
            seen += pc.sum(known).as_py() or 0
    return seen
