"""The template for an account: moto makes it, the project's own guardrails judge it."""

import ast
import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ProfileNotFound
from botocore.stub import Stubber
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs
from moto import mock_aws
from moto.core.authorization import enable_iam_authentication

from fruit_features.resolvers import SETTINGS
from kedro_emr.account import AccountFacts, Client, gather_facts
from kedro_emr.drift import stack_drift
from kedro_emr.guardrails import EU_REGIONS, Case, judge
from kedro_emr.loading import read_settings
from kedro_emr.request import POLICY_TAG, PROJECT_TAG, cluster_request
from kedro_emr.settings import ClusterSettings
from tests.conftest import PROJECT
from tests.kedro_emr.policies import allows
from tests.kedro_emr.test_request import faults

# Kedro 1.7 calls a function that the newest OmegaConf has renamed. moto makes no bucket
# policy and no budget of a template.
pytestmark = [
    pytest.mark.filterwarnings("ignore:register_new_resolver"),
    pytest.mark.filterwarnings("ignore:Tried to parse AWS::"),
]

TEMPLATE = PROJECT / "src" / "kedro_emr" / "account.yml"
REGION, ACCOUNT = "eu-west-3", "123456789012"
BUCKET = "fruit-photos"
GIVEN = {"Email": "ann@fruit.example"}
OBJECTS = f"arn:aws:s3:::{BUCKET}"
OURS, OTHERS = f"{OBJECTS}/fruit_features/04_feature/x", "arn:aws:s3:::other/x"
HERE = {"aws:RequestedRegion": REGION}
THERE = {"aws:RequestedRegion": "us-east-1"}


def lint(template: Path) -> set[str]:
    arguments = ManualArgs(regions=list(EU_REGIONS))
    return {match.message for match in lint_file(template, arguments)}


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def create(name: str, region: str = REGION, **given: str) -> dict[str, str]:
    """Make a stack and return its outputs."""
    cloud = boto3.client("cloudformation", region_name=region)
    # An account has every name once.
    given = {
        **GIVEN,
        "Name": name,
        "Bucket": f"{BUCKET}-{name.replace('_', '-')}",
        **given,
    }
    parameters = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in given.items()
    ]
    cloud.create_stack(
        StackName=name.replace("_", "-"),
        TemplateBody=TEMPLATE.read_text(),
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    (stack,) = cloud.describe_stacks(StackName=name.replace("_", "-"))["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def template() -> dict[str, Any]:
    """Read the template; what CloudFormation's own tags say is left as it is."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, tag, node: node.value)
    return yaml.load(TEMPLATE.read_text(), Loader)


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, str]]:
    """An account with the stack; what it says is to be exported."""
    with (
        pytest.MonkeyPatch.context() as patch,
        mock_aws(config={"iam": {"load_aws_managed_policies": True}}),
    ):
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        # moto leaves out AWS's policies in a template, and writes no JSON.
        said = create("fruit_features", Bucket=BUCKET)["Settings"]
        client("iam").attach_role_policy(
            RoleName="fruit_features_emr",
            PolicyArn=template()["Resources"]["ServiceRole"]["Properties"][
                "ManagedPolicyArns"
            ][0],
        )
        emr, name = client("emr"), "fruit_features"
        found = emr.describe_security_configuration(Name=name)["SecurityConfiguration"]
        emr.delete_security_configuration(Name=name)
        emr.create_security_configuration(
            Name=name, SecurityConfiguration=json.dumps(ast.literal_eval(found))
        )
        yield dict(re.findall(r"^export (\w+)=(\S+)$", said, re.M))


@pytest.fixture
def settings(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> ClusterSettings:
    """What conf/emr/cluster.yml says, with the stack's names in the environment."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in {**account, "FRUIT_FEATURES_OWNER": "ann"}.items():
        monkeypatch.setenv(name, value)
    return read_settings(PROJECT)


def policies(role: str) -> list[dict[str, Any]]:
    """Return all that a role is given, AWS's own policies with it."""
    iam = client("iam")
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []
    found = []
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    for each in attached:
        arn = each["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)
        found.append(document["PolicyVersion"]["Document"])
    return found


@pytest.fixture(scope="module")
def nodes(account: dict[str, str]) -> list[dict[str, Any]]:
    profile = client("iam").get_instance_profile(
        InstanceProfileName="fruit_features_nodes"
    )
    (role,) = profile["InstanceProfile"]["Roles"]
    return policies(role["RoleName"])


@pytest.fixture(scope="module")
def people(account: dict[str, str]) -> list[dict[str, Any]]:
    return policies("fruit_features_user")


# --- the template ------------------------------------------------------------


def test_cfn_lint_finds_nothing() -> None:
    # Regions one after another: some seconds. It does not see that where there are no
    # budgets, none is made.
    regions = template()["Mappings"]["EU"]
    assert set(regions) == set(EU_REGIONS)
    assert lint(TEMPLATE) == {
        f"Resource type 'AWS::Budgets::Budget' does not exist in {name!r}"
        for name, region in regions.items()
        if region["Budgets"] == "no"
    }


def test_cfn_lint_notices_a_fault(tmp_path: Path) -> None:
    wrong = tmp_path / "account.yml"
    wrong.write_text(TEMPLATE.read_text().replace("EnableKeyRotation", "EnableRotat"))
    assert any("EnableRotat" in message for message in lint(wrong))


def test_regions_outside_the_eu_are_refused() -> None:
    # moto's words for a key that is not in a mapping.
    with mock_aws(), pytest.raises(KeyError, match="us-east-1"):
        create("elsewhere", "us-east-1")


def test_it_fits_conf_emr(settings: ClusterSettings, account: dict[str, str]) -> None:
    assert set(account) - set(SETTINGS) == {"AWS_REGION"}
    assert settings.region == REGION
    defaults = {k: v.get("Default") for k, v in template()["Parameters"].items()}
    assert defaults["Name"] == settings.name
    assert defaults["Prefix"] == settings.place.prefix
    assert defaults["MonthlyBudget"] == settings.budget.per_month
    request = cluster_request(settings, settings.place)
    assert faults(request) == ""
    iam, emr = client("iam"), client("emr")
    iam.get_role(RoleName=request["ServiceRole"])
    iam.get_instance_profile(InstanceProfileName=request["JobFlowRole"])
    emr.describe_security_configuration(Name=request["SecurityConfiguration"])


def test_guardrails_have_nothing_against_it(settings: ClusterSettings) -> None:
    facts = gather_facts(settings, None, client)
    assert facts == AccountFacts(
        bucket_region=REGION,
        subnet_public=False,
        ssh_open=(),
        wide_rights=(),
        volumes_encrypted=True,
        transit_encrypted=True,
    )
    found = {each.name: each.state for each in judge(Case(settings, facts))}
    # Of money nothing is said here.
    without = {"over-run-budget", "over-month-budget"}
    assert {n for n, state in found.items() if state != "passed"} == without


def test_security_groups_let_nobody_in_from_outside(
    settings: ClusterSettings, account: dict[str, str]
) -> None:
    ids = account["FRUIT_FEATURES_SECURITY_GROUPS"].split(",")
    instances = cluster_request(settings, settings.place)["Instances"]
    assert [
        instances["EmrManagedMasterSecurityGroup"],
        instances["EmrManagedSlaveSecurityGroup"],
        instances["ServiceAccessSecurityGroup"],
    ] == ids
    groups = client("ec2").describe_security_groups(GroupIds=ids)["SecurityGroups"]
    rules = [rule for group in groups for rule in group["IpPermissions"]]
    assert len(rules) >= len(groups) == 3
    for rule in rules:
        assert not rule["IpRanges"] and not rule["Ipv6Ranges"]
        assert {pair["GroupId"] for pair in rule["UserIdGroupPairs"]} <= set(ids)
    for group in groups:
        tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
        assert (tags[PROJECT_TAG], tags[POLICY_TAG]) == ("fruit_features", "true")


def test_without_nat_no_subnet_has_a_way_out(account: dict[str, str]) -> None:
    said = create("closed", Nat="no")["Settings"]
    (subnet,) = re.findall(r"_SUBNET=(\S+)", said)
    ec2 = client("ec2")
    (found,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    of_network = [{"Name": "vpc-id", "Values": [found["VpcId"]]}]
    tables = ec2.describe_route_tables(Filters=of_network)["RouteTables"]
    targets = [route for table in tables for route in table["Routes"]]
    assert {route["GatewayId"] for route in targets if "GatewayId" in route} <= {
        "local",
        *(r["GatewayId"] for r in targets if r.get("GatewayId", "").startswith("vpce")),
    }
    assert not [route for route in targets if "NatGatewayId" in route]


# --- an account beside it ----------------------------------------------------


def drift(name: str, kind: str, status: str, *differences: Any) -> dict[str, Any]:
    return {
        "StackId": "s",
        "LogicalResourceId": name,
        "PhysicalResourceId": f"a-{name}",
        "ResourceType": kind,
        "StackResourceDriftStatus": status,
        "Timestamp": dt.datetime(2026, 5, 1),
        "PropertyDifferences": [
            {
                "PropertyPath": path,
                "ExpectedValue": expected,
                "ActualValue": actual,
                "DifferenceType": "NOT_EQUAL",
            }
            for path, expected, actual in differences
        ],
    }


def drifted(status: str, *drifts: dict[str, Any], reason: str = "") -> Client:
    """Answer as CloudFormation does; moto knows no drift."""
    cloud = boto3.client("cloudformation", region_name=REGION)
    stub, stack = Stubber(cloud), {"StackName": "some-stack"}
    of_stack = {"LogicalResourceId": "Images", "ResourceType": "AWS::S3::Bucket"}
    resource = {**stack, **of_stack, "ResourceStatus": "CREATE_COMPLETE"}
    resource["Timestamp"] = dt.datetime(2026, 5, 1)
    stub.add_response(
        "describe_stack_resources",
        {"StackResources": [resource]},
        {"PhysicalResourceId": BUCKET},
    )
    stub.add_response("detect_stack_drift", {"StackDriftDetectionId": "d"}, stack)
    said = {
        "StackId": "s",
        "StackDriftDetectionId": "d",
        "Timestamp": dt.datetime(2026, 5, 1),
    }
    asked = {"StackDriftDetectionId": "d"}
    for each in ("DETECTION_IN_PROGRESS", status):
        answer = {**said, "DetectionStatus": each}
        if reason and each == status:
            answer["DetectionStatusReason"] = reason
        stub.add_response("describe_stack_drift_detection_status", answer, asked)
    found = {"StackResourceDrifts": list(drifts)}
    page = {**stack, "MaxResults": 100}
    stub.add_response("describe_stack_resource_drifts", found, page)
    stub.activate()
    return lambda _: cloud


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kedro_emr.drift.sleep", lambda _: None)


@pytest.mark.usefixtures("_at_once")
def test_what_was_changed_is_told(settings: ClusterSettings) -> None:
    tags = ("/Tags/2/Key", "", "owner")
    versions = ("/VersioningConfiguration/Status", "Enabled", "Suspended")
    answering = drifted(
        "DETECTION_COMPLETE",
        drift("Key", "AWS::KMS::Key", "IN_SYNC"),
        drift("Images", "AWS::S3::Bucket", "MODIFIED", tags, versions),
        drift("Other", "AWS::S3::Bucket", "MODIFIED", tags),
        drift("WayToS3", "AWS::EC2::VPCEndpoint", "DELETED"),
    )
    assert stack_drift(settings, answering) == [
        ("Key, a-Key", "same", ""),
        (
            "Images, a-Images",
            "differs",
            "/VersioningConfiguration/Status is Suspended, not Enabled",
        ),
        ("Other, a-Other", "same", ""),
        ("WayToS3, a-WayToS3", "missing", ""),
    ]


@pytest.mark.usefixtures("_at_once")
def test_what_may_not_be_looked_at_is_said(settings: ClusterSettings) -> None:
    answering = drifted(
        "DETECTION_FAILED",
        drift("Key", "AWS::KMS::Key", "IN_SYNC"),
        reason="Failed to detect drift on resource [NodesRole]",
    )
    assert stack_drift(settings, answering) == [
        ("Key, a-Key", "same", ""),
        (
            "stack some-stack",
            "unknown",
            "Failed to detect drift on resource [NodesRole]",
        ),
    ]


def test_an_account_without_the_stack(settings: ClusterSettings) -> None:
    def refusing(service: str) -> Any:
        made = client(service)
        stub = Stubber(made)
        stub.add_client_error("describe_stack_resources", "AccessDenied")
        stub.activate()
        return made

    said = "access denied: let the role or user do DescribeStackResources"
    assert stack_drift(settings, refusing) == [("stack", "unknown", said)]
    storage = replace(settings.storage, bucket=None)
    (part,) = stack_drift(replace(settings, storage=storage), client)
    assert (part.state, part.found) == (
        "unknown",
        "there is no bucket to know it by",
    )


def test_without_a_profile_one_line_says_so(settings: ClusterSettings) -> None:
    def nobody(service: str) -> Any:
        raise ProfileNotFound(profile="nobody")

    (part,) = stack_drift(settings, nobody)
    assert part.state == "unknown"
    assert "nobody" in part.found


# --- rights ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "resource", "more"),
    [
        ("s3:GetObject", OURS, {}),
        ("s3:PutObject", OURS, {}),
        ("s3:DeleteObject", OURS, {}),
        ("s3:GetObject", f"{OBJECTS}/fruit_features/code/bootstrap.sh", {}),
        ("s3:PutObject", f"{OBJECTS}/jupyter/ann/a.ipynb", {}),
        ("s3:ListBucket", OBJECTS, {"s3:prefix": "fruit_features/01_raw/"}),
        ("ssmmessages:OpenDataChannel", "*", {}),
    ],
)
def test_nodes_may(
    nodes: list[dict[str, Any]], action: str, resource: str, more: dict[str, str]
) -> None:
    assert allows(nodes, action, resource, {**HERE, **more})
    # The same elsewhere: never.
    assert not allows(nodes, action, resource, {**THERE, **more})


@pytest.mark.parametrize(
    ("action", "resource", "more"),
    [
        ("s3:GetObject", OTHERS, {}),
        ("s3:PutObject", OTHERS, {}),
        ("s3:ListBucket", "arn:aws:s3:::other", {"s3:prefix": "fruit_features/"}),
        ("s3:ListAllMyBuckets", "*", {}),
        ("s3:GetObject", f"{OBJECTS}/hr/salaries.csv", {}),
        ("s3:GetObject", f"{OBJECTS}/fruit_features_2/x", {}),
        ("s3:ListBucket", OBJECTS, {"s3:prefix": ""}),
        ("s3:ListBucket", OBJECTS, {}),
        ("s3:PutObject", f"{OBJECTS}/fruit_features/code/bootstrap.sh", {}),
        ("s3:DeleteObjectVersion", OURS, {}),
        ("s3:PutBucketPolicy", OBJECTS, {}),
        ("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/another", {}),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/fruit_features_nodes", {}),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/fruit_features_user", {}),
        ("ec2:RunInstances", "*", {}),
        ("elasticmapreduce:TerminateJobFlows", "*", {}),
    ],
)
def test_nodes_may_not(
    nodes: list[dict[str, Any]], action: str, resource: str, more: dict[str, str]
) -> None:
    assert not allows(nodes, action, resource, {**HERE, **more})


def test_key_is_the_projects(
    nodes: list[dict[str, Any]], account: dict[str, str]
) -> None:
    key = account["FRUIT_FEATURES_KMS_KEY"]
    assert allows(nodes, "kms:GenerateDataKey", key, HERE)
    assert not allows(nodes, "kms:ScheduleKeyDeletion", key, HERE)
    assert not allows(nodes, "kms:CreateGrant", key, HERE)
    assert allows(
        nodes, "kms:CreateGrant", key, {**HERE, "kms:GrantIsForAWSResource": "true"}
    )


def test_moto_enforces_what_nodes_may(account: dict[str, str]) -> None:
    """Real calls with the role's own credentials, refused or not by moto."""
    # It takes the condition on the region, which it does not know, for a denial.
    iam, s3 = client("iam"), client("s3")
    role = "fruit_features_nodes"
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    arns = {each["PolicyName"]: each["PolicyArn"] for each in attached}
    region = arns["fruit_features_region"]
    where = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="other", CreateBucketConfiguration=where)
    s3.put_object(Bucket="other", Key="x", Body=b"")
    iam.detach_role_policy(RoleName=role, PolicyArn=region)
    given = client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        RoleSessionName="node",
    )["Credentials"]
    node = boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    own = {"Bucket": BUCKET, "Key": "fruit_features/x"}
    code = {"Bucket": BUCKET, "Key": "fruit_features/code/x"}
    with enable_iam_authentication():
        node.put_object(**own, Body=b"x")
        assert node.get_object(**own)["Body"].read() == b"x"
        node.delete_object(**own)
        for refused in (
            lambda: node.get_object(Bucket="other", Key="x"),
            lambda: node.put_object(Bucket="other", Key="y", Body=b""),
            lambda: node.put_object(**code, Body=b""),
            node.list_buckets,
        ):
            with pytest.raises(node.exceptions.ClientError, match="AccessDenied"):
                refused()
    iam.attach_role_policy(RoleName=role, PolicyArn=region)


def test_emr_may_start_nodes_in_this_network_only(account: dict[str, str]) -> None:
    given = policies("fruit_features_emr")
    subnet = account["FRUIT_FEATURES_SUBNET"]
    (found,) = client("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"]
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
    tagged = {**HERE, f"aws:ResourceTag/{POLICY_TAG}": "true"}
    own = {**tagged, "ec2:Vpc": f"{arn}:vpc/{found['VpcId']}"}
    other = {**tagged, "ec2:Vpc": f"{arn}:vpc/vpc-0"}
    assert allows(given, "ec2:RunInstances", f"{arn}:subnet/{subnet}", own)
    assert not allows(given, "ec2:RunInstances", f"{arn}:subnet/subnet-0", other)
    ours = {**tagged, "aws:ResourceTag/project": "fruit_features"}
    theirs = {**tagged, "aws:ResourceTag/project": "theirs"}
    assert allows(given, "ec2:TerminateInstances", f"{arn}:instance/i-0", ours)
    assert not allows(given, "ec2:TerminateInstances", f"{arn}:instance/i-0", theirs)
    assert not allows(given, "ec2:TerminateInstances", f"{arn}:instance/i-0", tagged)
    role = f"arn:aws:iam::{ACCOUNT}:role/fruit_features_nodes"
    passed = {**HERE, "iam:PassedToService": "ec2.amazonaws.com"}
    assert allows(given, "iam:PassRole", role, passed)
    assert not allows(given, "iam:PassRole", f"{role}_2", passed)
    assert not allows(given, "s3:GetObject", OURS, HERE)


def test_people_may_do_what_the_commands_do(
    people: list[dict[str, Any]], settings: ClusterSettings
) -> None:
    tags = cluster_request(settings, settings.place)["Tags"]
    asked = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    assert allows(people, "elasticmapreduce:RunJobFlow", "*", {**HERE, **asked})
    assert not allows(people, "elasticmapreduce:RunJobFlow", "*", {**THERE, **asked})
    assert not allows(people, "elasticmapreduce:RunJobFlow", "*", HERE)
    cluster = f"arn:aws:elasticmapreduce:{REGION}:{ACCOUNT}:cluster/j-1"
    stop = "elasticmapreduce:TerminateJobFlows"
    assert allows(people, stop, cluster, {"aws:ResourceTag/project": "fruit_features"})
    assert not allows(people, stop, cluster, {"aws:ResourceTag/project": "theirs"})
    assert not allows(people, stop, cluster)
    for role in ("fruit_features_nodes", "fruit_features_emr"):
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        emr = {"iam:PassedToService": "elasticmapreduce.amazonaws.com"}
        assert allows(people, "iam:PassRole", arn, emr)
        assert not allows(people, "iam:PassRole", arn)
    assert allows(people, "s3:PutObject", OURS)
    assert allows(people, "s3:DeleteObjectVersion", OURS)
    for action, resource in (
        ("s3:GetObject", OTHERS),
        ("s3:PutBucketPolicy", OBJECTS),
        ("s3:DeleteBucket", OBJECTS),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/fruit_features_nodes"),
        ("ec2:RunInstances", "*"),
    ):
        assert not allows(people, action, resource, HERE)


def test_people_may_ask_all_that_a_plan_asks(people: list[dict[str, Any]]) -> None:
    page = (PROJECT / "docs/clusters.md").read_text()
    (listed,) = re.findall(r"in the words of a policy: (.+?)\. A guardrail", page, re.S)
    actions = re.findall(r"`(\w+:\w+)`", listed)
    assert len(actions) > 10
    role = f"arn:aws:iam::{ACCOUNT}:role/fruit_features_nodes"
    profile = role.replace(":role/", ":instance-profile/")
    policy = role.replace(":role/", ":policy/")
    cluster = f"arn:aws:elasticmapreduce:{REGION}:{ACCOUNT}:cluster/j-1"
    context = {**HERE, "aws:ResourceTag/project": "fruit_features"}
    for action in actions:
        assert any(
            allows(people, action, resource, context)
            for resource in ("*", OBJECTS, role, profile, policy, cluster)
        ), action


def test_no_other_bucket_is_reached_through_the_endpoint(
    account: dict[str, str],
) -> None:
    ec2, ids = client("ec2"), [account["FRUIT_FEATURES_SUBNET"]]
    (subnet,) = ec2.describe_subnets(SubnetIds=ids)["Subnets"]
    of_network = [{"Name": "vpc-id", "Values": [subnet["VpcId"]]}]
    found = ec2.describe_vpc_endpoints(Filters=of_network)["VpcEndpoints"]
    (endpoint,) = found
    # As moto writes what CloudFormation gives it.
    policy = [ast.literal_eval(endpoint["PolicyDocument"])]
    emr = f"arn:aws:s3:::repo.{REGION}.emr.amazonaws.com/a.rpm"
    assert allows(policy, "s3:PutObject", OURS)
    assert allows(policy, "s3:GetObject", emr)
    assert not allows(policy, "s3:PutObject", emr)
    assert not allows(policy, "s3:GetObject", OTHERS)
    assert not allows(policy, "s3:PutObject", OTHERS)


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"a": ["x", "y"]}}, {"a": "y"}, True),
        ({"StringEquals": {"a": "x"}}, {}, False),
        ({"StringNotEquals": {"a": "x"}}, {}, True),
        ({"StringNotEquals": {"a": ["x", "y"]}}, {"a": "y"}, False),
        ({"StringLike": {"a": "x/*.?pg"}}, {"a": "x/a.jpg"}, True),
        ({"StringLike": {"a": "x/*"}}, {"a": "xx/y"}, False),
        ({"Bool": {"a": "true"}, "StringEquals": {"b": "c"}}, {"a": "true"}, False),
    ],
)
def test_conditions_are_judged(
    condition: dict[str, Any], context: dict[str, str], holds: bool
) -> None:
    statement = {"Action": "s3:*", "Resource": "*", "Condition": condition}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    granted = [{"Statement": [{"Effect": "Allow", **statement}]}]
    denied = [{"Statement": [everything, {"Effect": "Deny", **statement}]}]
    assert allows(granted, "s3:GetObject", "*", context) is holds
    assert allows(denied, "s3:GetObject", "*", context) is not holds


def test_unknown_operators_are_no_guess() -> None:
    statement = {"Effect": "Allow", "Action": "*", "Condition": {"IpAddress": {"a": 1}}}
    with pytest.raises(KeyError, match="IpAddress"):
        allows([{"Statement": [statement]}], "s3:GetObject")
