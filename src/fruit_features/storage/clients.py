"""One-line messages for S3 errors."""

import re
import textwrap

# Next step -> error codes, without the suffix `Exception`.
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

# Secrets in text: presigned URLs (signature versions 2 and 4), signed requests as AWS
# quotes them, user and password in a URL.
KEYS = re.compile(
    r"((?:X-Amz-)?(?:Signature|Credential|Security-Token)=|AWSAccessKeyId="
    r"|X-Amz-Security-Token:\s*)[^&\s,\"'<>]+"
    r"|(://)[^/\s\"'<>]+(?=@)",
    re.I,
)
ATTEMPTS = 2
# Characters kept of AWS's message; some answers are whole pages.
LONGEST = 500


def explain(error: Exception, act: str | None = None) -> str:
    """Return a one-line cause and the next step.

    Args:
        error: Of botocore; any other is quoted.
        act: The denied action, for ``access denied``; else the operation's name.
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
    """Mask secrets in a message or log."""
    return KEYS.sub(r"\1\2...", said)
