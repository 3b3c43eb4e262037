"""The project as a cluster takes it: wheel, pins, bootstrap script, configuration.

Each lies on S3 under a hash of what it holds, and is never written over: a cluster goes
on with the code it was made with, whatever is uploaded later.
"""

import gzip
import hashlib
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from kedro_emr.clients import asking
from kedro_emr.errors import PackageError
from kedro_emr.request import Artefacts
from kedro_emr.s3 import Place

BOOTSTRAP = Path(__file__).with_name("bootstrap.sh")
LOCK = "requirements.lock"

# The time that files in a wheel get: the same code makes the same wheel.
EPOCH = str(315_619_200)  # 1980, where the time of Zip begins.


class Package(NamedTuple):
    """Files of this machine that make up the project."""

    wheel: Path
    lock: Path
    bootstrap: Path
    conf: Path

    @property
    def code(self) -> str:
        """What tells this code, its pins and its installation from any other."""
        files = (self.wheel, self.lock, self.bootstrap)
        version = self.wheel.name.split("-")[1]
        return f"{version}-{_hash(file.read_bytes() for file in files)}"


class Uploaded(NamedTuple):
    """Where a package lies on S3."""

    artefacts: Artefacts
    conf: str
    code: str


def build_package(project: Path, folder: Path, wheel: Path | None = None) -> Package:
    """Make the files that a cluster needs."""
    for name in ("conf", LOCK):
        if not (project / name).exists():
            message = f"no {name!r} in {str(project)!r}: run this in the project"
            raise PackageError(message)
    if wheel is not None and wheel.suffix != ".whl":
        message = f"{str(wheel)!r} is no wheel: expected a file that ends in .whl"
        raise PackageError(message)
    conf = folder / "conf.tar.gz"
    _archive(project / "conf", conf)
    built = wheel or _build_wheel(project, folder)
    return Package(built, project / LOCK, BOOTSTRAP, conf)


def upload_package(
    package: Package, place: Place, client: Any, kms_key: str | None = None
) -> Uploaded:
    """Upload what is not there yet, encrypted."""
    names = {
        package.bootstrap: f"code/{package.code}/bootstrap.sh",
        package.lock: f"code/{package.code}/{LOCK}",
        package.wheel: f"code/{package.code}/{package.wheel.name}",
        package.conf: f"code/conf/{_hash([package.conf.read_bytes()])}.tar.gz",
    }
    encryption = {"ServerSideEncryption": "aws:kms" if kms_key else "AES256"}
    if kms_key:
        encryption["SSEKMSKeyId"] = kms_key
    for file, name in names.items():
        key = place.key(name)
        with asking(f"upload to s3://{place.bucket}/{key}"):
            if not _is_there(client, place.bucket, key):
                client.put_object(
                    Bucket=place.bucket, Key=key, Body=file.read_bytes(), **encryption
                )
    addresses = [f"s3://{place.bucket}/{place.key(name)}" for name in names.values()]
    *artefacts, conf = addresses
    return Uploaded(Artefacts(*artefacts), conf, package.code)


def _is_there(client: Any, bucket: str, key: str) -> bool:
    listed = client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    return any(found["Key"] == key for found in listed.get("Contents", []))


def _build_wheel(project: Path, folder: Path) -> Path:
    # As `kedro package`, but by way of a source distribution: what lies in build/ from
    # earlier stays out. With the environment's own setuptools: nothing is fetched.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run(
        [*command, str(project)],
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        why = " ".join(" ".join(said[-3:]).split())
        message = (
            f"the wheel of {str(project)!r} cannot be built: {why}; "
            "`kedro package` says more, --wheel takes one that is built"
        )
        raise PackageError(message)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _archive(conf: Path, archive: Path) -> None:
    """Pack the configuration; the same files make the same archive."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        # Settings of one person, and whatever may hold keys, stay here.
        name = Path(entry.name).name
        if name == "local" or name.startswith(".") or "credentials" in name:
            return None
        entry.mtime = entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return entry

    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        tar.add(conf, "conf", filter=plain)


def _hash(contents: Iterable[bytes]) -> str:
    # A hash of hashes: where one file ends and the next begins counts.
    each = b"".join(hashlib.sha256(content).digest() for content in contents)
    return hashlib.sha256(each).hexdigest()[:12]
