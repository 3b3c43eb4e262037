"""One line for each way S3 says no."""

import pytest
from botocore.exceptions import (
    ClientError,
    NoCredentialsError,
    UnauthorizedSSOTokenError,
)

from fruit_features.storage.clients import LONGEST, explain


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        ("AccessDenied", "no", "access denied: let the role or user do ListObjects"),
        ("ExpiredToken", "old", "the credentials have expired: get new ones"),
        (
            "SlowDown",
            "busy",
            "too many requests, 2 times in a row: try again in some minutes",
        ),
        ("Odd", "a\n  page", "Odd, a page"),
    ],
)
def test_answers(code: str, said: str, expected: str) -> None:
    answer = {"Error": {"Code": code, "Message": said}}
    assert explain(ClientError(answer, "ListObjects")) == expected


def test_whole_pages_are_cut() -> None:
    answer = {"Error": {"Code": "500", "Message": "<p> " * 1000}}
    assert len(explain(ClientError(answer, "ListObjects"))) < LONGEST + 50


def test_presigned_addresses_are_told_without_their_signature() -> None:
    address = (
        "https://b.example/k?X-Amz-Credential=PLANTEDID%2Feu&X-Amz-Date=2026"
        "&X-Amz-Security-Token=PLANTEDTOKEN&X-Amz-Signature=PLANTEDMARK"
    )
    for error in (
        ValueError(f"Invalid endpoint: {address}"),
        ClientError({"Error": {"Code": "Odd", "Message": address}}, "GetObject"),
    ):
        said = explain(error)
        assert "PLANTED" not in said
        assert "https://b.example/k?X-Amz-Credential=...&X-Amz-Date=2026" in said


def test_credentials() -> None:
    said = "no credentials; give the machine a role, or set AWS_ACCESS_KEY_ID"
    assert explain(NoCredentialsError()).startswith(said)
    said = "the credentials have expired: `aws sso login` gets new ones"
    assert explain(UnauthorizedSSOTokenError()) == said
