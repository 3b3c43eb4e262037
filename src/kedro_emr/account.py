"""What an account says of the places and rights that a cluster would have."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kedro_emr.clients import explain, limits, session
from kedro_emr.costs import spent_this_month
from kedro_emr.errors import AwsError, PriceError
from kedro_emr.prices import Prices
from kedro_emr.settings import ClusterSettings

# Policies of AWS's that let a node or EMR do far more than this project needs; the last
# two are those of EMR's default roles.
WIDE_POLICIES = (
    "AdministratorAccess",
    "PowerUserAccess",
    "AmazonS3FullAccess",
    "AmazonEC2FullAccess",
    "IAMFullAccess",
    "AmazonElasticMapReduceRole",
    "AmazonElasticMapReduceforEC2Role",
)
# EMR's own groups of a VPC; their names begin so, however they end.
EMR_GROUPS = "ElasticMapReduce*"
EVERYWHERE = ("0.0.0.0/0", "::/0")
SSH = 22
OUT_OF_REACH = "the account is out of reach"

# An account's client for a service, such as ``boto3.Session().client``.
Client = Callable[[str], Any]


@dataclass(frozen=True)
class AccountFacts:
    """What was found, ``None`` where it is not known; ``unknown`` says by name why.

    ``spent`` is in dollars, since the first of the month; ``out_of_reach`` says why the
    account was asked no further.
    """

    bucket_region: str | None = None
    subnet_public: bool | None = None
    # EMR's security groups of the network that let ssh in from everywhere.
    ssh_open: tuple[str, ...] | None = None
    # Policies of the roles that allow far more than needed.
    wide_rights: tuple[str, ...] | None = None
    volumes_encrypted: bool | None = None
    transit_encrypted: bool | None = None
    spent: float | None = None
    unknown: Mapping[str, str] = field(default_factory=dict)
    out_of_reach: str = ""


def gather_facts(
    settings: ClusterSettings, prices: Prices | None, client: Client | None = None
) -> AccountFacts:
    """Ask the account, and change nothing; what it does not tell stays unknown."""
    from botocore.exceptions import BotoCoreError, ClientError

    client = client or clients(settings.region)
    found: dict[str, Any] = {}
    unknown: dict[str, str] = {}
    out_of_reach = ""
    for names, ask in _questions(settings, prices, client):
        if out_of_reach:
            unknown |= dict.fromkeys(names, OUT_OF_REACH)
            continue
        try:
            found |= dict(zip(names, ask(), strict=True))
        except ClientError as error:
            unknown |= dict.fromkeys(names, explain(error))
        except (AwsError, PriceError) as error:
            unknown |= dict.fromkeys(names, str(error))
        except BotoCoreError as error:
            # No credentials or no network: nor will the next one answer.
            out_of_reach = explain(error)
            unknown |= dict.fromkeys(names, OUT_OF_REACH)
    return AccountFacts(**found, unknown=unknown, out_of_reach=out_of_reach)


def clients(region: str) -> Client:
    """Make clients that give up within seconds."""
    return lambda service: session().client(
        service, region_name=region, config=limits(3, 10, 3)
    )


def _questions(
    settings: ClusterSettings, prices: Prices | None, client: Client
) -> Iterator[tuple[tuple[str, ...], Callable[[], tuple[Any, ...]]]]:
    """Name the facts that are to be asked for, and how."""
    bucket, subnet = settings.storage.bucket, settings.network.subnet
    if bucket:
        yield ("bucket_region",), lambda: (_bucket_region(client("s3"), bucket),)
    if subnet:
        names = ("subnet_public", "ssh_open")
        yield names, lambda: _subnet(client("ec2"), subnet)
    yield ("wide_rights",), lambda: (_wide_rights(client("iam"), settings),)
    names = ("volumes_encrypted", "transit_encrypted")
    yield names, lambda: _encryption(client, settings.encryption.security_configuration)
    if prices:
        today = dt.datetime.now(dt.timezone.utc)
        yield (
            ("spent",),
            lambda: (spent_this_month(client("emr"), settings, prices, today),),
        )


def _bucket_region(s3: Any, bucket: str) -> str:
    # No constraint is us-east-1's, EU a name of old for Ireland.
    found = s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1"
    return "eu-west-1" if found == "EU" else str(found)


def _filters(**wanted: str) -> list[dict[str, Any]]:
    return [
        {"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]}
        for name, value in wanted.items()
    ]


def _subnet(ec2: Any, subnet: str) -> tuple[bool, tuple[str, ...]]:
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    own = _filters(association__subnet_id=subnet)
    main = _filters(vpc_id=vpc, association__main="true")
    tables = (
        ec2.describe_route_tables(Filters=own)["RouteTables"]
        or ec2.describe_route_tables(Filters=main)["RouteTables"]
    )
    public = any(
        route.get("GatewayId", "").startswith("igw-")
        for table in tables
        for route in table["Routes"]
    )
    ours = _filters(vpc_id=vpc, group_name=EMR_GROUPS)
    groups = ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
    return public, tuple(g["GroupId"] for g in groups if _lets_ssh_in(g))


def _lets_ssh_in(group: Mapping[str, Any]) -> bool:
    return any(
        rule.get("FromPort", 0) <= SSH <= rule.get("ToPort", 65535)
        and rule["IpProtocol"] in ("tcp", "-1")
        and any(
            each.get("CidrIp", each.get("CidrIpv6")) in EVERYWHERE
            for each in (*rule.get("IpRanges", []), *rule.get("Ipv6Ranges", []))
        )
        for rule in group["IpPermissions"]
    )


def _wide_rights(iam: Any, settings: ClusterSettings) -> tuple[str, ...]:
    service, name = settings.roles.bare_names
    profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    roles = {service, *(role["RoleName"] for role in profile["Roles"])}
    return tuple(sorted(found for role in roles for found in _wide_of(iam, role)))


def _wide_of(iam: Any, role: str) -> Iterator[str]:
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        if policy["PolicyName"] in WIDE_POLICIES:
            yield f"{policy['PolicyName']} of {role}"
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        if any(_everything(each) for each in _as_list(document["Statement"])):
            yield f"{name} of {role}"


def _everything(statement: Mapping[str, Any]) -> bool:
    """Tell whether a statement allows all of a service, or of AWS, everywhere."""
    actions = _as_list(statement.get("Action", []))
    return (
        statement["Effect"] == "Allow"
        and "*" in _as_list(statement.get("Resource", []))
        and any(action == "*" or action.endswith(":*") for action in actions)
    )


def _as_list(value: Any) -> list[Any]:
    """Policies give one value or a list; always return a list."""
    return value if isinstance(value, list) else [value]


def _encryption(client: Client, name: str | None) -> tuple[bool, bool]:
    said: dict[str, Any] = {}
    if name:
        found = client("emr").describe_security_configuration(Name=name)
        configuration = json.loads(found["SecurityConfiguration"])
        said = configuration.get("EncryptionConfiguration", {})
    at_rest = said.get("AtRestEncryptionConfiguration", {})
    local = at_rest.get("LocalDiskEncryptionConfiguration")
    volumes = bool(said.get("EnableAtRestEncryption") and local)
    if not volumes:
        by_default = client("ec2").get_ebs_encryption_by_default()
        volumes = bool(by_default["EbsEncryptionByDefault"])
    return volumes, bool(said.get("EnableInTransitEncryption"))
