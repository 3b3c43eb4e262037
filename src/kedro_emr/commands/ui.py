"""`kedro emr ui`."""

import click

from kedro_emr.aws import Aws
from kedro_emr.commands.cluster_options import cluster_argument
from kedro_emr.commands.options import (
    env_option,
    json_option,
    project_settings,
)
from kedro_emr.commands.output import (
    print_heading,
    print_json,
    print_pairs,
)
from kedro_emr.errors import AwsError
from kedro_emr.ui import Tunnels, kept_pages, tunnels

EXAMPLES = """\b
Examples:
  kedro emr ui
  kedro emr ui j-2AXXXXXXGAPLF
"""


@click.command(epilog=EXAMPLES)
@cluster_argument
@env_option
@json_option
def ui(cluster: str | None, env: str, as_json: bool) -> None:
    """Show the way to a CLUSTER's pages: Spark, YARN, JupyterHub.

    Those that AWS keeps open by their address alone, for some minutes: hand it to
    nobody. They stay for 30 days after the cluster's end.
    """
    aws = Aws(project_settings(env))
    found = aws.clusters.the_one(cluster, ended=True)
    own: Tunnels | None = None
    primaries = [n for n in aws.clusters.nodes(found) if n.role == "primary" and n.up]
    if found.is_up and found.primary and primaries:
        own = tunnels(found, primaries[0], aws.settings.region)
    try:
        kept, why = kept_pages(aws.emr, found), ""
    except AwsError as error:
        # Those that the cluster serves itself are there all the same.
        if own is None:
            raise
        kept, why = {}, str(error)
    if as_json:
        print_json({"kept": kept, "own": own and own._asdict()})
    elif kept:
        print_heading("Kept by AWS")
        print_pairs(list(kept.items()))
    if own and not as_json:
        _print_own(own)
    if why:
        click.echo(why, err=True)


def _print_own(own: Tunnels) -> None:
    if own.ssh:
        print_heading("The cluster's own, while this runs (ssh)")
        click.echo(own.ssh)
    print_heading("The cluster's own, one by one (Session Manager)")
    print_pairs(list(own.session_manager.items()))
    print_heading("where they then are")
    print_pairs(list(own.addresses.items()))
