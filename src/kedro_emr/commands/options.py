"""Options that verbs of `kedro emr` share."""

from pathlib import Path

import click
from kedro.utils import find_kedro_project

from kedro_emr.aws import Aws
from kedro_emr.loading import read_settings
from kedro_emr.settings import ClusterSettings

env_option = click.option(
    "--env", default="emr", help="The environment that has cluster.yml; emr."
)
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")
allow_option = click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Override a guardrail; once for each. Kept in the cluster's tags.",
)
cluster_argument = click.argument("cluster", required=False)
images_option = click.option(
    "--images", type=click.IntRange(1), help="How many images are to come."
)
deadline_option = click.option(
    "--deadline",
    type=click.FloatRange(0, min_open=True),
    metavar="HOURS",
    help="Hours in which their result is wanted: as many nodes as that takes.",
)
wheel_option = click.option(
    "--wheel",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A wheel that is built already, say by `kedro package`.",
)
wait_option = click.option("--wait", is_flag=True, help="Follow it to its end.")
every_option = click.option(
    "--every",
    default=15.0,
    show_default=True,
    type=click.FloatRange(0.1),
    help="Seconds from one look to the next, with --wait.",
)


def check_deadline(images: int | None, deadline: float | None) -> None:
    """Refuse a deadline for an unknown number of images."""
    if deadline and not images:
        message = "--deadline needs --images: how many are to be done in that time"
        raise click.UsageError(message)


def project_folder() -> Path:
    """Return the folder of the project that the command is run in."""
    return find_kedro_project(Path.cwd()) or Path.cwd()


def project_settings(env: str) -> ClusterSettings:
    """Read the settings of the project that the command is run in."""
    return read_settings(project_folder(), env)


def project_aws(env: str) -> Aws:
    """Return AWS as those settings name it."""
    return Aws(project_settings(env))
