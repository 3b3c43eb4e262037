"""What would be created, for how much, and whether it may be: nothing is touched."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from kedro_emr.account import AccountFacts, gather_facts
from kedro_emr.errors import PriceError
from kedro_emr.estimate import (
    Estimate,
    break_even,
    dollars_per_hour,
    estimate,
    for_deadline,
    local_hours,
    with_driver,
    with_workers,
)
from kedro_emr.guardrails import Case, Verdict, judge
from kedro_emr.prices import Prices, find_prices
from kedro_emr.request import cluster_request
from kedro_emr.settings import ClusterSettings

# A try, all of Fruits-360's test images, and what is expected.
USUAL_IMAGES = (3_000, 22_688, 50_000_000)


class Size(NamedTuple):
    """What images take a number of workers."""

    workers: int
    hours: float
    dollars: float


@dataclass(frozen=True)
class Plan:
    """All that is known before a cluster is created."""

    settings: ClusterSettings
    prices: Prices | None
    estimate: Estimate | None
    dollars_per_hour: float | None
    sizes: dict[int, list[Size]]
    break_even: int | None
    out_of_reach: str
    verdicts: list[Verdict]
    request: dict[str, Any]


def make_plan(
    settings: ClusterSettings,
    *,
    images: int | None = None,
    deadline: float | None = None,
    allowed: Collection[str] = (),
    facts: Callable[[ClusterSettings, Prices | None], AccountFacts] = gather_facts,
) -> Plan:
    """Size, price and judge a cluster."""
    said = settings
    settings, prices = _sized(said, images, deadline)
    expected = estimate(settings, prices, images) if images and prices else None
    found = facts(settings, prices)
    case = Case(settings, found, expected)
    verdicts = judge(case, allowed)
    overridden = [each.name for each in verdicts if each.state == "allowed"]
    return Plan(
        settings=settings,
        prices=prices,
        estimate=expected,
        dollars_per_hour=dollars_per_hour(settings, prices) if prices else None,
        sizes=_sizes(replace(settings, primary=said.primary), prices, images)
        if prices
        else {},
        break_even=break_even(settings, prices) if prices else None,
        out_of_reach=found.out_of_reach,
        verdicts=verdicts,
        request=cluster_request(settings, settings.place, allowed=overridden),
    )


def _sized(
    said: ClusterSettings, images: int | None, deadline: float | None
) -> tuple[ClusterSettings, Prices | None]:
    """Return settings with the nodes that images need, and the prices of these."""
    prices = _prices(said)
    if not images or prices is None:
        return said, prices
    sized = with_driver(said, prices, images)
    if deadline:
        sized = for_deadline(sized, prices, images, deadline)
    if sized.primary != said.primary:
        prices = _prices(sized) or prices
    return sized, prices


def _prices(settings: ClusterSettings) -> Prices | None:
    types = {nodes.instance_type for nodes in settings.groups}
    try:
        found = find_prices(settings.region, types)
        for name in types:
            found.node(name)
    except PriceError:
        return None
    return found


def _sizes(
    settings: ClusterSettings, prices: Prices, images: int | None
) -> dict[int, list[Size]]:
    this = settings.core.count + settings.task.count
    most = settings.scaling.maximum or this
    counts = sorted({1, this, 2 * this, most})
    found = {}
    for number in sorted({*USUAL_IMAGES, *([images] if images else [])}):
        found[number] = [Size(0, local_hours(settings, number), 0.0)]
        for workers in counts:
            sized = with_workers(with_driver(settings, prices, number), workers)
            expected = estimate(sized, prices, number)
            size = Size(workers, expected.hours_to_result, expected.dollars)
            found[number].append(size)
    return found
