"""What this project's clusters have cost this month, by the prices of now."""

import datetime as dt
from typing import Any

from fruit_features.emr.prices import Prices
from fruit_features.emr.request import PROJECT_TAG
from fruit_features.emr.settings import ClusterSettings

# EMR lists clusters by when they were created; one that was up at the first of the
# month may be older.
LONGEST = dt.timedelta(days=31)
# AWS counts seconds, and a minute at least.
LEAST_SECONDS = 60.0


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
        PriceError: If the price of a node's type is not known.
    """
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    listed = _all(emr, "list_clusters", "Clusters", CreatedAfter=first - LONGEST)
    total = 0.0
    for each in listed:
        ended = each["Status"]["Timeline"].get("EndDateTime")
        if each["Name"] == settings.name and (ended is None or ended >= first):
            total += _cost(emr, each["Id"], settings.name, prices, first, now)
    return total


def _cost(
    emr: Any,
    cluster_id: str,
    name: str,
    prices: Prices,
    since: dt.datetime,
    now: dt.datetime,
) -> float:
    cluster = emr.describe_cluster(ClusterId=cluster_id)["Cluster"]
    if {"Key": PROJECT_TAG, "Value": name} not in cluster.get("Tags", []):
        return 0.0
    root = cluster.get("EbsRootVolumeSize", 0)
    groups = _all(emr, "list_instance_groups", "InstanceGroups", ClusterId=cluster_id)
    volumes = {
        group["Id"]: sum(
            device["VolumeSpecification"]["SizeInGB"]
            for device in group.get("EbsBlockDevices", [])
        )
        for group in groups
    }
    total = 0.0
    for node in _all(emr, "list_instances", "Instances", ClusterId=cluster_id):
        price = prices.node(node["InstanceType"])
        gb = root + volumes.get(node.get("InstanceGroupId"), 0)
        hour = price.ec2 + price.emr + prices.volume_hour(gb)
        total += hour * _hours(node["Status"].get("Timeline", {}), since, now)
    return total


def _hours(
    timeline: dict[str, dt.datetime], since: dt.datetime, now: dt.datetime
) -> float:
    started = timeline.get("CreationDateTime")
    if started is None:
        return 0.0
    start, end = max(started, since), timeline.get("EndDateTime") or now
    if end <= start:
        return 0.0
    return max((end - start).total_seconds(), LEAST_SECONDS) / 3600


def _all(emr: Any, operation: str, what: str, **which: Any) -> list[dict[str, Any]]:
    pages = emr.get_paginator(operation).paginate(**which)
    return [found for page in pages for found in page[what]]
