"""The workers' Python, made as on a node of EMR, of what was uploaded."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cluster import ROOT, LocalClusterError, s3
from kedro_emr.errors import EmrError
from kedro_emr.package import build_package, upload_package
from kedro_emr.s3 import Place

# EMR's nodes have the AWS CLI; this is what the script asks of it: `s3 cp` of a file.
AWS = """#!{python}
import sys
from urllib.parse import urlsplit
import boto3

*_, source, folder = sys.argv
place = urlsplit(source)
key = place.path.lstrip("/")
file = folder + key.rsplit("/", 1)[-1]
boto3.client("s3").download_file(place.netloc, key, file)
"""


def make_python(place: Path, work: Path, variables: Mapping[str, str]) -> None:
    """Upload the project and make a Python of it.

    Args:
        place: Where.
        work: A folder for what is built.
        variables: Where the S3 is, and the prefix in its bucket.

    Raises:
        LocalClusterError: If that fails.
    """
    prefix = os.environ.get("FRUIT_FEATURES_PREFIX") or "fruit_features"
    on_s3 = Place(variables["FRUIT_FEATURES_BUCKET"], prefix)
    work.mkdir()
    aws = work / "aws"
    aws.write_text(AWS.format(python=sys.executable))
    aws.chmod(0o755)
    try:
        package = build_package(ROOT, work)
        uploaded = upload_package(package, on_s3, s3.client(variables))
    except EmrError as error:
        raise LocalClusterError(str(error)) from error
    needed = uploaded.artefacts
    _run(
        ["bash", str(package.bootstrap), str(place), needed.lock, needed.wheel],
        {
            **variables,
            "PYTHON": sys.executable,
            "PATH": f"{work}:{os.environ['PATH']}",
        },
    )


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = f"{Path(command[1]).name} failed: {done.stderr.strip()}"
        raise LocalClusterError(message)
