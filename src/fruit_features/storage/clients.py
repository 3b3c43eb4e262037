"""One line for each way S3 says no, and how long its clients wait."""

import re
import textwrap
from typing import Any

# What helps, and the codes that S3 says it by, without the `Exception` that
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
    "too many requests, {attempts} times in a row: try again in some minutes": (
        "Throttling",
        "RequestLimitExceeded",
        "SlowDown",
    ),
}
BY_CODE = {code: remedy for remedy, codes in REMEDIES.items() for code in codes}

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


def limits(connect: int, read: int, attempts: int) -> Any:
    """Return for a client how long it waits, in seconds, and how often it tries."""
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": attempts}
    return Config(connect_timeout=connect, read_timeout=read, retries=retries)


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
        return BY_CODE[code].format(act=act, attempts=ATTEMPTS)
    return f"{code}, {said}"


def without_keys(said: str) -> str:
    """Leave out of what AWS says, or a log, what whoever reads it could get in by."""
    return KEYS.sub(r"\1\2...", said)
