"""What goes next because of its age, and how much of it soon."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from kedro.io.core import VERSION_FORMAT
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

SOON_DAYS = 30


def rows_outlook(
    name: str, table: DataFrame, column: str, days: int, now: dt.datetime
) -> dict[str, Any]:
    """Reckon with the rows of a table.

    Args:
        name: Of the dataset.
        table: The table.
        column: From when a row's age counts.
        days: How many of them it is kept.
        now: The time that counts.

    Returns:
        ``dataset`` and ``days`` as given; ``next``: the day on which the oldest goes,
        or today if it should have; ``in_30_days``: how many go by then.
    """
    soon = F.col(column) <= F.lit(_soon(days, now))
    oldest = F.unix_timestamp(F.min(column)).alias("oldest")
    (found,) = table.agg(oldest, F.count(F.when(soon, 1)).alias("soon")).collect()
    first = dt.datetime.fromtimestamp(found["oldest"], dt.timezone.utc)
    return _row(name, days, first, int(found["soon"]), now)


def runs_outlook(
    name: str, kept: Iterable[str], days: int, now: dt.datetime
) -> dict[str, Any]:
    """Reckon with the pages of this run and of earlier ones.

    Args:
        name: Of the dataset.
        kept: The names of earlier runs, as Kedro spells versions.
        days: How many of them a page is kept.
        now: The time that counts.

    Returns:
        As ``rows_outlook``.
    """
    begun = [dt.datetime.strptime(f"{run}+0000", f"{VERSION_FORMAT}%z") for run in kept]
    times = [now, *begun]
    soon = sum(time <= _soon(days, now) for time in times)
    return _row(name, days, min(times), soon, now)


def _soon(days: int, now: dt.datetime) -> dt.datetime:
    return now + dt.timedelta(days=SOON_DAYS - days)


def _row(
    name: str, days: int, oldest: dt.datetime, soon: int, now: dt.datetime
) -> dict[str, Any]:
    goes = max(oldest + dt.timedelta(days=days), now)
    return {
        "dataset": name,
        "days": days,
        "next": f"{goes:%Y-%m-%d}",
        "in_30_days": soon,
    }
