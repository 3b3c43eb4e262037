"""Erasure on an S3 over HTTP that keeps versions of its objects."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fruit_features.cli import cli
from fruit_features.privacy.versions import Versions
from fruit_features.storage.s3 import Place
from tests.marks import holding
from tests.privacy.conftest import ERASED, LABEL, NAME, SOME, Marked
from tests.s3_server import S3Server, every_version

Erase = Callable[..., Result]


class Bucket:
    """A bucket with versions, and all that is in it."""

    def __init__(self, server: S3Server, name: str, **options: Any) -> None:
        self.name, self.client = name, server.client()
        where = {"LocationConstraint": server.environment["AWS_REGION"]}
        self.client.create_bucket(
            Bucket=name, CreateBucketConfiguration=where, **options
        )
        self.client.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}
        )

    def upload(self, folder: Path, prefix: str) -> None:
        for file in folder.rglob("*"):
            # Not what only a local folder has: sums, and the lock of a run.
            if file.is_file() and not file.name.endswith((".crc", ".lock")):
                key = f"{prefix}/{file.relative_to(folder)}"
                self.client.put_object(
                    Bucket=self.name, Key=key, Body=file.read_bytes()
                )

    def contents(self) -> dict[str, bytes]:
        """Read every object in every version."""
        return every_version(self.client, self.name)

    def uploads(self) -> list[str]:
        found = self.client.list_multipart_uploads(Bucket=self.name)
        return sorted(each["Key"] for each in found.get("Uploads", []))


@pytest.fixture
def on_s3(
    s3_server: S3Server, project: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Erase]:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project)

    def command_for(bucket: str) -> Erase:
        places = f"images=s3a://{bucket}/a b/images,data=s3a://{bucket}/a b/data"

        def run_command(*arguments: str, code: int = 0) -> Result:
            given = ["erase", *arguments, "--params", places]
            done = CliRunner().invoke(cli, given)
            assert done.exit_code == code, (done.output, done.exception)
            return done

        return run_command

    return command_for


def test_every_version_and_upload_goes(
    s3_server: S3Server, on_s3: Callable[[str], Erase], marked_once: Marked
) -> None:
    bucket = Bucket(s3_server, "erased-with-versions")
    for _ in range(2):
        bucket.upload(marked_once.data, "a b/data")
        bucket.upload(marked_once.images, "a b/images")
    begun = ("a b/data/04_feature/x", f"a b/images/{SOME}", "a b/images/other/new.jpg")
    for key in begun:
        bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key)
    found = holding(bucket.contents(), marked_once.marks)
    assert set(found) == set(marked_once.marks)

    on_s3(bucket.name)(*ERASED, "--yes", "--raw")
    assert holding(bucket.contents(), marked_once.marks) == {}
    # What is being uploaded beside it is no such photo.
    assert bucket.uploads() == ["a b/images/other/new.jpg"]
    (receipt,) = receipts(bucket)
    assert receipt["refused"] == []
    assert receipt["versions_and_uploads"] > 40
    # Versions of other photos are not the erasure's business.
    others = [n for n in bucket.contents() if n.startswith("a b/images/other/10.jpg")]
    assert len(others) == 2


def test_files_stay_unless_asked_for(
    s3_server: S3Server, on_s3: Callable[[str], Erase], marked_once: Marked
) -> None:
    bucket = Bucket(s3_server, "erased-but-files")
    bucket.upload(marked_once.data, "a b/data")
    bucket.upload(marked_once.images, "a b/images")
    on_s3(bucket.name)("--path", "*/zqName*", "--yes")
    found = holding(bucket.contents(), marked_once.marks)
    places = {name for names in found.values() for name in names}
    assert {name.split("/")[1] for name in places} == {"images"}


def test_what_must_not_be_deleted_is_told(
    s3_server: S3Server, on_s3: Callable[[str], Erase], marked_once: Marked
) -> None:
    bucket = Bucket(s3_server, "erased-but-locked", ObjectLockEnabledForBucket=True)
    bucket.upload(marked_once.data, "a b/data")
    bucket.upload(marked_once.images, "a b/images")
    locked = f"a b/images/{SOME}"
    retention = {"Mode": "COMPLIANCE", "RetainUntilDate": "2099-01-01T00:00:00Z"}
    bucket.client.put_object_retention(
        Bucket=bucket.name, Key=locked, Retention=retention
    )
    erase = on_s3(bucket.name)
    said = erase(*ERASED, "--yes", "--raw", code=1).output
    assert f"not erased: s3://{bucket.name}/a b/images/<" in said
    assert "1 places still hold something" in said
    assert "Traceback" not in said
    (receipt,) = receipts(bucket)
    (refused,) = receipt["refused"]
    assert NAME not in json.dumps(receipt)
    assert LABEL not in json.dumps(receipt)
    assert "AccessDenied" in refused["why"]
    # It is hidden, not brought back, and the same command finds it again.
    listed = bucket.client.list_objects_v2(Bucket=bucket.name, Prefix=locked)
    assert listed["KeyCount"] == 0
    assert "1 places" in erase(*ERASED, "--yes", "--raw", code=1).output
    left = holding(bucket.contents(), marked_once.marks)
    places = {name.split(" ")[0:-1][-1] for names in left.values() for name in names}
    assert {SOME.split(" ")[-1]} == places


def test_many_photos_take_few_requests(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    bucket = Bucket(s3_server, "erased-in-batches")
    erased = {f"p/{label}/{n}.jpg" for label in ("a", "b") for n in range(12)}
    # Names that begin alike, and one that is a folder's as well.
    others = {"p/a/1.jpg.bak", "p/a/1.jpg/2.jpg", "p/b/12.jpg", "p/a"}
    for key in sorted(erased | others) * 2:
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    versions, asked = Versions(Place(bucket.name, "p")), []
    count = versions._client.meta.events.register
    count("before-call.s3", lambda model, **_: asked.append(model.name))
    versions.delete("p/", lambda key, _: key in erased)
    assert versions.gone == 2 * len(erased)
    assert versions.refused == []
    assert asked == ["ListObjectVersions", "DeleteObjects", "ListMultipartUploads"]
    left = {name.rsplit(" ", 1)[0] for name in bucket.contents()}
    assert left == others


def receipts(bucket: Bucket) -> list[dict[str, Any]]:
    return [
        json.loads(content)
        for name, content in bucket.contents().items()
        if "/erasures/receipt.json/" in name
    ]
