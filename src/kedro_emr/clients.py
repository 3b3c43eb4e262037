"""Clients of AWS's services, and one line for each way they refuse."""

import contextlib
import re
import textwrap
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore import exceptions as botocore_errors
from botocore.exceptions import BotoCoreError, ClientError

from kedro_emr.errors import AwsError

ATTEMPTS = 6
# Letters of what AWS says; some answers are whole pages.
LONGEST = 500
QUOTA = (
    "a quota of the account is reached ({said}): fewer or smaller nodes in "
    "cluster.yml, or ask for more at Service Quotas"
)
DENIED = "access denied: let the role or user {act}"
NO_KEY = "no such access key: see AWS_ACCESS_KEY_ID or the profile"
BAD_SIGNATURE = "the secret key is wrong: see AWS_SECRET_ACCESS_KEY or the profile"
EXPIRED = "the credentials have expired: get new ones"
ELSEWHERE = "the bucket is in another region: see `region` in cluster.yml"
NO_BUCKET = "there is no such bucket: see its name, or create it"
BUSY = f"too many requests, {ATTEMPTS} times in a row: try again in some minutes"

# What helps, by AWS's codes without the `Exception` that some of them end in.
BY_CODE = {
    **dict.fromkeys(("NoSuchBucket", "404"), NO_BUCKET),
    **dict.fromkeys(("AccessDenied", "403", "UnauthorizedOperation"), DENIED),
    **dict.fromkeys(("InvalidAccessKeyId", "InvalidClientTokenId"), NO_KEY),
    **dict.fromkeys(("UnrecognizedClient", "AuthFailure"), NO_KEY),
    **dict.fromkeys(("SignatureDoesNotMatch", "InvalidSignature"), BAD_SIGNATURE),
    **dict.fromkeys(("ExpiredToken", "RequestExpired"), EXPIRED),
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it, say by chrony",
    **dict.fromkeys(("PermanentRedirect", "301"), ELSEWHERE),
    "AuthorizationHeaderMalformed": ELSEWHERE,
    "IllegalLocationConstraint": ELSEWHERE,
    "BucketAlreadyExists": "another account has a bucket of this name: take another",
    "OptInRequired": "the account has not switched this region on: see `region` in "
    "cluster.yml",
    **dict.fromkeys(("Throttling", "RequestLimitExceeded", "SlowDown"), BUSY),
    **dict.fromkeys(("VcpuLimitExceeded", "InstanceLimitExceeded"), QUOTA),
    **dict.fromkeys(("LimitExceeded", "ServiceQuotaExceeded"), QUOTA),
}
# The same for what is said in words only.
BY_WORDS = {
    "quota": QUOTA,
    "vCPU": QUOTA,
    "limit exceeded": QUOTA,
    "luster id": "no such cluster in this region: `kedro emr list` shows those there "
    "are, `region` in cluster.yml says where",
}
SIGN_ON = (
    botocore_errors.SSOTokenLoadError,
    botocore_errors.TokenRetrievalError,
    botocore_errors.UnauthorizedSSOTokenError,
)
# What makes an address or a header a key: a presigned address by either version of the
# signature, a signed request as AWS quotes it, a name and a password before a host.
KEYS = re.compile(
    r"((?:X-Amz-)?(?:Signature|Credential|Security-Token)=|AWSAccessKeyId="
    r"|X-Amz-Security-Token:\s*)[^&\s,\"'<>]+"
    r"|(://)[^/\s\"'<>]+(?=@)",
    re.I,
)


@lru_cache(1)
def session() -> Any:
    """Return the one session of a command: each reads AWS's endpoints anew, 0.2 s."""
    import boto3

    return boto3.Session()


def client(service: str, region: str | None = None) -> Any:
    """Make a client that tries again where AWS is busy, and gives up in a minute."""
    with asking(f"ask {service}"):
        return session().client(
            service, region_name=region, config=limits(5, 30, ATTEMPTS)
        )


def limits(connect: int, read: int, attempts: int) -> Any:
    """Return for a client how long it waits, in seconds, and how often it tries."""
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": attempts}
    return Config(connect_timeout=connect, read_timeout=read, retries=retries)


@contextlib.contextmanager
def asking(act: str) -> Iterator[None]:
    """Turn botocore's errors into an ``AwsError``: ``cannot <act>: ...``."""
    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:
        message = f"cannot {act}: {explain(error)}"
        raise AwsError(message) from error


def explain(error: Exception) -> str:
    """Return what is wrong and the next step; for errors of others, their own text."""
    if isinstance(error, ClientError):
        answer = error.response["Error"]
        code = answer["Code"].removesuffix("Exception")
        said = without_keys(answer.get("Message", "no more is said"))
        said = textwrap.shorten(said, LONGEST, placeholder=" ...")
        act = f"do {error.operation_name}"
        known = BY_CODE.get(code, "").format(act=act, said=said.rstrip("."))
        return known or explain_words(said) or f"{code}, {said}"
    if isinstance(
        error,
        botocore_errors.NoCredentialsError | botocore_errors.PartialCredentialsError,
    ):
        return (
            "no credentials; give the machine a role, or set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    if isinstance(error, SIGN_ON):
        return "the credentials have expired: `aws sso login` gets new ones"
    said = " ".join(without_keys(str(error)).split())
    profile = botocore_errors.ProfileNotFound | botocore_errors.ConfigParseError
    if isinstance(error, profile):
        return f"{said}; see AWS_PROFILE and ~/.aws/config"
    return f"{said}; see AWS_ENDPOINT_URL, AWS_REGION and the network"


def explain_words(said: str) -> str | None:
    """Return the remedy for what AWS says in words only; ``None`` if there is none."""
    remedy = next((text for part, text in BY_WORDS.items() if part in said), None)
    return remedy and remedy.format(said=said.rstrip("."))


def without_keys(said: str) -> str:
    """Leave out of what AWS says, or a log, what whoever reads it could get in by."""
    return KEYS.sub(r"\1\2...", said)


def code_of(error: BaseException) -> str:
    """Return AWS's code of the cause of an ``AwsError``; empty if it did not answer."""
    answer = getattr(error.__cause__, "response", {})
    return str(answer.get("Error", {}).get("Code", ""))
