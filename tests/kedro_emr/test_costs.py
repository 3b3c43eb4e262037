"""A cluster's cost is its nodes' hours at the prices of their region."""

import datetime as dt

import pytest

from kedro_emr.clusters import Node
from kedro_emr.costs import costs, dollars, dollars_an_hour
from kedro_emr.errors import PriceError
from kedro_emr.prices import table_prices

BEGAN = dt.datetime(2026, 5, 1, 8, tzinfo=dt.timezone.utc)


def node(role: str, kind: str, hours: float | None, market: str = "on_demand") -> Node:
    ended = None if hours is None else BEGAN + dt.timedelta(hours=hours)
    return Node(f"i-{role}", role, kind, market, "RUNNING", 94, BEGAN, ended)


def test_kinds_of_nodes_are_added_up() -> None:
    prices = table_prices("eu-west-1")
    nodes = [
        node("core", "c6i.4xlarge", 2),
        node("core", "c6i.4xlarge", 3),
        node("task", "c6i.4xlarge", 1, "spot"),
        node("primary", "m6i.xlarge", None),
    ]
    now = BEGAN + dt.timedelta(hours=4)
    found = costs(nodes, prices, now)
    assert [(c.role, c.nodes, c.hours) for c in found] == [
        ("primary", 1, 4),
        ("core", 2, 5),
        ("task", 1, 1),
    ]
    core, price = found[1], prices.node("c6i.4xlarge")
    assert core.ec2 == pytest.approx(5 * price.ec2)
    assert core.emr == pytest.approx(5 * price.emr)
    assert core.volumes == pytest.approx(5 * prices.volume_hour(94))
    assert dollars(found) == pytest.approx(
        sum(c.ec2 + c.emr + c.volumes for c in found)
    )
    # Only the primary is still up.
    primary = prices.node("m6i.xlarge")
    hour = primary.ec2 + primary.emr + prices.volume_hour(94)
    assert dollars_an_hour(nodes, prices) == pytest.approx(hour)


def test_a_node_that_was_there_for_a_moment_costs_a_minute() -> None:
    (cost,) = costs(
        [node("task", "c6i.xlarge", 0.001)], table_prices("eu-west-1"), BEGAN
    )
    assert cost.hours == pytest.approx(1 / 60)


def test_what_was_before_does_not_count() -> None:
    nodes, prices = [node("core", "c6i.xlarge", 10)], table_prices("eu-west-1")
    since = BEGAN + dt.timedelta(hours=7)
    (cost,) = costs(nodes, prices, BEGAN, since)
    assert cost.hours == pytest.approx(3)
    (none,) = costs(nodes, prices, BEGAN, BEGAN + dt.timedelta(hours=11))
    assert none.dollars == 0


def test_a_type_without_a_price_is_named() -> None:
    with pytest.raises(PriceError, match="no price for 'x9.huge' in eu-west-1"):
        costs([node("core", "x9.huge", 1)], table_prices("eu-west-1"), BEGAN)
