"""The money of a month, of clusters that moto's server keeps."""

import datetime as dt

import pytest

from kedro_emr.account import gather_facts
from kedro_emr.prices import table_prices
from kedro_emr.request import cluster_request
from kedro_emr.spending import spent_this_month
from tests.kedro_emr.settings_examples import settings
from tests.s3_server import S3Server

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
