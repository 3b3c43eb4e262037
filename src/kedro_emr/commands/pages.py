"""`kedro emr logs` and `kedro emr ui`."""

import click

from kedro_emr.commands import options
from kedro_emr.commands.output import print_heading, print_json, print_table
from kedro_emr.errors import AwsError
from kedro_emr.logs import DELAY_MINUTES
from kedro_emr.ui import Tunnels, kept_pages, tunnels

LOGS_EXAMPLES = """\b
Examples:
  kedro emr logs
  kedro emr logs --lines 50
  kedro emr logs j-2AXXXXXXGAPLF --containers
  kedro emr logs j-2AXXXXXXGAPLF --bootstrap
"""
UI_EXAMPLES = """\b
Examples:
  kedro emr ui
  kedro emr ui j-2AXXXXXXGAPLF
"""


@click.command(epilog=LOGS_EXAMPLES)
@options.cluster_argument
@click.option("--step", help="The step's id; the latest.")
@click.option("--containers", is_flag=True, help="Of YARN's containers: the workers.")
@click.option("--application", help="Of one application only, with --containers.")
@click.option("--bootstrap", is_flag=True, help="Of the bootstrap action, every node.")
@click.option("--lines", type=click.IntRange(1), help="The last lines of each only.")
@options.env_option
@options.json_option
def logs(
    cluster: str | None,
    step: str | None,
    containers: bool,
    application: str | None,
    bootstrap: bool,
    lines: int | None,
    env: str,
    as_json: bool,
) -> None:
    """Print what a step of a CLUSTER wrote to stdout and stderr.

    From S3, where EMR puts it every five minutes. Without a CLUSTER, of the only one
    that is up, or else of the last one.
    """
    if containers and bootstrap:
        message = "--containers or --bootstrap, not both"
        raise click.UsageError(message)
    aws = options.project_aws(env)
    found = aws.clusters.the_one(cluster, ended=True)
    kept = aws.logs(found)
    if containers or application:
        texts = kept.of_containers(application)
    elif bootstrap:
        texts = kept.of_bootstrap()
    else:
        texts = kept.of_step(aws.steps(found).the_one(step).id)
    if not texts:
        message = (
            f"no log of that at {kept.address} yet: EMR writes them every "
            f"{DELAY_MINUTES} minutes, and when the cluster ends"
        )
        raise AwsError(message)
    shown = {log.of: log.last(lines) for log in texts}
    if as_json:
        print_json(shown)
        return
    for of, written in shown.items():
        print_heading(of)
        for line in written:
            click.echo(line)


@click.command(epilog=UI_EXAMPLES)
@options.cluster_argument
@options.env_option
@options.json_option
def ui(cluster: str | None, env: str, as_json: bool) -> None:
    """Show the way to a CLUSTER's pages: Spark, YARN, JupyterHub.

    Those that AWS keeps open by their address alone, for some minutes: hand it to
    nobody. They stay for 30 days after the cluster's end.
    """
    aws = options.project_aws(env)
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
        print_table((), list(kept.items()))
    if own and not as_json:
        _print_own(own)
    if why:
        click.echo(why, err=True)


def _print_own(own: Tunnels) -> None:
    if own.ssh:
        print_heading("The cluster's own, while this runs (ssh)")
        click.echo(own.ssh)
    print_heading("The cluster's own, one by one (Session Manager)")
    print_table((), list(own.session_manager.items()))
    print_heading("where they then are")
    print_table((), list(own.addresses.items()))
