import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from cluster.front import Front
from cluster.processes import HOST
from cluster.s3 import BUCKET, REGION, make_bucket

KEY = "a b/é%41+&'.jpg"


def client(endpoint: str, attempts: int) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            max_pool_connections=16,
        ),
    )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(HOST, 0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    make_bucket(client(endpoint, 1), BUCKET, REGION)
    yield endpoint
    server.stop()


@pytest.fixture
def front(server: str) -> Iterator[Front]:
    with Front(server) as front:
        yield front


def test_hands_on_what_a_client_says_and_gets(front: Front) -> None:
    s3 = client(front.endpoint, 1)
    content = bytes(range(256)) * 4000
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=content, ContentType="image/jpeg")
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] == len(content)
    got = s3.get_object(Bucket=BUCKET, Key=KEY)
    assert (got["Body"].read(), got["ContentType"]) == (content, "image/jpeg")
    part = s3.get_object(Bucket=BUCKET, Key=KEY, Range="bytes=10-19")
    assert part["Body"].read() == content[10:20]
    (found,) = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert found["Key"] == KEY
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=BUCKET, Key="none")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"", IfNoneMatch="*")
    assert front.counts == {"PUT": 2, "HEAD": 1, "GET": 3, "LIST": 1}


@pytest.mark.parametrize("change", ["put", "delete", "delete_many"])
def test_forgets_what_has_changed(front: Front, change: str) -> None:
    s3 = client(front.endpoint, 1)
    for key in ("one", "two"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"before")

    def seen() -> dict[str, bytes]:
        keys = [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        return {
            key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            for key in keys
            if key in ("one", "two")
        }

    assert seen() == {"one": b"before", "two": b"before"}
    if change == "put":
        s3.put_object(Bucket=BUCKET, Key="one", Body=b"after")
        assert seen() == {"one": b"after", "two": b"before"}
    elif change == "delete":
        s3.delete_object(Bucket=BUCKET, Key="one")
        assert seen() == {"two": b"before"}
    else:
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "one"}]})
        assert seen() == {"two": b"before"}


def test_keeps_what_has_not_changed(front: Front, server: str) -> None:
    past, through = client(server, 1), client(front.endpoint, 1)
    for key in ("a&b/1", "c/1"):
        past.put_object(Bucket=BUCKET, Key=key, Body=b"before")

    def seen(folder: str) -> tuple[int, bytes]:
        listed = through.list_objects_v2(Bucket=BUCKET, Prefix=folder)
        body = through.get_object(Bucket=BUCKET, Key=f"{folder}1")["Body"]
        return listed["KeyCount"], body.read()

    assert seen("a&b/") == seen("c/") == (1, b"before")
    for folder in ("a&b/", "c/"):
        for name in ("1", "2"):
            past.put_object(Bucket=BUCKET, Key=folder + name, Body=b"after")
    gone = {"Objects": [{"Key": "a&b/2"}, {"Key": "a&b/1"}]}
    through.delete_objects(Bucket=BUCKET, Delete=gone)
    through.put_object(Bucket=BUCKET, Key="a&b/1", Body=b"new")
    assert seen("a&b/") == (1, b"new")
    assert seen("c/") == (1, b"before")


def test_delays_each_request_and_many_at_once(front: Front) -> None:
    s3 = client(front.endpoint, 1)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    front.delay = 0.1
    began = time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: s3.head_object(Bucket=BUCKET, Key=KEY), range(20)))
    # Two rounds of ten, not twenty one after another.
    assert 0.2 <= time.monotonic() - began < 1.5


def test_slow_down_ends(front: Front) -> None:
    front.slow_down(0.5)
    with pytest.raises(ClientError, match="SlowDown"):
        client(front.endpoint, 1).list_objects_v2(Bucket=BUCKET)
    time.sleep(0.5)
    client(front.endpoint, 1).list_objects_v2(Bucket=BUCKET)


def test_cuts_an_answer_in_the_middle_once(front: Front) -> None:
    s3 = client(front.endpoint, 1)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x" * 10**6)
    front.cuts = 1
    with pytest.raises(Exception, match="broken|[Cc]onnection|IncompleteRead"):
        s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    assert len(s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()) == 10**6
