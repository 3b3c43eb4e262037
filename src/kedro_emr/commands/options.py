"""What the verbs of `kedro emr` have in common."""

from pathlib import Path

import click
from kedro.utils import find_kedro_project

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


def project_folder() -> Path:
    """Return the folder of the project that the command is run in."""
    here = Path.cwd()
    return find_kedro_project(here) or here


def project_settings(env: str) -> ClusterSettings:
    """Read the settings of the project that the command is run in.

    Raises:
        SettingsError: If something in them cannot be.
    """
    return read_settings(project_folder(), env)
