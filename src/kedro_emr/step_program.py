"""What a step runs on the primary node: the pipelines, with their configuration.

python -m kedro_emr.step_program <package> <archive on S3> <arguments of kedro run>

The code is the one that the bootstrap action has installed; Spark and YARN are EMR's.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from kedro_emr.clients import asking, client
from kedro_emr.errors import EmrError, PackageError
from kedro_emr.s3 import place_of

# Where EMR has them.
PLACES = {"SPARK_HOME": "/usr/lib/spark", "HADOOP_CONF_DIR": "/etc/hadoop/conf"}


def run(package: str, address: str, arguments: list[str]) -> int:
    """Run a package's pipelines in a folder that holds the configuration alone."""
    with tempfile.TemporaryDirectory(prefix="kedro-emr-") as folder:
        unpack_conf(address, Path(folder))
        return subprocess.run(
            [sys.executable, "-m", package, *arguments],
            cwd=folder,
            env=environment(os.environ),
            check=False,
        ).returncode


def unpack_conf(address: str, folder: Path) -> None:
    """Fetch the configuration."""
    place = place_of(address)
    if place is None:
        message = f"{address!r}: expected an address on S3, s3://<bucket>/<key>"
        raise PackageError(message)
    archive = folder / "conf.tar.gz"
    with asking(f"read {address}"):
        client("s3").download_file(place.bucket, place.prefix, str(archive))
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Add where EMR has Spark and Hadoop's settings, if they are there."""
    there = {name: place for name, place in PLACES.items() if Path(place).is_dir()}
    return {**there, **given}


def main(arguments: list[str]) -> int:
    """Run, or say on one line why not."""
    if len(arguments) < 2:  # noqa: PLR2004  Package and archive.
        sys.stderr.write("usage: step_program <package> <archive> [arguments]\n")
        return 2
    package, address, *others = arguments
    try:
        return run(package, address, others)
    except EmrError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
