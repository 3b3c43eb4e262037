"""Compares an account with the template for one, ``account.yml``; only reads."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from kedro_emr.account import (
    Client,
    addresses_of,
    as_list,
    clients,
    vpc_of,
)
from kedro_emr.bucket import Bucket
from kedro_emr.clients import explain
from kedro_emr.errors import AwsError
from kedro_emr.settings import ClusterSettings

# Codes that say that something is not there.
MISSING = (
    "InvalidGroup.NotFound",
    "InvalidSubnetID.NotFound",
    "NoSuchBucket",
    "NoSuchEntity",
)

TEMPLATE = Path(__file__).with_name("account.yml")


class Part(NamedTuple):
    """Something of the account.

    Attributes:
        name: What it is.
        state: ``same``, ``differs``, ``missing`` or ``unknown``.
        found: How it differs, or why that is not known; else empty.
    """

    name: str
    state: str
    found: str = ""


def compare(settings: ClusterSettings, client: Client | None = None) -> list[Part]:
    """Compare what a cluster would use with what the template would make.

    Args:
        settings: They name the bucket, the roles and the network.
        client: Makes clients; ``None`` for such as give up within seconds.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    parts: list[Part] = []
    for name, look in _looks(settings, client or clients(settings.region)):
        try:
            parts += look()
        except BotoCoreError as error:
            # No credentials or no network: nor will the next one answer.
            return [*parts, Part(name, "unknown", explain(error))]
        except ClientError as error:
            parts.append(_unseen(name, error, explain(error)))
        except AwsError as error:
            parts.append(_unseen(name, error.__cause__, str(error)))
    return parts


def _unseen(name: str, error: Any, said: str) -> Part:
    answer = getattr(error, "response", {"Error": {"Code": ""}})
    gone = answer["Error"]["Code"] in MISSING
    return Part(name, "missing" if gone else "unknown", said)


def _looks(
    settings: ClusterSettings, client: Client
) -> Iterator[tuple[str, Callable[[], list[Part]]]]:
    # Clients are made when they are needed: without a profile there are none.
    if settings.storage.bucket:
        yield "bucket", lambda: _bucket(Bucket(client("s3"), settings))
    service, nodes = settings.roles.bare_names
    yield f"role {nodes}", lambda: _role(client("iam"), "NodesRole", nodes, settings)
    yield (
        f"role {service}",
        lambda: _role(client("iam"), "ServiceRole", service, settings),
    )
    if settings.network.subnet:
        yield "way to S3", lambda: _way_to_s3(client("ec2"), settings)
    if settings.network.security_groups:
        yield "security groups", lambda: _groups(client("ec2"), settings)


def _bucket(bucket: Bucket) -> list[Part]:
    return [
        Part(f"bucket: {check.name}", "same")
        if check.fits
        else Part(
            f"bucket: {check.name}", "differs", f"is {check.found}, not {check.should}"
        )
        for check in bucket.checks()
    ]


def _role(iam: Any, resource: str, role: str, settings: ClusterSettings) -> list[Part]:
    """Look for policies that the template does not give, and such as allow more."""
    given = _policies(resource, settings.name)
    found = dict(_attached(iam, role))
    more = [
        *(policy for policy in found if policy not in given),
        *iam.list_role_policies(RoleName=role)["PolicyNames"],
    ]
    lacking = [policy for policy in given if policy not in found]
    said = [f"has {policy} as well" for policy in more]
    said += [f"lacks {policy}" for policy in lacking]
    for policy, template in given.items():
        if template and policy in found:
            said += _wider(policy, _document(iam, found[policy]), template)
    return [_part(f"role {role}", said)]


def _attached(iam: Any, role: str) -> Iterator[tuple[str, str]]:
    for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        yield each["PolicyName"], each["PolicyArn"]


def _document(iam: Any, arn: str) -> Mapping[str, Any]:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)
    document: Mapping[str, Any] = found["PolicyVersion"]["Document"]
    return document


def _wider(
    policy: str, found: Mapping[str, Any], template: Mapping[str, Any]
) -> list[str]:
    """Say what a policy allows, or no longer denies, beside the template's."""
    here, there = _rights(found), _rights(template)
    more = [right for right in here - there if right.effect == "Allow"]
    fewer = [right for right in there - here if right.effect == "Deny"]
    said = [f"{policy} allows {right.action}{right.where} as well" for right in more]
    said += [f"{policy} does not deny {right.action}" for right in fewer]
    return sorted(said)


class _Right(NamedTuple):
    effect: str
    action: str
    everywhere: bool

    @property
    def where(self) -> str:
        return " everywhere" if self.everywhere else ""


def _rights(document: Mapping[str, Any]) -> set[_Right]:
    return {
        _Right(statement["Effect"], action, "*" in as_list(statement["Resource"]))
        for statement in as_list(document["Statement"])
        for action in as_list(statement.get("Action", []))
    }


def _way_to_s3(ec2: Any, settings: ClusterSettings) -> list[Part]:
    service = f"com.amazonaws.{settings.region}.s3"
    wanted = {"vpc-id": vpc_of(ec2, settings.network.subnet), "service-name": service}
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    known = ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]
    # One that was deleted is listed on for a while.
    found = [each for each in known if each["State"] == "available"]
    if not found:
        return [Part("way to S3", "missing", "the network has no endpoint of S3")]
    wide = [
        f"{each['VpcEndpointId']} lets through to every bucket"
        for each in found
        if any(right.everywhere for right in _rights(_policy(each)))
    ]
    return [_part("way to S3", wide)]


def _policy(endpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    # JSON, which is YAML as well.
    document: Mapping[str, Any] = yaml.safe_load(endpoint["PolicyDocument"])
    return document


def _groups(ec2: Any, settings: ClusterSettings) -> list[Part]:
    ids = (settings.network.security_groups or "").split(",")
    groups = ec2.describe_security_groups(GroupIds=ids)["SecurityGroups"]
    return [
        _part(f"security group {group['GroupId']}", sorted(_let_in(group)))
        for group in groups
    ]


def _let_in(group: Mapping[str, Any]) -> Iterator[str]:
    """Name who is let in by address: the template lets in other groups alone."""
    for rule in group["IpPermissions"]:
        ports = f"{rule.get('FromPort', 'all')} to {rule.get('ToPort', 'all')}"
        yield from (f"lets in {each}, ports {ports}" for each in addresses_of(rule))


def _part(name: str, said: list[str]) -> Part:
    return Part(name, "differs", "; ".join(said)) if said else Part(name, "same")


def _policies(role: str, name: str) -> dict[str, Mapping[str, Any] | None]:
    """Return the template's policies of a role; ``None`` where AWS writes them."""
    resources = template()["Resources"]
    own = {
        each["Properties"]["ManagedPolicyName"].replace("${Name}", name): each[
            "Properties"
        ]["PolicyDocument"]
        for each in resources.values()
        if each["Type"] == "AWS::IAM::ManagedPolicy"
        and role in each["Properties"]["Roles"]
    }
    arns = resources[role]["Properties"].get("ManagedPolicyArns", [])
    return {**own, **{arn.rsplit("/", 1)[-1]: None for arn in arns}}


def template() -> dict[str, Any]:
    """Read the template; what CloudFormation's own tags say is left as it is."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, tag, node: node.value)
    read: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader)  # noqa: S506
    return read
