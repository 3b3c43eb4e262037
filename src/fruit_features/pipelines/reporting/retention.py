"""Counts of what has expired and of what expires soon."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from kedro.io.core import VERSION_FORMAT
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fruit_features.privacy.parameters import RetentionParameters

SOON_DAYS = 30


def review_retention(
    image_listing: DataFrame,
    expired_images: DataFrame,
    features: DataFrame,
    rows: DataFrame,
    kept_runs: Callable[[], dict[str, Any] | None],
    retention: RetentionParameters,
) -> dict[str, Any]:
    """Count expired images, and what expires within 30 days.

    Args:
        image_listing: Every image.
        expired_images: Expired images; their features are kept.
        features: Features of all backbones.
        rows: Features of the backbone in use.
        kept_runs: Loads the names of the runs whose reports are kept.
        retention: Days that each is kept.

    Returns:
        The fields of the run report about retention; see ``fields.py``.
    """
    now = dt.datetime.now(dt.timezone.utc)
    expired = 0
    if retention.images_days:
        keys = F.broadcast(expired_images.select("image_key"))
        expired = rows.join(keys, "image_key", "left_semi").count()
    images = partial(_row_ages, image_listing, "modification_time")
    vectors = partial(_row_ages, features, "featurized_at")
    runs = partial(_run_ages, kept_runs, now)
    outlook = []
    for name, days, ages in (
        ("raw_images", retention.images_days, images),
        ("features", retention.features_days, vectors),
        ("report_history", retention.logs_days, runs),
    ):
        if days:
            oldest, soon = ages(now + dt.timedelta(days=SOON_DAYS - days))
            goes = f"{max(oldest + dt.timedelta(days=days), now):%Y-%m-%d}"
            counted = {"dataset": name, "days": days, "next": goes, "in_30_days": soon}
            outlook.append(counted)
    if not outlook:
        return {"expired": expired, "retention": None}
    reckoned = {"reckoned": f"{now:%Y-%m-%d}", "datasets": outlook}
    return {"expired": expired, "retention": reckoned}


def _row_ages(
    table: DataFrame, column: str, soon: dt.datetime
) -> tuple[dt.datetime, int]:
    """Return the oldest time of a column, and how many times are up to ``soon``."""
    early = F.count(F.when(F.col(column) <= F.lit(soon), 1))
    ((oldest, count),) = table.agg(F.unix_timestamp(F.min(column)), early).collect()
    return dt.datetime.fromtimestamp(oldest, dt.timezone.utc), int(count)


def _run_ages(
    kept_runs: Callable[[], dict[str, Any] | None], now: dt.datetime, soon: dt.datetime
) -> tuple[dt.datetime, int]:
    """Return the same for runs, whose names are times in Kedro's version format."""
    spelt = f"{VERSION_FORMAT}%z"
    runs = [dt.datetime.strptime(f"{run}+0000", spelt) for run in kept_runs() or {}]
    times = [now, *runs]
    return min(times), sum(time <= soon for time in times)
