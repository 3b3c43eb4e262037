"""The bucket is made as it should be, and what differs is named and mended."""

import json
from dataclasses import replace

import pytest

from kedro_emr.bucket import ALL_BLOCKED, Bucket
from kedro_emr.errors import AwsError
from kedro_emr.loading import read_settings
from kedro_emr.settings import ClusterSettings, Retention
from tests.kedro_emr.moto_emr import KEY, MotoEmr

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

OTHERS_RULE = {
    "ID": "theirs",
    "Status": "Enabled",
    "Filter": {"Prefix": "other/"},
    "Expiration": {"Days": 3},
}
OTHERS_STATEMENT = {
    "Sid": "theirs",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::fruit/*",
}


@pytest.fixture
def settings(
    project, in_account: MotoEmr, monkeypatch: pytest.MonkeyPatch
) -> ClusterSettings:
    monkeypatch.setenv("FRUIT_FEATURES_BUCKET", "fruit")
    monkeypatch.setenv("FRUIT_FEATURES_OWNER", "somebody")
    return read_settings(project)


@pytest.fixture
def bucket(settings: ClusterSettings, in_account: MotoEmr) -> Bucket:
    in_account.forget()
    bucket = Bucket(in_account.client("s3"), settings)
    assert not bucket.is_there()
    bucket.create()
    return bucket


def differing(bucket: Bucket) -> list[str]:
    return [check.name for check in bucket.checks() if not check.fits]


def test_it_is_made_as_it_should_be(bucket: Bucket) -> None:
    assert bucket.is_there()
    assert differing(bucket) == []
    client, name = bucket.client, bucket.name
    where = client.get_bucket_location(Bucket=name)["LocationConstraint"]
    assert where == bucket.settings.region
    blocked = client.get_public_access_block(Bucket=name)
    assert blocked["PublicAccessBlockConfiguration"] == ALL_BLOCKED
    policy = json.loads(client.get_bucket_policy(Bucket=name)["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert client.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    rules = client.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    *expiring, leftovers = rules
    days = {r["Filter"]["Prefix"]: r["Expiration"]["Days"] for r in expiring}
    assert days["fruit_features/01_raw/images/"] == 90
    assert days["fruit_features/04_feature/features/"] == 365
    assert days["fruit_features/logs/"] == 30
    assert leftovers["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}


def test_what_differs_is_named_and_mended_and_what_is_others_stays(
    bucket: Bucket,
) -> None:
    client, name = bucket.client, bucket.name
    client.delete_public_access_block(Bucket=name)
    client.delete_bucket_encryption(Bucket=name)
    client.put_bucket_policy(
        Bucket=name,
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [OTHERS_STATEMENT]}),
    )
    client.put_bucket_versioning(
        Bucket=name, VersioningConfiguration={"Status": "Suspended"}
    )
    client.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": [OTHERS_RULE]}
    )
    tags = [{"Key": "theirs", "Value": "x"}, {"Key": "owner", "Value": "other"}]
    client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})

    checks = bucket.checks()
    assert [check.name for check in checks if not check.fits] == [
        "public access",
        "encryption",
        "TLS",
        "versioning",
        "lifecycle",
        "tags",
    ]
    found = {check.name: check.found for check in checks}
    assert found["encryption"] == "none"
    assert found["versioning"] == "Suspended"
    assert found["tags"] == "owner=other"

    bucket.mend(checks)
    assert differing(bucket) == []
    policy = json.loads(client.get_bucket_policy(Bucket=name)["Policy"])
    assert OTHERS_STATEMENT in policy["Statement"]
    rules = client.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert "theirs" in [rule["ID"] for rule in rules]
    tagged = client.get_bucket_tagging(Bucket=name)["TagSet"]
    assert {"Key": "theirs", "Value": "x"} in tagged


def test_retention_is_what_the_settings_say(bucket: Bucket) -> None:
    retention = Retention(images_days=30, features_days=400)
    other = Bucket(bucket.client, replace(bucket.settings, retention=retention))
    assert differing(other) == ["lifecycle"]
    other.mend(other.checks())
    answer = bucket.client.get_bucket_lifecycle_configuration(Bucket=bucket.name)
    kept = {
        rule["Filter"]["Prefix"]: rule["Expiration"]["Days"]
        for rule in answer["Rules"]
        if "Expiration" in rule
    }
    assert kept == {
        "fruit_features/01_raw/images/": 30,
        "fruit_features/02_intermediate/images/": 30,
        "fruit_features/04_feature/expired_images.parquet": 400,
        "fruit_features/04_feature/features/": 400,
        "fruit_features/04_feature/quarantine/": 30,
        "fruit_features/07_model_output/reduced_features/": 400,
        "fruit_features/08_reporting/report.html": 30,
        "fruit_features/08_reporting/thumbnails.parquet": 30,
    }


def test_a_key_of_ones_own_is_asked_for_where_it_is_named(bucket: Bucket) -> None:
    encryption = replace(bucket.settings.encryption, kms_key=KEY)
    other = Bucket(bucket.client, replace(bucket.settings, encryption=encryption))
    assert differing(other) == ["encryption"]
    other.mend(other.checks())
    assert differing(other) == []
    # Without a key in the settings, that one is as good.
    assert differing(bucket) == []


def test_another_region_cannot_be_mended(bucket: Bucket) -> None:
    other = Bucket(bucket.client, replace(bucket.settings, region="eu-north-1"))
    (region,) = (check for check in other.checks() if not check.fits)
    assert (region.name, region.found, region.should, region.mend) == (
        "region",
        "eu-west-1",
        "eu-north-1",
        None,
    )


def test_a_bucket_of_somebody_else_is_refused(
    bucket: Bucket, in_account: MotoEmr
) -> None:
    storage = replace(bucket.settings.storage, bucket="other.eu")
    other = Bucket(in_account.client("s3"), replace(bucket.settings, storage=storage))
    with pytest.raises(
        AwsError, match="cannot look at s3://other.eu: there is no such"
    ):
        other.checks()
