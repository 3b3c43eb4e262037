"""A cluster's cost is its nodes' hours at the prices of their region."""

import datetime as dt

import pytest

from kedro_emr.account import gather_facts
from kedro_emr.clusters import Node
from kedro_emr.costs import costs, dollars, dollars_an_hour, spent_this_month
from kedro_emr.errors import PriceError
from kedro_emr.prices import table_prices
from kedro_emr.request import cluster_request
from tests.kedro_emr.settings_examples import settings
from tests.s3_server import S3Server

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


PRICES = table_prices("eu-west-1")


def test_money_of_the_month(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    # Some seconds: moto starts every node. A name that no other test has.
    one = settings(name="month")
    emr = s3_server.client("emr")
    emr.run_job_flow(**cluster_request(one, one.place))
    # Of the same name, but not this project's.
    stranger = cluster_request(one, one.place)
    stranger["Tags"] = []
    emr.run_job_flow(**stranger)
    now = dt.datetime.now(dt.timezone.utc)
    volumes = 3 * (64 + 30) * PRICES.gb_month / 730
    hour = 0.214 + 0.048 + 2 * (0.7296 + 0.17) + volumes
    later = now + dt.timedelta(hours=2)
    if later.month == now.month:
        spent = spent_this_month(emr, one, PRICES, later)
        assert spent == pytest.approx(2 * hour, rel=0.01)
    # Of what goes on in the next month, only that month's part counts.
    first = (now.replace(day=1) + dt.timedelta(days=32)).replace(
        day=1, hour=3, minute=0, second=0, microsecond=0
    )
    spent = spent_this_month(emr, one, PRICES, first)
    assert spent == pytest.approx(3 * hour, rel=0.01)
    assert gather_facts(one, PRICES).spent == pytest.approx(
        3 * hour / 60, abs=hour / 20
    )
    exotic = settings(name="month", core__instance_type="x9.large")
    emr.run_job_flow(**cluster_request(exotic, exotic.place))
    unknown = gather_facts(one, PRICES).unknown
    assert unknown["spent"].startswith("no price for 'x9.large' in eu-west-1")
