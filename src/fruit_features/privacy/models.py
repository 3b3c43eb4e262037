"""Which models have seen photos that are erased: their weights and sums stay."""

import datetime as dt
import json
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from fruit_features.privacy.tables import RowsOf, columns_of, files_with
from fruit_features.privacy.targets import Target
from fruit_features.tables import KEY


def fitted_with(
    features: Target, summary: Target, keys: Collection[str]
) -> list[dict[str, object]]:
    """Name the models of the reduction that were fitted with any of some photos.

    Args:
        features: The table that models are fitted on.
        summary: What the models that are kept were fitted on, and when.
        keys: Of the photos.

    Returns:
        For each model its name in the catalog, when and on how many rows it was fitted,
        and how many of these were such photos; empty if they were none.
    """
    if not summary.documents():
        return []
    fit = json.loads(summary.filesystem.cat_file(summary.path))
    fitted = dt.datetime.fromisoformat(fit["fitted"])
    wanted = RowsOf(keys)
    seen = 0
    for file in files_with(features, wanted):
        if f"backbone_id={fit['backbone_id']}/" not in file:
            continue
        rows = columns_of(features.filesystem, file, [KEY, "featurized_at"])
        before = pc.less_equal(
            rows.column("featurized_at"), pa.scalar(fitted.replace(tzinfo=None))
        )
        known = pc.and_(wanted.are(rows.column(KEY)), before)
        seen += pc.sum(known).as_py() or 0
    said = {"fitted": fit["fitted"], "rows": fit["rows"], "photos": seen}
    models = ("scaler_model", "pca_model")
    return [{"model": name, **said} for name in models] if seen else []


def trained_with(
    listings: list[Target], keys: Collection[str]
) -> list[dict[str, object]]:
    """Name the backbone that was trained with any of some photos.

    Args:
        listings: The tables of a training's pictures.
        keys: Of the photos.
    """
    rows = RowsOf(keys)
    seen = sum(sum(files_with(listing, rows).values()) for listing in listings)
    return [{"model": "trained_backbone", "photos": seen}] if seen else []
