"""What an account says, asked of moto's server over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from cluster.processes import free_ports
from kedro_emr.account import AccountFacts, gather_facts
from kedro_emr.prices import table_prices
from kedro_emr.settings import ClusterSettings
from tests.kedro_emr.settings_examples import settings
from tests.s3_server import KEYS, S3Server

PRICES = table_prices("eu-west-1")
TRUSTED = json.dumps({"Version": "2012-10-17", "Statement": []})
NARROW = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::x/*"}
WIDE = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


@pytest.fixture(autouse=True)
def environment(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    yield


@pytest.fixture(scope="module")
def account(s3_server: S3Server) -> dict[str, str]:
    """A private and a public subnet, roles, a bucket here and one elsewhere."""
    ec2, iam = s3_server.client("ec2"), s3_server.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ids = {
        name: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24")["Subnet"][
            "SubnetId"
        ]
        for n, name in enumerate(("private", "public"))
    }
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    everywhere = "0.0.0.0/0"
    ec2.create_route(
        RouteTableId=table, DestinationCidrBlock=everywhere, GatewayId=gateway
    )
    ec2.associate_route_table(RouteTableId=table, SubnetId=ids["public"])
    for role, statement in (("narrow", NARROW), ("wide", WIDE)):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUSTED)
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=policy)
        iam.create_instance_profile(InstanceProfileName=f"{role}_nodes")
        iam.add_role_to_instance_profile(
            InstanceProfileName=f"{role}_nodes", RoleName=role
        )
    s3_server.make_bucket("facts-here")
    elsewhere = boto3.client(
        "s3",
        endpoint_url=s3_server.endpoint,
        region_name="eu-west-3",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    elsewhere.create_bucket(
        Bucket="facts-elsewhere",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-3"},
    )
    group = ec2.create_security_group(
        GroupName="ElasticMapReduce-master", Description="EMR's", VpcId=vpc
    )
    return {**ids, "group": group["GroupId"]}


def ours(account: dict[str, str], **changes: Any) -> ClusterSettings:
    good = {
        "storage__bucket": "facts-here",
        "network__subnet": account["private"],
        "roles__service": "narrow",
        "roles__instance_profile": "narrow_nodes",
        "encryption__security_configuration": None,
    }
    return settings(**{**good, **changes})


def test_a_good_place(account: dict[str, str], s3_server: S3Server) -> None:
    said = json.dumps(
        {
            "EncryptionConfiguration": {
                "EnableAtRestEncryption": True,
                "EnableInTransitEncryption": True,
                "AtRestEncryptionConfiguration": {
                    "LocalDiskEncryptionConfiguration": {
                        "EncryptionKeyProviderType": "AwsKms",
                        "EnableEbsEncryption": True,
                    }
                },
            }
        }
    )
    emr = s3_server.client("emr")
    emr.create_security_configuration(Name="good", SecurityConfiguration=said)
    one = ours(account, encryption__security_configuration="good")
    assert gather_facts(one, None) == AccountFacts(
        bucket_region="eu-west-1",
        subnet_public=False,
        ssh_open=(),
        wide_rights=(),
        volumes_encrypted=True,
        transit_encrypted=True,
    )


def test_a_bad_place(account: dict[str, str], s3_server: S3Server) -> None:
    ec2 = s3_server.client("ec2")
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 0,
        "ToPort": 1024,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    }
    asked = {"GroupId": account["group"], "IpPermissions": [rule]}
    ec2.authorize_security_group_ingress(**asked)
    one = ours(
        account,
        storage__bucket="facts-elsewhere",
        network__subnet=account["public"],
        roles__instance_profile="wide_nodes",
    )
    try:
        found = gather_facts(one, None)
    finally:
        ec2.revoke_security_group_ingress(**asked)
    assert found == AccountFacts(
        bucket_region="eu-west-3",
        subnet_public=True,
        ssh_open=(account["group"],),
        wide_rights=("own of wide",),
        volumes_encrypted=False,
        transit_encrypted=False,
    )


def test_policies_of_amazon_that_are_wide(
    account: dict[str, str], s3_server: S3Server
) -> None:
    iam = s3_server.client("iam")
    policy = "arn:aws:iam::aws:policy/service-role/AmazonElasticMapReduceforEC2Role"
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=TRUSTED)
    try:
        iam.attach_role_policy(RoleName="old", PolicyArn=policy)
    except iam.exceptions.NoSuchEntityException:
        policy = iam.create_policy(
            PolicyName="AmazonElasticMapReduceforEC2Role",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [WIDE]}),
        )["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="old", PolicyArn=policy)
    found = gather_facts(ours(account, roles__service="old"), None)
    assert found.wide_rights == ("AmazonElasticMapReduceforEC2Role of old",)


def test_volumes_that_the_account_encrypts(
    account: dict[str, str], s3_server: S3Server
) -> None:
    ec2 = s3_server.client("ec2")
    ec2.enable_ebs_encryption_by_default()
    try:
        found = gather_facts(ours(account), None)
    finally:
        ec2.disable_ebs_encryption_by_default()
    assert (found.volumes_encrypted, found.transit_encrypted) == (True, False)


def test_what_is_not_there_is_said(account: dict[str, str]) -> None:
    one = ours(
        account,
        storage__bucket="facts-nowhere",
        network__subnet="subnet-00000000",
        roles__instance_profile="nobody",
        encryption__security_configuration="nothing",
    )
    unknown = gather_facts(one, None).unknown
    assert set(unknown) == {
        "bucket_region",
        "subnet_public",
        "ssh_open",
        "wide_rights",
        "volumes_encrypted",
        "transit_encrypted",
    }
    assert unknown["bucket_region"].startswith("there is no such bucket")
    assert "InvalidSubnetID.NotFound" in unknown["subnet_public"]
    assert "NoSuchEntity" in unknown["wide_rights"]


def test_nobody_answers(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    found = gather_facts(ours(account), PRICES)
    assert found == AccountFacts(unknown=found.unknown, out_of_reach=found.out_of_reach)
    assert len(found.unknown) == 7
    assert set(found.unknown.values()) == {"the account is out of reach"}
    assert "Could not connect to the endpoint" in found.out_of_reach
