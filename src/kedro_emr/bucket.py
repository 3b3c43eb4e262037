"""What the bucket should be, and what mends it where it is not."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from kedro_emr.clients import asking, code_of
from kedro_emr.errors import AwsError
from kedro_emr.lifecycle import describe, is_own, lifecycle_rules
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
    """A property of the bucket: what it is, what it should be, what mends it."""

    name: str
    found: str
    should: str
    fits: bool
    mend: Callable[[], None] | None = None


@dataclass(frozen=True)
class Bucket:
    """The bucket of ``cluster.yml``, by an S3 client of the cluster's region."""

    client: Any
    settings: ClusterSettings

    @property
    def name(self) -> str:
        """Its name."""
        return self.settings.place.bucket

    def is_there(self) -> bool:
        """Tell whether it exists; an error if it is another account's."""
        return self._read("head_bucket", "404") is not None

    def create(self) -> None:
        """Make it, in the region of the cluster, and all that it should be."""
        region = self.settings.region
        where: dict[str, Any] = {"LocationConstraint": region}
        given = {} if region == "us-east-1" else {"CreateBucketConfiguration": where}
        with asking(f"create s3://{self.name}"):
            self.client.create_bucket(Bucket=self.name, **given)
        self.mend(self.checks())

    def mend(self, checks: list[Check]) -> None:
        """Make right what can be."""
        for check in checks:
            if not check.fits and check.mend:
                with asking(f"set {check.name} of s3://{self.name}"):
                    check.mend()

    def checks(self) -> list[Check]:
        """Compare what it is with what it should be."""
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
        where = self._read("get_bucket_location").get("LocationConstraint")
        found, should = REGIONS.get(where, where), self.settings.region
        return Check("region", str(found), should, found == should)

    def _public_access(self) -> Check:
        missing = "NoSuchPublicAccessBlockConfiguration"
        answer = self._read("get_public_access_block", missing) or {}
        blocked = answer.get("PublicAccessBlockConfiguration", {})
        open_ways = [way for way in ALL_BLOCKED if not blocked.get(way)]
        mend = self._put(
            "put_public_access_block", PublicAccessBlockConfiguration=ALL_BLOCKED
        )
        found = f"not {', '.join(open_ways)}" if open_ways else "blocked"
        return Check("public access", found, "blocked", not open_ways, mend)

    def _encryption(self) -> Check:
        key = self.settings.encryption.kms_key
        missing = "ServerSideEncryptionConfigurationNotFoundError"
        answer = self._read("get_bucket_encryption", missing) or {}
        rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        used = rules[0]["ApplyServerSideEncryptionByDefault"] if rules else {}
        wanted = {"SSEAlgorithm": "aws:kms" if key else "AES256"}
        if key:
            wanted["KMSMasterKeyID"] = key
        rule = {
            "ApplyServerSideEncryptionByDefault": wanted,
            "BucketKeyEnabled": bool(key),
        }
        configuration = {"Rules": [rule]}
        mend = self._put(
            "put_bucket_encryption", ServerSideEncryptionConfiguration=configuration
        )
        # Without a key in cluster.yml, a key that somebody else has set is as good.
        fits = used == wanted if key else bool(used)
        found = " ".join(used.values()) or "none"
        return Check("encryption", found, " ".join(wanted.values()), fits, mend)

    def _tls(self) -> Check:
        answer = self._read("get_bucket_policy", "NoSuchBucketPolicy") or {}
        policy = json.loads(answer.get("Policy", '{"Version": "2012-10-17"}'))
        statements = policy.get("Statement", [])
        arn = f"arn:aws:s3:::{self.name}"
        wanted = {
            "Sid": TLS_ONLY,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        others = [each for each in statements if each.get("Sid") != TLS_ONLY]
        text = json.dumps({**policy, "Statement": [*others, wanted]})
        fits = wanted in statements
        found = "required" if fits else "not required by the bucket's policy"
        mend = self._put("put_bucket_policy", Policy=text)
        return Check("TLS", found, "required", fits, mend)

    def _versioning(self) -> Check:
        found = self._read("get_bucket_versioning").get("Status", "never set")
        enabled = {"Status": "Enabled"}
        mend = self._put("put_bucket_versioning", VersioningConfiguration=enabled)
        return Check("versioning", found, "Enabled", found == "Enabled", mend)

    def _lifecycle(self) -> Check:
        missing = "NoSuchLifecycleConfiguration"
        answer = self._read("get_bucket_lifecycle_configuration", missing) or {}
        place, there = self.settings.place, answer.get("Rules", [])
        wanted = lifecycle_rules(place, self.settings.retention)
        own = [rule for rule in there if is_own(rule, place)]
        rules = [*(rule for rule in there if rule not in own), *wanted]
        mend = self._put(
            "put_bucket_lifecycle_configuration",
            LifecycleConfiguration={"Rules": rules},
        )
        said, should = list(map(describe, own)), list(map(describe, wanted))
        fits = sorted(said) == sorted(should)
        found = "; ".join(said) or "nothing is deleted"
        return Check("lifecycle", found, "; ".join(should), fits, mend)

    def _tags(self) -> Check:
        answer = self._read("get_bucket_tagging", "NoSuchTagSet") or {}
        there = {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", [])}
        tags = {
            PROJECT_TAG: self.settings.name,
            "owner": self.settings.tags.owner,
            "purpose": self.settings.tags.purpose,
        }
        wanted = {key: value for key, value in tags.items() if value}
        pairs = {**there, **wanted}.items()
        tag_set = [{"Key": key, "Value": value} for key, value in pairs]
        mend = self._put("put_bucket_tagging", Tagging={"TagSet": tag_set})
        own = {key: there[key] for key in wanted if key in there}
        return Check("tags", _pairs(own), _pairs(wanted), own == wanted, mend)

    def _put(self, operation: str, **given: Any) -> Callable[[], None]:
        def mend() -> None:
            getattr(self.client, operation)(Bucket=self.name, **given)

        return mend

    def _read(self, operation: str, missing: str = "") -> Any:
        """Ask S3; ``None`` where it says by this code that there is nothing."""
        try:
            with asking(f"look at s3://{self.name}"):
                return getattr(self.client, operation)(Bucket=self.name)
        except AwsError as error:
            if missing and code_of(error) == missing:
                return None
            raise


def _pairs(tags: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items()) or "none"
