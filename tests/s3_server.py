"""moto's server in a process of its own, and what it was asked."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3

from cluster.processes import HOST, free_ports

REGION = "eu-west-1"
KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "throwaway"}
# moto's log: 127.0.0.1 - - [date] "GET /bucket/key HTTP/1.1" 200 -
ASKED = re.compile(r'"(?:\x1b\[\d+m)*([A-Z]+) (\S+) HTTP')


def environment_of(endpoint: str) -> dict[str, str]:
    """Return what a program must find to use a server of moto's."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **KEYS,
    }


def client_of(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )


class S3Server:
    """Starts with its ``with`` block and is gone after it."""

    def __init__(self, folder: Path) -> None:
        (port,) = free_ports(1)
        self.endpoint = f"http://{HOST}:{port}"
        self.environment = environment_of(self.endpoint)
        self._command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p"]
        self._command.append(str(port))
        self._log = folder / "s3.log"

    def __enter__(self) -> "S3Server":
        with self._log.open("w") as output:
            self._process = subprocess.Popen(
                self._command, stdout=output, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.endpoint}/moto-api/", timeout=5).close()
                return self
            except OSError:
                assert time.monotonic() < until, self._log.read_text()
                time.sleep(0.2)

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()

    def client(self, service: str = "s3") -> Any:
        return client_of(self.endpoint, service)

    def make_bucket(self, name: str) -> str:
        where = {"LocationConstraint": REGION}
        self.client().create_bucket(Bucket=name, CreateBucketConfiguration=where)
        return name

    def check_rights(self, wanted: bool) -> None:
        """Ask everybody for credentials and rights from now on, or nobody."""
        allowed = b"0" if wanted else b"1000000000"
        address = f"{self.endpoint}/moto-api/reset-auth"
        plain = {"Content-Type": "text/plain"}
        request = urllib.request.Request(address, allowed, plain)
        urllib.request.urlopen(request, timeout=5).close()

    def asked(self) -> list[tuple[str, str]]:
        """Return method and address of every request so far."""
        return ASKED.findall(self._log.read_text())


def every_version(client: Any, bucket: str, prefix: str = "") -> dict[str, bytes]:
    """Read all objects of a bucket in all versions; what was deleted has no bytes."""
    pages = client.get_paginator("list_object_versions")
    found = {}
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Versions", []):
            one = {"Key": each["Key"], "VersionId": each["VersionId"]}
            content = client.get_object(Bucket=bucket, **one)["Body"].read()
            found[f"{each['Key']} {each['VersionId']}"] = content
        for each in page.get("DeleteMarkers", []):
            found[f"{each['Key']} {each['VersionId']}"] = b""
    return found


def without_aws() -> dict[str, str]:
    """Return this process's environment without what it says of AWS."""
    return {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
