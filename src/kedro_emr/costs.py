"""What a cluster has cost, by its nodes and their hours."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from kedro_emr.clusters import Cluster, Node
from kedro_emr.prices import Prices

# AWS counts seconds, but one minute at least.
LEAST_SECONDS = 60.0


@dataclass(frozen=True)
class Cost:
    """Nodes of one kind.

    Attributes:
        role: ``primary``, ``core`` or ``task``.
        instance_type: Such as ``c6i.4xlarge``.
        market: ``on_demand``, or ``spot``, which cost this at most.
        nodes: How many there were.
        hours: Of all of them together.
        ec2: The machines, in dollars.
        emr: EMR's own charge, in dollars.
        volumes: Their volumes, in dollars.
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
    """Add up what nodes have cost.

    Args:
        nodes: All that a cluster has or had.
        prices: Of its region.
        now: When a node that is up is taken to end.
        since: What was before does not count.

    Raises:
        PriceError: If there is no price for one of them.
    """
    found = sorted(nodes, key=_kind)
    return [
        _cost(list(equal), prices, now, since) for _, equal in groupby(found, _kind)
    ]


def dollars(found: Iterable[Cost]) -> float:
    """Return the sum."""
    return sum(cost.dollars for cost in found)


def dollars_an_hour(nodes: Iterable[Node], prices: Prices) -> float:
    """Return what the nodes that are up cost an hour.

    Raises:
        PriceError: If there is no price for one of them.
    """
    return sum(_hour(node, prices) for node in nodes if node.up)


def hours_of(cluster: Cluster, now: dt.datetime) -> float:
    """Return how long a cluster has been up, in hours."""
    if cluster.created is None:
        return 0.0
    return ((cluster.ended or now) - cluster.created).total_seconds() / 3600


def _kind(node: Node) -> tuple[str, str, str]:
    order = {"primary": "0", "core": "1", "task": "2"}
    return order.get(node.role, node.role), node.instance_type, node.market


def _hour(node: Node, prices: Prices) -> float:
    price = prices.node(node.instance_type)
    return price.ec2 + price.emr + prices.volume_hour(node.volume_gb)


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
