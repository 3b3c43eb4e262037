"""``make cluster-up`` and its like."""

import argparse
import os
import sys
from pathlib import Path

from cluster import LocalClusterError, history, rehearsal
from cluster.local import LocalCluster


def main() -> None:
    """Do what the command line asks for; end with one line if that cannot be done."""
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start YARN and S3")
    load = commands.add_parser("load", help="upload a folder of labelled images")
    load.add_argument("images")
    commands.add_parser("down", help="stop everything and leave nothing")
    whole = commands.add_parser("rehearse", help="all of it, with one run")
    whole.add_argument("images")
    commands.add_parser("history", help="serve the event logs of runs")
    options = parser.parse_args()
    try:
        sys.exit(_do(options, LocalCluster()))
    except LocalClusterError as error:
        sys.exit(f"cluster: {error}")
    except KeyboardInterrupt:
        sys.exit("cluster: interrupted")


def _do(options: argparse.Namespace, cluster: LocalCluster) -> int:
    if options.command == "up":
        up(cluster)
    elif options.command == "load":
        load_images(cluster, options.images)
    elif options.command == "rehearse":
        return rehearse(cluster, options.images)
    elif options.command == "history":
        return history.serve(cluster)
    else:
        down(cluster)
    return 0


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
        raise LocalClusterError("name a folder: make cluster-load IMAGES=<folder>")
    count = cluster.upload(Path(images))
    print(f"cluster: {count:,} files of {images} in {cluster.on_s3('01_raw/images')}")


def down(cluster: LocalCluster) -> None:
    """Stop the cluster, whatever is left of it."""
    print(f"cluster: down, {cluster.down()} processes stopped")


def rehearse(cluster: LocalCluster, images: str) -> int:
    """Run everything once; the cluster goes again unless it was up before.

    Returns:
        The run's exit code.
    """
    # Before half a minute of work.
    if not Path(images).is_dir():
        message = f"no folder {images!r}: make emr-local IMAGES=<folder>"
        raise LocalClusterError(message)
    started = up(cluster)
    try:
        load_images(cluster, images)
        code = rehearsal.run(cluster)
        rehearsal.conclude(cluster)
    finally:
        if started:
            down(cluster)
    return code


if __name__ == "__main__":
    main()
