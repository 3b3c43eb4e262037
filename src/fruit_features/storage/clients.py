"""One line for each error of S3."""

import re
import textwrap

# The next step, and the error codes it is for, without a final `Exception`.
REMEDIES = {
    "there is no such bucket: see its name, or create it": ("NoSuchBucket", "404"),
    "access denied: let the role or user {act}": ("AccessDenied", "403"),
    "no such access key: see AWS_ACCESS_KEY_ID or the profile": (
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
    ),
    "the secret key is wrong: see AWS_SECRET_ACCESS_KEY or the profile": (
        "SignatureDoesNotMatch",
    ),
    "the credentials have expired: get new ones": ("ExpiredToken",),
    "this machine's clock is wrong: set it, say by chrony": ("RequestTimeTooSkewed",),
    "the bucket is in another region: see `region` in cluster.yml": (
        "PermanentRedirect",
        "301",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraint",
    ),
    "too many requests, {attempts} times in a row: try again in some minutes": (
        "Throttling",
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
# How often a client tries.
ATTEMPTS = 2
# Letters of what AWS says; some answers are whole pages.
LONGEST = 500


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
        answer = error.response["Error"]
        code = answer["Code"].removesuffix("Exception")
        if code in BY_CODE:
            act = act or f"do {error.operation_name}"
            return BY_CODE[code].format(act=act, attempts=ATTEMPTS)
        said = without_keys(answer.get("Message", "no more is said"))
        return f"{code}, {textwrap.shorten(said, LONGEST, placeholder=' ...')}"
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


def without_keys(said: str) -> str:
    """Replace keys and signatures in what AWS says, or in a log, by dots."""
    return KEYS.sub(r"\1\2...", said)
