"""One line for each way AWS says no."""

import socket
import threading

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    NoCredentialsError,
    UnauthorizedSSOTokenError,
)
from botocore.stub import Stubber

from kedro_emr.clients import LONGEST, asking, client, explain
from kedro_emr.errors import AwsError
from tests.s3_server import KEYS, REGION


@pytest.fixture(scope="module")
def emr():
    return boto3.client(
        "emr",
        region_name=REGION,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (
            "AccessDeniedException",
            "User is not authorized",
            "access denied: let the role or user do ListClusters",
        ),
        (
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "the credentials have expired: get new ones",
        ),
        (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            "no such access key: see AWS_ACCESS_KEY_ID or the profile",
        ),
        (
            "InvalidSignatureException",
            "The request signature we calculated does not match",
            "the secret key is wrong: see AWS_SECRET_ACCESS_KEY or the profile",
        ),
        (
            "ThrottlingException",
            "Rate exceeded",
            "too many requests, 6 times in a row: try again in some minutes",
        ),
        (
            "ValidationException",
            "You have requested more vCPU capacity than your current vCPU limit of 32.",
            "a quota of the account is reached (You have requested more vCPU capacity "
            "than your current vCPU limit of 32): fewer or smaller nodes in "
            "cluster.yml, or ask for more at Service Quotas",
        ),
        (
            "InvalidRequestException",
            "Cluster id 'j-1' is not valid.",
            "no such cluster in this region: `kedro emr list` shows those there are, "
            "`region` in cluster.yml says where",
        ),
        (
            "PermanentRedirect",
            "",
            "the bucket is in another region: see `region` in cluster.yml",
        ),
        ("Odd", "a\n  page", "Odd, a page"),
    ],
)
def test_answers(emr, code: str, said: str, expected: str) -> None:
    with Stubber(emr) as stub, pytest.raises(AwsError) as raised:
        stub.add_client_error("list_clusters", code, said)
        with asking("list the clusters"):
            emr.list_clusters()
    assert str(raised.value) == f"cannot list the clusters: {expected}"


def test_whole_pages_are_cut(emr) -> None:
    with Stubber(emr) as stub, pytest.raises(AwsError) as raised:
        stub.add_client_error("list_clusters", "500", "<p> " * 1000)
        with asking("ask"):
            emr.list_clusters()
    assert len(str(raised.value)) < LONGEST + 50


@pytest.mark.parametrize("kind", ["answer", "own"])
def test_presigned_addresses_are_told_without_their_signature(emr, kind: str) -> None:
    address = (
        "https://b.example/k?X-Amz-Credential=PLANTEDID%2Feu&X-Amz-Date=2026"
        "&X-Amz-Security-Token=PLANTEDTOKEN&X-Amz-Signature=PLANTEDMARK"
    )
    error: Exception = ValueError(f"Invalid endpoint: {address}")
    if kind == "answer":
        answer = {"Error": {"Code": "Odd", "Message": f"cannot read {address}"}}
        error = ClientError(answer, "GetObject")
    said = explain(error)
    assert "PLANTED" not in said
    assert "https://b.example/k?X-Amz-Credential=...&X-Amz-Date=2026" in said


def test_a_request_that_botocore_refuses_is_one_line(emr) -> None:
    with pytest.raises(AwsError, match="cannot ask: Parameter validation failed: Inv"):
        with asking("ask"):
            emr.describe_cluster(ClusterId=7)


def test_no_credentials() -> None:
    said = "no credentials; give the machine a role, or set AWS_ACCESS_KEY_ID"
    assert explain(NoCredentialsError()).startswith(said)


def test_expired_sign_on() -> None:
    said = "the credentials have expired: `aws sso login` gets new ones"
    assert explain(UnauthorizedSSOTokenError()) == said


def test_no_such_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(AwsError, match=r"cannot ask emr: The config profile \(nobody"):
        client("emr", REGION)


def test_throttling_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two answers of an EMR that is busy, then one that is none; half a second at most.
    busy = b'{"__type": "ThrottlingException", "Message": "Rate exceeded"}'
    fine = b'{"Clusters": []}'
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for status, body in ((400, busy), (400, busy), (200, fine)):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n"
                    connection.sendall(head.encode() + body)

        threading.Thread(target=answer, daemon=True).start()
        port = server.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        for name, value in KEYS.items():
            monkeypatch.setenv(name, value)
        assert client("emr", REGION).list_clusters()["Clusters"] == []
