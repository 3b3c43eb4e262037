"""What has expired, and what goes next because of its age."""

import datetime as dt
from collections.abc import Callable
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
    """Count what has expired, and what expires next.

    Args:
        image_listing: Every image.
        expired_images: Images that are gone, and whose features stay.
        features: Features of any backbones.
        rows: Features of the backbone in use.
        kept_runs: Loads the names of the runs whose reports are kept.
        retention: How long each is kept.

    Returns:
        The fields of the run report about retention. Of each dataset: ``days`` it is
        kept; ``next``, the day on which its oldest goes, or today if it should have;
        ``in_30_days``, how many go by then.
    """
    now = dt.datetime.now(dt.timezone.utc)
    expired, goes = 0, []
    if days := retention.images_days:
        keys = F.broadcast(expired_images.select("image_key"))
        expired = rows.join(keys, "image_key", "left_semi").count()
        ages = _ages(image_listing, "modification_time", _soon(days, now))
        goes.append(_outlook("raw_images", days, now, *ages))
    if days := retention.features_days:
        ages = _ages(features, "featurized_at", _soon(days, now))
        goes.append(_outlook("features", days, now, *ages))
    if days := retention.logs_days:
        # The names of runs are Kedro's versions: times. This run's is one of them.
        spelt = f"{VERSION_FORMAT}%z"
        runs = [dt.datetime.strptime(f"{run}+0000", spelt) for run in kept_runs() or {}]
        times = [now, *runs]
        soon = sum(time <= _soon(days, now) for time in times)
        goes.append(_outlook("report_history", days, now, min(times), soon))
    reckoned = {"reckoned": f"{now:%Y-%m-%d}", "datasets": goes} if goes else None
    return {"expired": expired, "retention": reckoned}


def _ages(table: DataFrame, column: str, soon: dt.datetime) -> tuple[dt.datetime, int]:
    """Return the oldest time of a column, and how many are not after ``soon``."""
    oldest = F.unix_timestamp(F.min(column)).alias("oldest")
    early = F.count(F.when(F.col(column) <= F.lit(soon), 1)).alias("early")
    (found,) = table.agg(oldest, early).collect()
    first = dt.datetime.fromtimestamp(found["oldest"], dt.timezone.utc)
    return first, int(found["early"])


def _soon(days: int, now: dt.datetime) -> dt.datetime:
    return now + dt.timedelta(days=SOON_DAYS - days)


def _outlook(
    name: str, days: int, now: dt.datetime, oldest: dt.datetime, soon: int
) -> dict[str, Any]:
    goes = max(oldest + dt.timedelta(days=days), now)
    return {
        "dataset": name,
        "days": days,
        "next": f"{goes:%Y-%m-%d}",
        "in_30_days": soon,
    }
