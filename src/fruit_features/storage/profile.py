"""Hands Java the keys and the region that botocore finds in a profile.

The SDK of Hadoop's S3A looks for profiles only in the home that the system's list of
users names, and knows no SSO. It knows ``credential_process``, though: run as a
program, this module prints the keys.
"""

import atexit
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

# Where Java's SDK looks for profiles first; nobody else reads it.
JAVA_PROFILES = "AWS_CREDENTIAL_PROFILES_FILE"


def of_profile(name: str) -> str | None:
    """Return a setting of the profile in use, such as its ``region``."""
    said = _profile().get(name)
    return str(said) if said else None


def _profile() -> dict[str, Any]:
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        return dict(botocore.session.Session().get_scoped_config())
    except BotoCoreError:
        # No such profile: whoever asks AWS for something says so.
        return {}


def hand_to_java() -> None:
    """Name to Java a file whose one profile is the program that prints keys.

    No key is in the file, nor in the environment; Java asks anew when they expire.
    """
    if {"AWS_ACCESS_KEY_ID", JAVA_PROFILES} & set(os.environ) or not _profile():
        return
    # Java knows one of the two variables that name a profile.
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
    # Java wants texts alone, no null.
    if keys.token:
        said["SessionToken"] = keys.token
    # Private, but `aws configure export-credentials` reads it too.
    until = getattr(found, "_expiry_time", None)
    if until:
        said["Expiration"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    _print_keys()
