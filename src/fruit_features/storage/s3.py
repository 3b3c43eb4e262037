"""Checks of access to S3 before Spark starts.

S3A retries silently for eight minutes if S3 does not answer.
"""

import contextlib
import datetime as dt
import gzip
import io
import os
import zlib
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, NamedTuple

from kedro.io.core import get_protocol_and_path

from fruit_features.exceptions import StorageError
from fruit_features.storage.clients import ATTEMPTS, explain

# Amazon refuses requests whose clock is off by more.
CLOCK_SECONDS = 15 * 60.0

# Spark needs the folder of its event logs; creating it tests write permission.
LOGS = "logs/"
EVENT_LOGS = f"{LOGS}spark-events/"


# First bytes of a gzip file; bytes read at once.
GZIP, PIECE = b"\x1f\x8b", 4096


class Place(NamedTuple):
    """A bucket and a key prefix without trailing slash."""

    bucket: str
    prefix: str

    @property
    def address(self) -> str:
        """The address ``s3://<bucket>/<prefix>``."""
        return f"s3://{self.bucket}/{self.prefix}"

    def key(self, name: str) -> str:
        """Return the key of an object below the prefix."""
        return f"{self.prefix}/{name}".lstrip("/")


def place_of(address: str) -> Place | None:
    """Parse an S3 address; return ``None`` for any other."""
    protocol, path = get_protocol_and_path(address)
    if protocol not in ("s3", "s3a", "s3n"):
        return None
    bucket, _, prefix = path.partition("/")
    return Place(bucket, prefix.strip("/"))


def data_root(report: str) -> str:
    """Return the root of a report's path or address ``<root>/08_reporting/<file>``."""
    return report.rsplit("/", 2)[0]


def s3_client() -> Any:
    """Return a client that gives up within seconds.

    Cached by AWS's environment variables: creating one takes 0.3 s.
    """
    said = (item for item in os.environ.items() if item[0].startswith("AWS_"))
    return _client(tuple(sorted(said)))


@lru_cache(1)
def _client(said: tuple[tuple[str, str], ...]) -> Any:
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
    config = Config(connect_timeout=3, read_timeout=5, retries=retries)
    return boto3.Session().client("s3", config=config)


def check_results(place: Place) -> None:
    """Raise ``StorageError`` if a place cannot be listed, written or read."""
    check_images(place)
    client, key = s3_client(), place.key(EVENT_LOGS)
    _try(place, "write to", lambda: client.put_object(Bucket=place.bucket, Key=key))
    _try(place, "read", lambda: client.get_object(Bucket=place.bucket, Key=key))


def has_objects(place: Place) -> bool:
    """Return whether a place has any object."""
    return bool(_list_one(place)["KeyCount"])


def check_images(place: Place) -> None:
    """Raise ``StorageError`` if a place cannot be listed, or the clock is wrong."""
    headers = _list_one(place)["ResponseMetadata"]["HTTPHeaders"]
    if "date" not in headers:
        return
    theirs = parsedate_to_datetime(headers["date"])
    seconds = (dt.datetime.now(dt.timezone.utc) - theirs).total_seconds()
    if abs(seconds) > CLOCK_SECONDS:
        way = "ahead of" if seconds > 0 else "behind"
        message = (
            f"this machine's clock is {abs(seconds) / 60:,.0f} minutes {way} that of "
            f"{place.address}: set it, say by chrony; S3 accepts a quarter of an hour"
        )
        raise StorageError(message)


def _list_one(place: Place) -> Any:
    client = _try(place, "reach", s3_client)
    asked = {"Bucket": place.bucket, "Prefix": place.prefix, "MaxKeys": 1}
    return _try(place, "list", lambda: client.list_objects_v2(**asked))


def _try(place: Place, act: str, call: Callable[[], Any]) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except (BotoCoreError, ClientError, ValueError) as error:
        message = f"cannot {act} {place.address}: {explain(error, f'{act} it')}"
        raise StorageError(message) from error


def gunzip(content: bytes) -> bytes:
    """Decompress if gzipped; of a damaged or unfinished file, its readable part."""
    if not content.startswith(GZIP):
        return content
    parts = []
    with (
        contextlib.suppress(EOFError, OSError, zlib.error),
        gzip.open(io.BytesIO(content)) as file,
    ):
        while part := file.read1(PIECE):
            parts.append(part)
    return b"".join(parts)
