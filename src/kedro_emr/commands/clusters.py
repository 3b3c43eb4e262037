"""`kedro emr list` and `kedro emr terminate`."""

import datetime as dt

import click

from kedro_emr.aws import Aws, now
from kedro_emr.clusters import Cluster
from kedro_emr.commands.cluster_options import cluster_argument
from kedro_emr.commands.options import (
    env_option,
    json_option,
    project_settings,
)
from kedro_emr.commands.output import (
    dollars,
    duration,
    print_json,
    print_table,
)
from kedro_emr.commands.watching import spent, summary
from kedro_emr.costs import hours_of

LIST_EXAMPLES = """\b
Examples:
  kedro emr list
  kedro emr list --days 30 --json
"""
TERMINATE_EXAMPLES = """\b
Examples:
  kedro emr terminate
  kedro emr terminate j-2AXXXXXXGAPLF --yes
  kedro emr terminate --all
"""


@click.command("list", epilog=LIST_EXAMPLES)
@click.option(
    "--days",
    default=7,
    show_default=True,
    type=click.IntRange(0, 60),
    help="Those too that have ended within as many days.",
)
@env_option
@json_option
def list_clusters(days: int, env: str, as_json: bool) -> None:
    """List this project's clusters, and what each has cost."""
    aws = Aws(project_settings(env))
    found = aws.clusters.since(now() - dt.timedelta(days=days))
    if as_json:
        print_json([{"cluster": one, "dollars": spent(aws, one)} for one in found])
        return
    if found:
        _print(aws, found)
    up = [one for one in found if one.is_up]
    name, region = aws.settings.name, aws.settings.region
    click.echo(f"up in {region}, costing money, of name {name!r}: {len(up)}")


@click.command(epilog=TERMINATE_EXAMPLES)
@cluster_argument
@click.option(
    "--all", "everyone", is_flag=True, help="All of this project that are up."
)
@click.option("--yes", is_flag=True, help="Without asking.")
@env_option
def terminate(cluster: str | None, everyone: bool, yes: bool, env: str) -> None:
    """End a CLUSTER, or all, with whatever runs on it; what is on S3 stays.

    Without a CLUSTER, the only one that is up. One that is protected against
    termination is ended, too.
    """
    if cluster and everyone:
        message = "a cluster's id or --all, not both"
        raise click.UsageError(message)
    aws = Aws(project_settings(env))
    ending = aws.clusters.up() if everyone else [aws.clusters.the_one(cluster)]
    for one in ending:
        if not one.is_up:
            click.echo(f"{one.id} is {one.state} already")
    ending = [one for one in ending if one.is_up]
    if not ending:
        click.echo("nothing is up")
        return
    _print(aws, ending)
    protected = [one.id for one in ending if one.protected]
    if protected:
        click.echo(f"protected against termination: {', '.join(protected)}")
    if not yes:
        click.confirm(f"end what is listed: {len(ending)}?", abort=True)
    for one in ending:
        aws.clusters.terminate(one)
        click.echo(f"terminating; {summary(aws, one)}")


def _print(aws: Aws, clusters: list[Cluster]) -> None:
    header = ["cluster", "state", "created", "up for", "cost", "owner"]
    print_table(header, [_row(aws, one) for one in clusters])


def _row(aws: Aws, cluster: Cluster) -> list[str]:
    created = f"{cluster.created:%Y-%m-%d %H:%M}" if cluster.created else ""
    return [
        cluster.id,
        cluster.state,
        created,
        duration(hours_of(cluster, now())),
        dollars(spent(aws, cluster)),
        cluster.tags.get("owner", ""),
    ]
