"""Passes credentials that botocore finds in an AWS profile to Java.

The SDK of Hadoop's S3A ignores ``$HOME`` and knows no SSO, but it supports
``credential_process``: run as a program, this module prints the credentials.
"""

import atexit
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

# Read first, and only, by Java's SDK.
JAVA_PROFILES = "AWS_CREDENTIAL_PROFILES_FILE"


def of_profile(name: str) -> str | None:
    """Return a setting of the active profile, such as ``region``."""
    said = _profile().get(name)
    return str(said) if said else None


def _profile() -> dict[str, Any]:
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        return dict(botocore.session.Session().get_scoped_config())
    except BotoCoreError:
        # No such profile: the first request to AWS reports it.
        return {}


def hand_to_java() -> None:
    """Give Java a profile file whose ``credential_process`` is this module.

    No secret is in the file or the environment; Java refreshes expired credentials.
    """
    if {"AWS_ACCESS_KEY_ID", JAVA_PROFILES} & set(os.environ) or not _profile():
        return
    # Java reads AWS_PROFILE, but not AWS_DEFAULT_PROFILE.
    name = os.environ.get("AWS_PROFILE", "default")
    command = shlex.join([sys.executable, "-m", __name__])
    handle, path = tempfile.mkstemp(prefix="fruit_features-", suffix=".aws")
    os.close(handle)
    Path(path).write_text(f"[{name}]\ncredential_process = {command}\n")
    atexit.register(Path(path).unlink, missing_ok=True)
    os.environ[JAVA_PROFILES] = path


def _print_keys() -> None:
    import botocore.session
    from botocore.exceptions import BotoCoreError

    from fruit_features.storage.clients import explain

    try:
        found = botocore.session.Session().get_credentials()
        keys = found and found.get_frozen_credentials()
    except BotoCoreError as error:
        sys.exit(explain(error))
    if not keys:
        sys.exit("no credentials in the profile")
    said = {
        "Version": 1,
        "AccessKeyId": keys.access_key,
        "SecretAccessKey": keys.secret_key,
    }
    # Java accepts no null.
    if keys.token:
        said["SessionToken"] = keys.token
    # Private API, which `aws configure export-credentials` reads too.
    until = getattr(found, "_expiry_time", None)
    if until:
        said["Expiration"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    _print_keys()
