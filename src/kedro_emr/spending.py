"""What this project's clusters have cost this month, by the prices of now."""

import datetime as dt
from typing import Any

from kedro_emr.clusters import Clusters
from kedro_emr.costs import costs, dollars
from kedro_emr.prices import Prices
from kedro_emr.settings import ClusterSettings


def spent_this_month(
    emr: Any, settings: ClusterSettings, prices: Prices, now: dt.datetime
) -> float:
    """Return what clusters of this name have cost since the first of the month.

    Args:
        emr: A client of EMR.
        settings: Their name.
        prices: Of their region; spot nodes count as on demand.
        now: Until when nodes that are up count.

    Returns:
        Dollars: EC2, EMR and volumes, before tax.

    Raises:
        AwsError: If EMR does not answer.
        PriceError: If the price of a node's type is not known.
    """
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    clusters = Clusters(emr, settings.name, settings.region)
    return sum(
        dollars(costs(clusters.nodes(each), prices, now, since=first))
        for each in clusters.since(first)
    )
