"""Clients of AWS's services, and one line for each way they refuse."""

import contextlib
import re
import textwrap
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from kedro_emr.errors import AwsError

QUOTA = (
    "a quota of the account is reached ({said}): fewer or smaller nodes in "
    "cluster.yml, or ask for more at Service Quotas"
)

# What helps, and the codes that AWS's services say it by, without the `Exception` that
# some of them end in.
REMEDIES = {
    "there is no such bucket: see its name, or create it": ("NoSuchBucket", "404"),
    "access denied: let the role or user {act}": (
        "AccessDenied",
        "403",
        "UnauthorizedOperation",
    ),
    "no such access key: see AWS_ACCESS_KEY_ID or the profile": (
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "UnrecognizedClient",
        "AuthFailure",
    ),
    "the secret key is wrong: see AWS_SECRET_ACCESS_KEY or the profile": (
        "SignatureDoesNotMatch",
        "InvalidSignature",
    ),
    "the credentials have expired: get new ones": ("ExpiredToken", "RequestExpired"),
    "this machine's clock is wrong: set it, say by chrony": ("RequestTimeTooSkewed",),
    "the bucket is in another region: see `region` in cluster.yml": (
        "PermanentRedirect",
        "301",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraint",
    ),
    "another account has a bucket of this name: take another": ("BucketAlreadyExists",),
    "the account has not switched this region on: see `region` in cluster.yml": (
        "OptInRequired",
    ),
    "too many requests, {attempts} times in a row: try again in some minutes": (
        "Throttling",
        "RequestLimitExceeded",
        "SlowDown",
    ),
    QUOTA: (
        "VcpuLimitExceeded",
        "InstanceLimitExceeded",
        "LimitExceeded",
        "ServiceQuotaExceeded",
    ),
}
BY_CODE = {code: remedy for remedy, codes in REMEDIES.items() for code in codes}

# The same for what is said in words only.
BY_WORDS = {
    "quota": QUOTA,
    "vCPU": QUOTA,
    "limit exceeded": QUOTA,
    "luster id": "no such cluster in this region: `kedro emr list` shows those there "
    "are, `region` in cluster.yml says where",
}
# What makes an address or a header a key: a presigned address by either version of the
# signature, a signed request as AWS quotes it, a name and a password before a host.
KEYS = re.compile(
    r"((?:X-Amz-)?(?:Signature|Credential|Security-Token)=|AWSAccessKeyId="
    r"|X-Amz-Security-Token:\s*)[^&\s,\"'<>]+"
    r"|(://)[^/\s\"'<>]+(?=@)",
    re.I,
)
ATTEMPTS = 6
# Letters of what AWS says; some answers are whole pages.
LONGEST = 500


@lru_cache(1)
def session() -> Any:
    """Return the one session of a command: each reads AWS's endpoints anew, 0.2 s."""
    import boto3

    return boto3.Session()


def client(service: str, region: str | None = None) -> Any:
    """Make a client that tries again where AWS is busy, and gives up in a minute.

    Args:
        service: AWS's name, such as ``emr``.
        region: ``None`` for that of the environment or the profile.

    Raises:
        AwsError: If there is no such profile, or no region.
    """
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
    """Say on one line what AWS refuses.

    Args:
        act: What is done, for the message: ``cannot <act>: ...``.

    Raises:
        AwsError: In place of botocore's.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:
        message = f"cannot {act}: {explain(error)}"
        raise AwsError(message) from error


def explain(error: Exception, act: str | None = None) -> str:
    """Return what is wrong and the next step.

    Args:
        error: botocore's; of any other, its own text.
        act: What needs a right, for ``access denied``; else the operation's name.
    """
    from botocore.exceptions import (
        ClientError,
        ConfigParseError,
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
        SSOTokenLoadError,
        TokenRetrievalError,
        UnauthorizedSSOTokenError,
    )

    if isinstance(error, ClientError):
        return _explain_answer(error, act or f"do {error.operation_name}")
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return (
            "no credentials; give the machine a role, or set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    if isinstance(
        error, SSOTokenLoadError | TokenRetrievalError | UnauthorizedSSOTokenError
    ):
        return "the credentials have expired: `aws sso login` gets new ones"
    one_line = " ".join(without_keys(str(error)).split())
    if isinstance(error, ProfileNotFound | ConfigParseError):
        return f"{one_line}; see AWS_PROFILE and ~/.aws/config"
    return f"{one_line}; see AWS_ENDPOINT_URL, AWS_REGION and the network"


def _explain_answer(error: Any, act: str) -> str:
    code = error.response["Error"]["Code"].removesuffix("Exception")
    said = error.response["Error"].get("Message", "no more is said")
    said = textwrap.shorten(without_keys(said), LONGEST, placeholder=" ...")
    if code in BY_CODE:
        return BY_CODE[code].format(act=act, attempts=ATTEMPTS, said=said.rstrip("."))
    return explain_words(said) or f"{code}, {said}"


def without_keys(said: str) -> str:
    """Leave out of what AWS says, or a log, what whoever reads it could get in by."""
    return KEYS.sub(r"\1\2...", said)


def explain_words(said: str) -> str | None:
    """Return the remedy for what AWS says in words only; ``None`` if there is none."""
    found = (remedy for part, remedy in BY_WORDS.items() if part in said)
    remedy = next(found, None)
    return remedy.format(said=said.rstrip(".")) if remedy else None
