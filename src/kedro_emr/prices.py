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
from kedro_emr.settings import Nodes

TABLE = Path(__file__).with_name("prices.json")
HOURS_A_MONTH = 730

# The Price List of all regions is at a few of them; this one is in the EU.
PRICE_LIST_REGION = "eu-central-1"


@dataclass(frozen=True)
class NodePrice:
    """What a node of a type costs an hour, without its volumes.

    Attributes:
        ec2: The machine, on demand, in dollars.
        emr: EMR's own charge, in dollars.
        vcpus: How many vCPUs it has.
        memory_gb: Its memory.
    """

    ec2: float
    emr: float
    vcpus: int
    memory_gb: float


@dataclass(frozen=True)
class Prices:
    """The prices of one region.

    Attributes:
        region: The region.
        source: Where they come from, and of when they are.
        nodes: By type of instance.
        gb_month: A GB of gp3 volume for a month, in dollars.
    """

    region: str
    source: str
    nodes: Mapping[str, NodePrice]
    gb_month: float

    def node(self, instance_type: str) -> NodePrice:
        """Return the price of a type.

        Raises:
            PriceError: If it is not known.
        """
        if instance_type not in self.nodes:
            message = (
                f"no price for {instance_type!r} in {self.region}; known there: "
                f"{', '.join(self.nodes)}"
            )
            raise PriceError(message)
        return self.nodes[instance_type]

    def hour(self, nodes: Nodes, root_volume_gb: int) -> float:
        """Return what one node of a group costs an hour, with its volumes, in dollars.

        Spot nodes count as on demand: that is the most they can cost.
        """
        price = self.node(nodes.instance_type)
        return (
            price.ec2 + price.emr + self.volume_hour(nodes.volume_gb + root_volume_gb)
        )

    def volume_hour(self, gb: float) -> float:
        """Return what volumes cost an hour, in dollars."""
        return gb * self.gb_month / HOURS_A_MONTH


@lru_cache
def price_table() -> dict[str, Any]:
    """Read the table that comes with the project."""
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def priced_regions() -> list[str]:
    """Return the regions that the table knows: all of the EU."""
    return sorted(price_table()["ec2_xlarge"])


def table_prices(region: str) -> Prices:
    """Return the table's prices.

    Raises:
        PriceError: If it lacks the region.
    """
    table = price_table()
    if region not in table["ec2_xlarge"]:
        message = (
            f"no prices for region {region!r}; known are: {', '.join(priced_regions())}"
        )
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
    """Ask AWS's Price List.

    Args:
        region: The region.
        types: The types of instances to ask for.
        client: A client of the service ``pricing``; ``None`` for one that gives up
            within seconds.

    Raises:
        PriceError: If it does not answer, or does not know one of them.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = client or _price_list()
        nodes = {name: _live_node(client, region, name) for name in sorted(set(types))}
        volume = {"productFamily": "Storage", "volumeApiName": "gp3"}
        gb_month, _ = _ask(client, "AmazonEC2", region, volume)
    except (BotoCoreError, ClientError) as error:
        message = f"AWS's Price List does not answer: {explain(error)}"
        raise PriceError(message) from error
    return Prices(region, "AWS's Price List, asked now", nodes, gb_month)


def find_prices(region: str, types: Collection[str]) -> Prices:
    """Return live prices, or the table's where the Price List is out of reach.

    Types that were not asked for are the table's.

    Raises:
        PriceError: If neither knows the region.
    """
    try:
        live = live_prices(region, types)
    except PriceError:
        return table_prices(region)
    known = table_prices(region).nodes if region in priced_regions() else {}
    return replace(live, nodes={**known, **live.nodes})


def _price_list() -> Any:
    return session().client("pricing", PRICE_LIST_REGION, config=limits(2, 5, 1))


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
