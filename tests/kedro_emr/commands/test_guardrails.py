"""What breaks a guardrail is not created nor given work, unless someone says so."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from kedro_emr.account import WIDE_POLICIES
from kedro_emr.clients import session
from kedro_emr.guardrails import GUARDRAILS
from tests.kedro_emr import settings_examples
from tests.kedro_emr.commands.conftest import User

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:register_new_resolver"),
    pytest.mark.usefixtures("bucket"),
]

# What each guardrail is tripped by: settings, or something in the account.
TRIPPED: dict[str, dict[str, Any] | str] = {
    "missing-settings": {"network__subnet": None},
    "outside-eu": {"region": "eu-west-2"},
    "bucket-elsewhere": {"region": "eu-north-1"},
    "no-auto-termination": {"idle_seconds": None},
    "long-idle": {"idle_seconds": 7200},
    "no-scaling-ceiling": {"scaling__maximum": None},
    "over-run-budget": {"budget__per_run": 0.01},
    "over-month-budget": {"budget__per_month": 0.01},
    "no-security-configuration": {"encryption__security_configuration": None},
    "unencrypted-logs": {"encryption__kms_key": None},
    "unencrypted-volumes": "plain",
    "unencrypted-transit": "plain",
    "public-subnet": "public",
    "open-ssh": {"network__ssh_from": "0.0.0.0/0"},
    "wide-roles": "wide",
    "missing-tags": {"tags__owner": None},
    "other-spark": {"release": "emr-6.15.0"},
}
Set = Callable[..., None]


@pytest.fixture(autouse=True, scope="module")
def own_session() -> Iterator[None]:
    """One for all tests: they work with one account, and making it takes a while."""
    session.cache_clear()
    yield
    session.cache_clear()


@pytest.fixture
def given(account: dict[str, str], user: User, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Make the commands find settings with some changed."""
    names = {
        "storage__bucket": account["FRUIT_FEATURES_BUCKET"],
        "network__subnet": account["FRUIT_FEATURES_SUBNET"],
        "encryption__security_configuration": "encrypted",
    }

    def change(**changes: Any) -> None:
        changed = settings_examples.settings(**{**names, **changes})
        module = "kedro_emr.commands.options"
        monkeypatch.setattr(f"{module}.project_settings", lambda _: changed)

    return change


def tampered(user: User, how: str) -> dict[str, Any]:
    """Make something in the account that is not as it should be; name it."""
    ec2, iam = user.aws.client("ec2"), user.aws.client("iam")
    if how == "plain":
        name = f"plain-{uuid4()}"
        user.aws.client("emr").create_security_configuration(
            Name=name, SecurityConfiguration="{}"
        )
        return {"encryption__security_configuration": name}
    if how == "wide":
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        iam.create_role(RoleName="wide", AssumeRolePolicyDocument=document)
        policy = iam.create_policy(PolicyName=WIDE_POLICIES[0], PolicyDocument=document)
        iam.attach_role_policy(RoleName="wide", PolicyArn=policy["Policy"]["Arn"])
        return {"roles__service": "wide"}
    vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])[
        "RouteTables"
    ]
    ec2.create_route(
        RouteTableId=table["RouteTableId"],
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=gateway,
    )
    return {"network__subnet": subnet}


def test_every_guardrail_is_tripped_here() -> None:
    assert set(TRIPPED) == {each.name for each in GUARDRAILS}


@pytest.mark.parametrize("name", TRIPPED)
def test_create_is_refused(user: User, given: Set, name: str) -> None:
    how = TRIPPED[name]
    given(**(tampered(user, how) if isinstance(how, str) else how))
    line = user.refused("create", "--images", "22688")
    assert line.startswith("Error: refused by ")
    assert f"{name}: " in line
    assert user.up() == []


def test_submit_is_refused(user: User, given: Set) -> None:
    user.create("--images", "22688")
    given(budget__per_run=0.01)
    line = user.refused("submit", "--images", "22688")
    assert line.startswith("Error: refused by a guardrail: over-run-budget: ")
    line = user.refused("submit", "--images", "22688", "--transient")
    assert "over-run-budget: " in line
    assert len(user.up()) == 1
    assert user.aws.cluster(user.aws.newest()).steps == []


def test_what_is_overridden_is_in_the_clusters_tags(user: User, given: Set) -> None:
    given(idle_seconds=7200)
    cluster = user.create("--images", "22688", "--allow", "long-idle")
    user.move("WAITING")
    assert user.data("status")["cluster"]["tags"]["allowed"] == "long-idle"
    # It holds for what runs there, too, and what is added is added to it.
    user.ok("submit", "--images", "22688")
    given(idle_seconds=7200, encryption__kms_key=None)
    line = user.refused("submit", "--images", "22688")
    assert line.startswith("Error: refused by a guardrail: unencrypted-logs: ")
    user.ok("submit", "--images", "22688", "--allow", "unencrypted-logs")
    tags = user.data("status", cluster)["cluster"]["tags"]
    assert tags["allowed"] == "long-idle unencrypted-logs"
    assert "overridden   long-idle unencrypted-logs" in user.ok("status")
