"""Prices: the table, the two clusters that were paid for, AWS's Price List."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from kedro_emr.errors import PriceError
from kedro_emr.guardrails import EU_REGIONS
from kedro_emr.prices import (
    NodePrice,
    find_prices,
    live_prices,
    price_table,
    priced_regions,
    table_prices,
)
from tests.conftest import PROJECT
from tests.s3_server import KEYS

VAT = 1.2  # In France, where both clusters were paid for.


def test_table_has_every_region_of_the_eu_and_every_size() -> None:
    assert priced_regions() == sorted(EU_REGIONS)
    families = {"m5", "m6i", "m6g", "c5", "c6i", "r5"}
    for region in priced_regions():
        types = set(table_prices(region).nodes)
        sold = families - {"m6i", "c6i"} if region == "eu-south-2" else families
        assert types == {f"{f}.{s}" for f in sold for s in price_table()["sizes"]}


def test_prices_grow_with_the_size() -> None:
    nodes = table_prices("eu-central-1").nodes
    assert nodes["m5.xlarge"] == NodePrice(0.23, 0.048, 4, 16)
    assert nodes["m5.4xlarge"] == NodePrice(0.92, 0.192, 16, 64)
    assert nodes["c6i.2xlarge"].memory_gb == 16
    assert nodes["r5.xlarge"].memory_gb == 32


def test_table_says_where_it_is_from_and_is_packed() -> None:
    table = price_table()
    figures = {"ec2_xlarge", "sizes", "emr_xlarge", "gp3_gb_month"}
    assert set(table["sources"]) == figures
    assert f"of {table['as_of']}" in table_prices("eu-west-1").source
    assert '"prices.json"' in (PROJECT / "pyproject.toml").read_text()


def test_what_is_not_in_the_table_is_named() -> None:
    with pytest.raises(PriceError, match="no prices for region 'us-east-1'; known"):
        table_prices("us-east-1")
    with pytest.raises(PriceError, match="no price for 'p5.48xlarge' in eu-west-1"):
        table_prices("eu-west-1").node("p5.48xlarge")


@pytest.mark.parametrize(
    ("region", "workers", "hours", "expected", "paid"),
    [
        # What both cost, by the people who paid. The second price includes trials that
        # are not counted here: this cluster is a ninth of it.
        ("eu-central-1", 2, 10 + 16 / 60, 8.88, 10.95),
        ("eu-west-1", 4, 32 / 60, 0.72, 7.41),
    ],
)
def test_clusters_that_were_paid_for(
    region: str, workers: int, hours: float, expected: float, paid: float
) -> None:
    # As EMR makes them by default: two volumes of 32 GB, and one of 15 for the system.
    dollars = (1 + workers) * hours * table_prices(region).hour("m5.xlarge", 64 + 15)
    assert dollars == pytest.approx(expected, abs=0.005)
    assert dollars * VAT < paid
    if region == "eu-central-1":
        assert dollars * VAT == pytest.approx(paid, rel=0.05)


def product(price: str, **attributes: str) -> str:
    """What the Price List says of a product, as its documentation shows it."""
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": price}}
    term = {"priceDimensions": {"A.B.C": dimension}, "sku": "A"}
    said = {
        "product": {"productFamily": "x", "attributes": attributes, "sku": "A"},
        "serviceCode": "AmazonEC2",
        "terms": {"OnDemand": {"A.B": term}},
    }
    return json.dumps(said)


def asked(service: str, **wanted: str) -> dict[str, Any]:
    fields = {**wanted, "regionCode": "eu-west-1"}
    filters = [
        {"Type": "TERM_MATCH", "Field": field, "Value": value}
        for field, value in fields.items()
    ]
    return {"ServiceCode": service, "Filters": filters, "MaxResults": 100}


@pytest.fixture
def price_list() -> Any:
    return boto3.client(
        "pricing",
        region_name="eu-central-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )


def test_price_list_is_asked(price_list: Any) -> None:
    with Stubber(price_list) as stub:
        stub.add_response(
            "get_products",
            # One without a price first: such as there are for reserved capacity.
            {
                "PriceList": [
                    product("0.0000000000", vcpu="4", memory="16 GiB"),
                    product("0.2200000000", vcpu="4", memory="16 GiB"),
                ]
            },
            asked(
                "AmazonEC2",
                instanceType="m5.xlarge",
                operatingSystem="Linux",
                tenancy="Shared",
                capacitystatus="Used",
                preInstalledSw="NA",
            ),
        )
        stub.add_response(
            "get_products",
            {"PriceList": [product("0.0500000000")]},
            asked("ElasticMapReduce", instanceType="m5.xlarge", softwareType="EMR"),
        )
        stub.add_response(
            "get_products",
            {"PriceList": [product("0.0900000000")]},
            asked("AmazonEC2", productFamily="Storage", volumeApiName="gp3"),
        )
        live = live_prices("eu-west-1", ["m5.xlarge"], price_list)
    assert live.nodes == {"m5.xlarge": NodePrice(0.22, 0.05, 4, 16.0)}
    assert (live.gb_month, live.source) == (0.09, "AWS's Price List, asked now")


def test_price_list_without_a_price(price_list: Any) -> None:
    with Stubber(price_list) as stub:
        stub.add_response("get_products", {"PriceList": []})
        with pytest.raises(PriceError, match="Price List has no price for .*m5.xlarge"):
            live_prices("eu-west-1", ["m5.xlarge"], price_list)


def test_price_list_that_refuses(price_list: Any) -> None:
    with Stubber(price_list) as stub:
        stub.add_client_error("get_products", "AccessDeniedException")
        with pytest.raises(PriceError, match="does not answer: access denied: let"):
            live_prices("eu-west-1", ["m5.xlarge"], price_list)


def test_table_stands_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    assert find_prices("eu-west-1", ["m5.xlarge"]) == table_prices("eu-west-1")
    with pytest.raises(PriceError, match="us-east-1"):
        find_prices("us-east-1", ["m5.xlarge"])
