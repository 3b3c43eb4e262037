"""``make cluster-up`` and its like."""

import argparse
import os
import sys
from pathlib import Path

from cluster import ClusterError, s3
from cluster.local import LocalCluster


def main() -> None:
    """Do what the command line asks for; end with one line if that cannot be done."""
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start YARN and S3")
    load = commands.add_parser("load", help="upload a folder of labelled images")
    load.add_argument("images")
    commands.add_parser("down", help="stop everything and leave nothing")
    options = parser.parse_args()
    cluster = LocalCluster()
    try:
        if options.command == "up":
            up(cluster)
        elif options.command == "load":
            load_images(cluster, options.images)
        else:
            down(cluster)
    except ClusterError as error:
        sys.exit(f"cluster: {error}")


def up(cluster: LocalCluster) -> bool:
    """Start the cluster unless it is up.

    Returns:
        Whether it was started.
    """
    started = not cluster.is_up()
    if started:
        print("cluster: starting YARN and S3, some 30 s", flush=True)
        cluster.up()
    print(f"cluster: {'up' if started else 'up already, nothing changed'}")
    print(f"  YARN's page   {cluster.page}")
    print(f"  S3            {cluster.variables['AWS_ENDPOINT_URL']}")
    print(f"  to use it     source {os.path.relpath(cluster.env_file)}")
    return started


def load_images(cluster: LocalCluster, images: str) -> None:
    """Upload images to where ``--env emr`` looks for them."""
    if not images:
        raise ClusterError("name a folder: make cluster-load IMAGES=<folder>")
    variables = cluster.variables
    bucket, place = variables["FRUIT_FEATURES_BUCKET"], f"{prefix()}/01_raw/images"
    count = s3.upload(s3.client(variables), Path(images), bucket, place)
    print(f"cluster: {count:,} files of {images} in s3://{bucket}/{place}")


def down(cluster: LocalCluster) -> None:
    """Stop the cluster, whatever is left of it."""
    print(f"cluster: down, {cluster.down()} processes stopped")


def prefix() -> str:
    """Return where in the bucket everything lies."""
    return os.environ.get("FRUIT_FEATURES_PREFIX") or "fruit_features"


if __name__ == "__main__":
    main()
