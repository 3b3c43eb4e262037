"""What is said of an S3 that does not let a run in, asked over HTTP."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from cluster.processes import free_ports
from fruit_features.exceptions import StorageError
from fruit_features.storage.s3 import (
    Place,
    check_images,
    check_results,
    gunzip,
    place_of,
)
from tests.s3_server import S3Server

LIST, WRITE, READ = "s3:ListBucket", "s3:PutObject", "s3:GetObject"


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server) -> str:
    return s3_server.make_bucket("checked")


@pytest.fixture(autouse=True)
def environment(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def act_as(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Be a user who may do some things and no other."""

    def become(*actions: str) -> None:
        iam = s3_server.client("iam")
        user = f"user-{'-'.join(actions).replace(':', '-')}"
        iam.create_user(UserName=user)
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        s3_server.check_rights(True)

    yield become
    s3_server.check_rights(False)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("s3a://bucket/a/b/", Place("bucket", "a/b")),
        ("s3://bucket", Place("bucket", "")),
        ("data/a", None),
        ("/data/a", None),
    ],
)
def test_place_of(address: str, place: Place | None) -> None:
    assert place_of(address) == place


@pytest.mark.parametrize("prefix", ["", "some/prefix"])
def test_an_s3_as_it_should_be(bucket: str, s3_server: S3Server, prefix: str) -> None:
    place = Place(bucket, prefix)
    check_results(place)
    # Spark wants the folder of its event logs to be there.
    key = place.key("logs/spark-events/")
    assert s3_server.client().head_object(Bucket=bucket, Key=key)


def test_no_such_bucket() -> None:
    message = (
        "^cannot list s3://no-such-bucket/a: there is no such bucket: see its name, or "
        "create it$"
    )
    with pytest.raises(StorageError, match=message):
        check_images(Place("no-such-bucket", "a"))


@pytest.mark.parametrize(
    ("actions", "act"),
    [([WRITE, READ], "list"), ([LIST, READ], "write to"), ([LIST, WRITE], "read")],
)
def test_a_right_is_missing(
    bucket: str, act_as: Callable[..., None], actions: list[str], act: str
) -> None:
    act_as(*actions)
    message = f"^cannot {act} s3://checked/a: access denied: let the role or user {act}"
    with pytest.raises(StorageError, match=message):
        check_results(Place(bucket, "a"))


def test_rights_that_suffice(bucket: str, act_as: Callable[..., None]) -> None:
    act_as(LIST, WRITE, READ)
    check_results(Place(bucket, "a"))


def test_wrong_keys(
    bucket: str, act_as: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    act_as(LIST)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA" + 16 * "X")
    with pytest.raises(StorageError, match="no such access key: see AWS_ACCESS_KEY_ID"):
        check_images(Place(bucket, "a"))


def test_no_keys(
    bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    with pytest.raises(StorageError, match="no credentials; give the machine a role"):
        check_images(Place(bucket, "a"))


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ("[profile own]", r"profile \(nobody\) could not be found"),
        ("[broken", "Unable to parse config file: .*"),
    ],
)
def test_no_such_profile(
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    config: str,
    fault: str,
) -> None:
    (tmp_path / "config").write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    said = f"cannot reach s3://{bucket}/a: .*{fault}; see AWS_PROFILE and ~/.aws/config"
    for check in (check_images, check_results):
        with pytest.raises(StorageError, match=said):
            check(Place(bucket, "a"))


def test_nobody_answers(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    began = time.monotonic()
    with pytest.raises(StorageError, match="Could not connect to the endpoint URL"):
        check_images(Place(bucket, "a"))
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("seconds", "way"), [(-3600, "60 minutes ahead of"), (1800, "30 minutes behind")]
)
def test_clocks_differ(
    bucket: str, monkeypatch: pytest.MonkeyPatch, seconds: int, way: str
) -> None:
    class Handler(BaseHTTPRequestHandler):
        """An S3 of another time, with nothing in it."""

        def do_GET(self) -> None:
            body = b"<ListBucketResult></ListBucketResult>"
            self.send_response_only(200)
            self.send_header("Date", formatdate(time.time() + seconds, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(StorageError, match=f"this machine's clock is {way} that"):
            check_images(Place(bucket, "a"))
        server.shutdown()


def test_what_can_be_read_of_a_packed_file_is() -> None:
    text = "".join(f"{number:x}\n" for number in range(99_999)).encode()
    packed = gzip.compress(text)
    assert gunzip(text) == text
    assert gunzip(packed + packed) == text + text
    damaged = packed[:99_999] + b"\0" * 99 + packed[100_098:]
    for broken in (packed[:-9], packed[:-4] + b"abcd", damaged):
        read = gunzip(broken)
        assert len(read) > 9999
        assert text.startswith(read[:9999])
