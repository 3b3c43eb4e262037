"""What the bucket should be, and what mends it where it is not."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from kedro_emr.clients import asking
from kedro_emr.errors import AwsError
from kedro_emr.lifecycle import Rule, lifecycle_rules
from kedro_emr.request import PROJECT_TAG
from kedro_emr.settings import ClusterSettings

# Amazon's name for it in answers, for its oldest regions.
REGIONS = {None: "us-east-1", "EU": "eu-west-1"}

TLS_ONLY = "TlsOnly"
ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


class Check(NamedTuple):
    """One thing that the bucket should be.

    Attributes:
        name: What is looked at.
        found: What it is.
        should: What it should be.
        fits: Whether that is so.
        mend: Makes it so; ``None`` where nothing can.
    """

    name: str
    found: str
    should: str
    fits: bool
    mend: Callable[[], None] | None


@dataclass(frozen=True)
class Bucket:
    """The bucket of ``cluster.yml``.

    Attributes:
        client: An S3 client, of the cluster's region.
        settings: What it should be.
    """

    client: Any
    settings: ClusterSettings

    @property
    def name(self) -> str:
        """Its name."""
        return self.settings.place.bucket

    def is_there(self) -> bool:
        """Tell whether it is.

        Raises:
            AwsError: If it is another's, or S3 does not answer.
        """
        return self._read(self.client.head_bucket, "404") is not None

    def create(self) -> None:
        """Make it, in the region of the cluster, and all that it should be.

        Raises:
            AwsError: If S3 refuses.
        """
        region = self.settings.region
        where: dict[str, Any] = {"LocationConstraint": region}
        given = {} if region == "us-east-1" else {"CreateBucketConfiguration": where}
        with asking(f"create s3://{self.name}"):
            self.client.create_bucket(Bucket=self.name, **given)
        self.mend(self.checks())

    def mend(self, checks: list[Check]) -> None:
        """Make right what can be.

        Raises:
            AwsError: If S3 refuses.
        """
        for check in checks:
            if not check.fits and check.mend:
                with asking(f"set {check.name} of s3://{self.name}"):
                    check.mend()

    def checks(self) -> list[Check]:
        """Compare what it is with what it should be.

        Raises:
            AwsError: If S3 does not answer.
        """
        return [
            self._region(),
            self._public_access(),
            self._encryption(),
            self._tls(),
            self._versioning(),
            self._lifecycle(),
            self._tags(),
        ]

    def _region(self) -> Check:
        answer = self._read(self.client.get_bucket_location) or {}
        where = answer.get("LocationConstraint")
        found, should = REGIONS.get(where, where), self.settings.region
        return Check("region", str(found), should, found == should, None)

    def _public_access(self) -> Check:
        missing = "NoSuchPublicAccessBlockConfiguration"
        answer = self._read(self.client.get_public_access_block, missing) or {}
        blocked = answer.get("PublicAccessBlockConfiguration", {})
        open_ways = [way for way in ALL_BLOCKED if not blocked.get(way)]

        def mend() -> None:
            self.client.put_public_access_block(
                Bucket=self.name, PublicAccessBlockConfiguration=ALL_BLOCKED
            )

        found = f"not {', '.join(open_ways)}" if open_ways else "blocked"
        return Check("public access", found, "blocked", not open_ways, mend)

    def _encryption(self) -> Check:
        key = self.settings.encryption.kms_key
        missing = "ServerSideEncryptionConfigurationNotFoundError"
        answer = self._read(self.client.get_bucket_encryption, missing) or {}
        rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        used = rules[0]["ApplyServerSideEncryptionByDefault"] if rules else {}
        wanted = {"SSEAlgorithm": "aws:kms" if key else "AES256"}
        if key:
            wanted["KMSMasterKeyID"] = key

        def mend() -> None:
            rule = {
                "ApplyServerSideEncryptionByDefault": wanted,
                "BucketKeyEnabled": bool(key),
            }
            self.client.put_bucket_encryption(
                Bucket=self.name, ServerSideEncryptionConfiguration={"Rules": [rule]}
            )

        # Without a key in cluster.yml, a key that somebody else has set is as good.
        fits = used == wanted if key else bool(used)
        found = " ".join(used.values()) or "none"
        return Check("encryption", found, " ".join(wanted.values()), fits, mend)

    def _tls(self) -> Check:
        answer = self._read(self.client.get_bucket_policy, "NoSuchBucketPolicy") or {}
        policy = json.loads(answer.get("Policy", '{"Version": "2012-10-17"}'))
        statements = policy.get("Statement", [])
        wanted = _tls_only(self.name)

        def mend() -> None:
            others = [each for each in statements if each.get("Sid") != TLS_ONLY]
            text = json.dumps({**policy, "Statement": [*others, wanted]})
            self.client.put_bucket_policy(Bucket=self.name, Policy=text)

        fits = wanted in statements
        found = "required" if fits else "not required by the bucket's policy"
        return Check("TLS", found, "required", fits, mend)

    def _versioning(self) -> Check:
        answer = self._read(self.client.get_bucket_versioning) or {}
        found = answer.get("Status", "never set")

        def mend() -> None:
            self.client.put_bucket_versioning(
                Bucket=self.name, VersioningConfiguration={"Status": "Enabled"}
            )

        return Check("versioning", found, "Enabled", found == "Enabled", mend)

    def _lifecycle(self) -> Check:
        missing = "NoSuchLifecycleConfiguration"
        answer = (
            self._read(self.client.get_bucket_lifecycle_configuration, missing) or {}
        )
        there = [Rule(rule) for rule in answer.get("Rules", [])]
        wanted = lifecycle_rules(self.settings.place, self.settings.retention)
        own = [rule for rule in there if rule.is_own(self.settings.place)]

        def mend() -> None:
            others = [rule.request for rule in there if rule not in own]
            rules = [*others, *(rule.request for rule in wanted)]
            self.client.put_bucket_lifecycle_configuration(
                Bucket=self.name, LifecycleConfiguration={"Rules": rules}
            )

        said = "; ".join(map(str, own)) or "nothing is deleted"
        should = "; ".join(map(str, wanted))
        fits = sorted(map(str, own)) == sorted(map(str, wanted))
        return Check("lifecycle", said, should, fits, mend)

    def _tags(self) -> Check:
        answer = self._read(self.client.get_bucket_tagging, "NoSuchTagSet") or {}
        there = {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", [])}
        tags = {
            PROJECT_TAG: self.settings.name,
            "owner": self.settings.tags.owner,
            "purpose": self.settings.tags.purpose,
        }
        wanted = {key: value for key, value in tags.items() if value}

        def mend() -> None:
            pairs = {**there, **wanted}.items()
            tag_set = [{"Key": key, "Value": value} for key, value in pairs]
            self.client.put_bucket_tagging(
                Bucket=self.name, Tagging={"TagSet": tag_set}
            )

        own = {key: there[key] for key in wanted if key in there}
        return Check("tags", _pairs(own), _pairs(wanted), own == wanted, mend)

    def _read(self, call: Callable[..., Any], missing: str = "") -> Any:
        """Ask S3; ``None`` where it says by this code that there is nothing."""
        try:
            with asking(f"look at s3://{self.name}"):
                return call(Bucket=self.name)
        except AwsError as error:
            answer = getattr(error.__cause__, "response", None)
            if answer and answer["Error"]["Code"] == missing:
                return None
            raise


def _tls_only(bucket: str) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Sid": TLS_ONLY,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _pairs(tags: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items()) or "none"
