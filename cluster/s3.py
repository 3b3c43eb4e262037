"""The S3 API: moto's server, a bucket as it should be, and images uploaded to it."""

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cluster import LocalClusterError
from cluster.processes import HOST, free_ports, start

BUCKET = "fruit-features"
REGION = "eu-west-1"
# moto asks nobody for a key; clients want to have one.
KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "throwaway"}
# moto's server is busy long before it has this many requests at once.
UPLOADS = 16


class Place(NamedTuple):
    """What begins with a prefix in a bucket.

    Attributes:
        bucket: Its name.
        prefix: Ends with a slash.
    """

    bucket: str
    prefix: str

    def __str__(self) -> str:
        """Return the place as an address."""
        return f"s3://{self.bucket}/{self.prefix}"


def start_server(work: Path, logs: Path) -> str:
    """Start moto's server.

    Returns:
        Its address.
    """
    (port,) = free_ports(1)
    start(
        [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)],
        work,
        logs / "s3.log",
        # Large objects lie in temporary files.
        {"TMPDIR": str(work)},
    )
    return f"http://{HOST}:{port}"


def client(environment: Mapping[str, str]) -> Any:
    """Return a client for the S3 of an environment such as ``.cluster/env`` makes."""
    return boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(
            s3={"addressing_style": "path"},
            max_pool_connections=UPLOADS,
            retries={"max_attempts": 3},
        ),
    )


def answers(endpoint: str) -> bool:
    """Tell whether an S3 API answers."""
    environment = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, **KEYS}
    try:
        client(environment).list_buckets()
    except (BotoCoreError, ClientError):
        return False
    return True


def make_bucket(s3: Any, bucket: str, region: str) -> None:
    """Make a bucket as it should be: not public, encrypted, with versions."""
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
    )
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )


def upload(s3: Any, folder: Path, place: Place) -> int:
    """Upload all files of a folder, many at once, and show how it goes.

    Args:
        s3: A client.
        folder: The folder; files keep their paths below it, whatever their names hold.
        place: Where to.

    Returns:
        How many there were.

    Raises:
        LocalClusterError: If there is no such folder, no file in it, or a name that
            no key can hold.
    """
    progress = _Progress()

    def put(path: Path) -> None:
        key = place.prefix + _name(path, folder)
        s3.put_object(Bucket=place.bucket, Key=key, Body=path.read_bytes())
        progress.add()

    if not folder.is_dir():
        message = f"no folder {str(folder)!r}: give IMAGES=<folder of labelled images>"
        raise LocalClusterError(message)
    with ThreadPoolExecutor(UPLOADS) as pool:
        waiting: set[Future[None]] = set()
        try:
            for path in _files(folder):
                waiting.add(pool.submit(put, path))
                if len(waiting) >= 4 * UPLOADS:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    _raise_first(done)
            _raise_first(waiting)
        except (BotoCoreError, ClientError, OSError) as error:
            message = f"the upload failed: {error}"
            raise LocalClusterError(message) from error
        finally:
            for future in waiting:
                future.cancel()
    if not progress.count:
        message = f"no file in {str(folder)!r}: give a folder of labelled images"
        raise LocalClusterError(message)
    return progress.count


def download(s3: Any, place: Place, folder: Path) -> int:
    """Download all objects of a place, but for those that stand for a folder.

    Returns:
        How many there were.
    """
    count = 0
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=place.bucket, Prefix=place.prefix):
        for found in page.get("Contents", []):
            if found["Key"].endswith("/"):
                continue
            path = folder / found["Key"].removeprefix(place.prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(place.bucket, found["Key"], str(path))
            count += 1
    return count


def _files(folder: Path) -> Iterator[Path]:
    seen = set()
    for place, below, names in os.walk(folder, followlinks=True):
        # A link may lead back to where it lies.
        real = os.path.realpath(place)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        yield from (path for name in names if (path := Path(place, name)).is_file())


def _name(path: Path, folder: Path) -> str:
    name = path.relative_to(folder).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        message = f"{name!r} is not UTF-8, as S3 wants names to be: rename the file"
        raise LocalClusterError(message) from error
    return name


def _raise_first(futures: set[Future[None]]) -> None:
    for future in futures:
        future.result()


class _Progress:
    """Counts from many threads; says so now and then."""

    EVERY = 500

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def add(self) -> None:
        with self._lock:
            self.count += 1
            if self.count % self.EVERY == 0:
                print(f"uploaded {self.count:,} files", flush=True)
