"""Whether S3 answers and lets a run in: asked before Spark starts.

S3A asks on for eight minutes, without a word, where nobody answers.
"""

import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from kedro.io.core import get_protocol_and_path

from fruit_features.exceptions import StorageError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# Amazon refuses requests that are a quarter of an hour off.
CLOCK_SECONDS = 15 * 60.0

# Spark wants the folder of its event logs to be there; writing it shows the right to.
EVENT_LOGS = "logs/spark-events/"

# What an S3 says, and what helps.
REMEDIES = {
    "NoSuchBucket": "there is no such bucket: see its name, or create it",
    "404": "there is no such bucket: see its name, or create it",
    "AccessDenied": "access denied: let the role or user {act} it",
    "403": "access denied: let the role or user {act} it",
    "InvalidAccessKeyId": "no such access key: see AWS_ACCESS_KEY_ID or the profile",
    "SignatureDoesNotMatch": "the secret key is wrong: see AWS_SECRET_ACCESS_KEY or "
    "the profile",
    "ExpiredToken": "the credentials have expired: get new ones",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it, say by chrony",
}


class Place(NamedTuple):
    """A bucket and what its keys begin with.

    Attributes:
        bucket: Its name.
        prefix: Without a slash at the end; may be empty.
    """

    bucket: str
    prefix: str

    @property
    def address(self) -> str:
        """The place as an address."""
        return f"s3://{self.bucket}/{self.prefix}"

    def key(self, name: str) -> str:
        """Return the key of something that lies there."""
        return f"{self.prefix}/{name}".lstrip("/")


def place_of(address: str) -> Place | None:
    """Return the place on S3 that an address names; ``None`` if it is none of S3."""
    protocol, path = get_protocol_and_path(address)
    if protocol not in ("s3", "s3a", "s3n"):
        return None
    bucket, _, prefix = path.partition("/")
    return Place(bucket, prefix.strip("/"))


def s3_client() -> Any:
    """Make a client that gives up within seconds."""
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": 2}
    config = Config(connect_timeout=3, read_timeout=5, retries=retries)
    return boto3.Session().client("s3", config=config)


def check_results(place: Place) -> None:
    """Refuse a place that cannot be listed, written to and read.

    Raises:
        StorageError: Naming the place and what to do.
    """
    client, key = s3_client(), place.key(EVENT_LOGS)
    check_images(place, client)
    _try(place, "write to", lambda: client.put_object(Bucket=place.bucket, Key=key))
    _try(place, "read", lambda: client.get_object(Bucket=place.bucket, Key=key))


def has_objects(place: Place) -> bool:
    """Tell whether there is anything at a place.

    Raises:
        StorageError: If it may not be listed.
    """
    client = s3_client()
    asked = {"Bucket": place.bucket, "Prefix": place.prefix, "MaxKeys": 1}
    found = _try(place, "list", lambda: client.list_objects_v2(**asked))
    return bool(found["KeyCount"])


def check_images(place: Place, client: Any = None) -> None:
    """Refuse a place that cannot be listed, and a clock that S3 would not accept.

    Raises:
        StorageError: Naming the place and what to do.
    """
    client = client or s3_client()
    asked = {"Bucket": place.bucket, "Prefix": place.prefix, "MaxKeys": 1}
    answer = _try(place, "list", lambda: client.list_objects_v2(**asked))
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    if "date" in headers:
        _check_clock(place, parsedate_to_datetime(headers["date"]))


def _check_clock(place: Place, theirs: dt.datetime) -> None:
    seconds = (dt.datetime.now(dt.timezone.utc) - theirs).total_seconds()
    if abs(seconds) > CLOCK_SECONDS:
        way = "ahead of" if seconds > 0 else "behind"
        message = (
            f"this machine's clock is {abs(seconds) / 60:,.0f} minutes {way} that of "
            f"{place.address}: set it, say by chrony; S3 accepts a quarter of an hour"
        )
        raise StorageError(message)


def _try(place: Place, act: str, call: Callable[[], Any]) -> Any:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        PartialCredentialsError,
    )

    begun = f"cannot {act} {place.address}"
    try:
        return call()
    except ClientError as error:
        message = f"{begun}: {_said(error, act)}"
        raise StorageError(message) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        message = (
            f"{begun}: no credentials; give the machine a role, or set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
        raise StorageError(message) from error
    except (BotoCoreError, ValueError) as error:
        message = f"{begun}: {error}; see AWS_ENDPOINT_URL, AWS_REGION and the network"
        raise StorageError(message) from error


def _said(error: "ClientError", act: str) -> str:
    code = error.response["Error"]["Code"]
    remedy = REMEDIES.get(code)
    if remedy:
        return remedy.format(act=act)
    return f"{code}, {error.response['Error'].get('Message', 'no more is said')}"
