"""What clusters have cost, by their nodes and the hours of these."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from kedro_emr.clusters import Cluster, Clusters, Node
from kedro_emr.prices import Prices
from kedro_emr.settings import ClusterSettings

# AWS counts seconds, but one minute at least.
LEAST_SECONDS = 60.0
ORDER = ("primary", "core", "task")


@dataclass(frozen=True)
class Cost:
    """Nodes of one kind, their hours together, and what these cost in dollars.

    Spot nodes count as on demand: the most they can have cost.
    """

    role: str
    instance_type: str
    market: str
    nodes: int
    hours: float
    ec2: float
    emr: float
    volumes: float

    @property
    def dollars(self) -> float:
        """All of it."""
        return self.ec2 + self.emr + self.volumes


def costs(
    nodes: Iterable[Node],
    prices: Prices,
    now: dt.datetime,
    since: dt.datetime | None = None,
) -> list[Cost]:
    """Add up by kind what nodes have cost, up to ``now`` those that are still up."""
    found = sorted(nodes, key=_kind)
    return [
        _cost(list(equal), prices, now, since) for _, equal in groupby(found, _kind)
    ]


def dollars(found: Iterable[Cost]) -> float:
    """Return the sum."""
    return sum(cost.dollars for cost in found)


def dollars_an_hour(nodes: Iterable[Node], prices: Prices) -> float:
    """Return what the nodes that are up cost an hour."""
    return sum(prices.hour(n.instance_type, n.volume_gb) for n in nodes if n.up)


def hours_of(cluster: Cluster, now: dt.datetime) -> float:
    """Return how long a cluster has been up, in hours."""
    if cluster.created is None:
        return 0.0
    return ((cluster.ended or now) - cluster.created).total_seconds() / 3600


def spent_this_month(
    emr: Any, settings: ClusterSettings, prices: Prices, now: dt.datetime
) -> float:
    """Return the dollars that clusters of this name have cost since the first."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    clusters = Clusters(emr, settings.name, settings.region)
    return sum(
        dollars(costs(clusters.nodes(each), prices, now, since=first))
        for each in clusters.since(first)
    )


def _kind(node: Node) -> tuple[int, str, str]:
    order = ORDER.index(node.role) if node.role in ORDER else len(ORDER)
    return order, node.instance_type, node.market


def _cost(
    equal: Sequence[Node], prices: Prices, now: dt.datetime, since: dt.datetime | None
) -> Cost:
    first = equal[0]
    price = prices.node(first.instance_type)
    hours = [_hours(node, now, since) for node in equal]
    gb_hours = sum(h * node.volume_gb for h, node in zip(hours, equal, strict=True))
    return Cost(
        role=first.role,
        instance_type=first.instance_type,
        market=first.market,
        nodes=len(equal),
        hours=sum(hours),
        ec2=sum(hours) * price.ec2,
        emr=sum(hours) * price.emr,
        volumes=prices.volume_hour(gb_hours),
    )


def _hours(node: Node, now: dt.datetime, since: dt.datetime | None) -> float:
    end = node.ended or now
    if node.started is None or (since and end <= since):
        return 0.0
    start = max(node.started, since) if since else node.started
    return max((end - start).total_seconds(), LEAST_SECONDS) / 3600
