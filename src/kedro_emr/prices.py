"""What a node costs an hour: EC2, EMR and its volumes, by region and type.

``prices.json`` is a dated table with its sources; ``live_prices`` asks AWS's Price
List, where it is reachable.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from kedro_emr.clients import explain, limits, session
from kedro_emr.errors import PriceError

TABLE = Path(__file__).with_name("prices.json")
HOURS_A_MONTH = 730

# The Price List of all regions is at a few of them; this one is in the EU.
PRICE_LIST_REGION = "eu-central-1"


@dataclass(frozen=True)
class NodePrice:
    """Dollars an hour on demand, for the machine and for EMR, and what it has."""

    ec2: float
    emr: float
    vcpus: int
    memory_gb: float


@dataclass(frozen=True)
class Prices:
    """The prices of one region, by type of instance; volumes are gp3, in dollars."""

    region: str
    source: str
    nodes: Mapping[str, NodePrice]
    gb_month: float

    def node(self, instance_type: str) -> NodePrice:
        """Return the price of a type."""
        if instance_type not in self.nodes:
            message = (
                f"no price for {instance_type!r} in {self.region}; known there: "
                f"{', '.join(self.nodes)}"
            )
            raise PriceError(message)
        return self.nodes[instance_type]

    def hour(self, instance_type: str, volume_gb: float) -> float:
        """Return what a node costs an hour with its volumes; spot as on demand."""
        price = self.node(instance_type)
        return price.ec2 + price.emr + self.volume_hour(volume_gb)

    def volume_hour(self, gb: float) -> float:
        """Return what volumes cost an hour."""
        return gb * self.gb_month / HOURS_A_MONTH


@lru_cache
def price_table() -> dict[str, Any]:
    """Read the table that comes with the package."""
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def priced_regions() -> list[str]:
    """Return the regions that the table knows: all of the EU."""
    return sorted(price_table()["ec2_xlarge"])


def table_prices(region: str) -> Prices:
    """Return the table's prices."""
    table = price_table()
    if region not in table["ec2_xlarge"]:
        known = ", ".join(priced_regions())
        message = f"no prices for region {region!r}; known are: {known}"
        raise PriceError(message)
    nodes = {
        f"{family}.{size}": NodePrice(
            ec2=round(price * times, 6),
            emr=round(table["emr_xlarge"][family] * times, 6),
            vcpus=table["vcpus_of_xlarge"] * times,
            memory_gb=table["memory_gb_of_xlarge"][family] * times,
        )
        for family, price in table["ec2_xlarge"][region].items()
        for size, times in table["sizes"].items()
    }
    source = f"the project's table of {table['as_of']}"
    return Prices(region, source, nodes, table["gp3_gb_month"][region])


def live_prices(region: str, types: Collection[str], client: Any = None) -> Prices:
    """Ask AWS's Price List for types of instances, by a client of ``pricing``."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = client or session().client(
            "pricing", PRICE_LIST_REGION, config=limits(2, 5, 1)
        )
        nodes = {name: _live_node(client, region, name) for name in sorted(set(types))}
        volume = {"productFamily": "Storage", "volumeApiName": "gp3"}
        gb_month, _ = _ask(client, "AmazonEC2", region, volume)
    except (BotoCoreError, ClientError) as error:
        message = f"AWS's Price List does not answer: {explain(error)}"
        raise PriceError(message) from error
    return Prices(region, "AWS's Price List, asked now", nodes, gb_month)


def find_prices(region: str, types: Collection[str]) -> Prices:
    """Return live prices, and the table's for what the Price List did not tell."""
    try:
        live = live_prices(region, types)
    except PriceError:
        return table_prices(region)
    known = table_prices(region).nodes if region in priced_regions() else {}
    return replace(live, nodes={**known, **live.nodes})


def _live_node(client: Any, region: str, instance_type: str) -> NodePrice:
    plain = {
        "instanceType": instance_type,
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "capacitystatus": "Used",
        "preInstalledSw": "NA",
    }
    ec2, attributes = _ask(client, "AmazonEC2", region, plain)
    of_emr = {"instanceType": instance_type, "softwareType": "EMR"}
    emr, _ = _ask(client, "ElasticMapReduce", region, of_emr)
    # As AWS writes it: "16 GiB".
    memory = float(attributes["memory"].split()[0].replace(",", ""))
    return NodePrice(ec2, emr, int(attributes["vcpu"]), memory)


def _ask(
    client: Any, service: str, region: str, wanted: Mapping[str, str]
) -> tuple[float, Mapping[str, str]]:
    """Return the price of what one unit costs on demand, and what the product is."""
    filters = [
        {"Type": "TERM_MATCH", "Field": field, "Value": value}
        for field, value in {**wanted, "regionCode": region}.items()
    ]
    answer = client.get_products(ServiceCode=service, Filters=filters, MaxResults=100)
    for product in map(json.loads, answer["PriceList"]):
        for term in product["terms"].get("OnDemand", {}).values():
            for dimension in term["priceDimensions"].values():
                price = float(dimension["pricePerUnit"].get("USD", 0))
                if price:
                    return price, product["product"]["attributes"]
    message = f"AWS's Price List has no price for {dict(wanted)} in {region}"
    raise PriceError(message)
