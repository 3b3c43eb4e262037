"""`kedro emr list`, `status`, `cost` and `terminate`."""

import dataclasses
import datetime as dt
from collections import Counter
from typing import Any

import click

from kedro_emr.aws import Aws, now
from kedro_emr.clusters import Cluster, Node
from kedro_emr.commands import options
from kedro_emr.commands.output import (
    dollars,
    duration,
    print_heading,
    print_json,
    print_table,
)
from kedro_emr.commands.watching import running_cost, spent, summary
from kedro_emr.costs import dollars as sum_of
from kedro_emr.costs import hours_of
from kedro_emr.request import ALLOWED_TAG, ESTIMATE_TAG
from kedro_emr.steps import Step

LIST_EXAMPLES = """\b
Examples:
  kedro emr list
  kedro emr list --days 30 --json
"""
STATUS_EXAMPLES = """\b
Examples:
  kedro emr status
  kedro emr status j-2AXXXXXXGAPLF --json
"""
COST_EXAMPLES = """\b
Examples:
  kedro emr cost
  kedro emr cost j-2AXXXXXXGAPLF --json
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
@options.env_option
@options.json_option
def list_clusters(days: int, env: str, as_json: bool) -> None:
    """List this project's clusters, and what each has cost."""
    aws = options.project_aws(env)
    found = aws.clusters.since(now() - dt.timedelta(days=days))
    if as_json:
        print_json([{"cluster": one, "dollars": spent(aws, one)} for one in found])
        return
    if found:
        _print_clusters(aws, found)
    up = sum(one.is_up for one in found)
    name, region = aws.settings.name, aws.settings.region
    click.echo(f"up in {region}, costing money, of name {name!r}: {up}")


@click.command(epilog=STATUS_EXAMPLES)
@options.cluster_argument
@options.env_option
@options.json_option
def status(cluster: str | None, env: str, as_json: bool) -> None:
    """Show a CLUSTER and its steps, its nodes, its cost so far.

    Without a CLUSTER, of the only one that is up, or else of the last one.
    """
    aws = options.project_aws(env)
    found = aws.clusters.the_one(cluster, ended=True)
    steps, nodes = aws.steps(found).all(), aws.clusters.nodes(found)
    cost = spent(aws, found)
    if as_json:
        print_json({"cluster": found, "steps": steps, "nodes": nodes, "dollars": cost})
        return
    print_table((), _about(found, nodes, cost))
    if steps:
        print_heading("Steps")
        print_table(["step", "state", "took", "name"], [_step(step) for step in steps])
    if found.is_up:
        click.echo()
        click.echo(running_cost(aws, found))


@click.command(epilog=COST_EXAMPLES)
@options.cluster_argument
@options.env_option
@options.json_option
def cost(cluster: str | None, env: str, as_json: bool) -> None:
    """Show what a CLUSTER has cost, by kind of node, against the estimate.

    Without a CLUSTER, the only one that is up, or else the last one. Before tax; spot
    nodes count as on demand, which is more than they cost. S3 and traffic are not in
    it.
    """
    aws = options.project_aws(env)
    found = aws.clusters.the_one(cluster, ended=True)
    parts = aws.costs(found)
    expected = found.tags.get(ESTIMATE_TAG)
    data = {
        "cluster": found.id,
        "nodes": [{**dataclasses.asdict(p), "dollars": p.dollars} for p in parts],
        "dollars": sum_of(parts),
        "estimate": float(expected) if expected else None,
        "prices": aws.prices.source,
    }
    if as_json:
        print_json(data)
        return
    header = ["nodes", "type", "market", "count", "hours", "EC2", "EMR", "disks", "all"]
    rows = [
        [
            part.role,
            part.instance_type,
            part.market.replace("_", " "),
            str(part.nodes),
            f"{part.hours:,.2f}",
            *map(dollars, (part.ec2, part.emr, part.volumes, part.dollars)),
        ]
        for part in parts
    ]
    print_table(header, rows)
    state = "so far" if found.is_up else "in all"
    click.echo(f"{found.id}: {dollars(sum_of(parts))} {state}, by {aws.prices.source}")
    if expected:
        click.echo(f"estimated: {dollars(float(expected))}")


@click.command(epilog=TERMINATE_EXAMPLES)
@options.cluster_argument
@click.option(
    "--all", "everyone", is_flag=True, help="All of this project that are up."
)
@click.option("--yes", is_flag=True, help="Without asking.")
@options.env_option
def terminate(cluster: str | None, everyone: bool, yes: bool, env: str) -> None:
    """End a CLUSTER, or all, with whatever runs on it; what is on S3 stays.

    Without a CLUSTER, the only one that is up. One that is protected against
    termination is ended, too.
    """
    if cluster and everyone:
        message = "a cluster's id or --all, not both"
        raise click.UsageError(message)
    aws = options.project_aws(env)
    named = aws.clusters.up() if everyone else [aws.clusters.the_one(cluster)]
    for one in named:
        if not one.is_up:
            click.echo(f"{one.id} is {one.state} already")
    ending = [one for one in named if one.is_up]
    if not ending:
        click.echo("nothing is up")
        return
    _print_clusters(aws, ending)
    if protected := [one.id for one in ending if one.protected]:
        click.echo(f"protected against termination: {', '.join(protected)}")
    if not yes:
        click.confirm(f"end what is listed: {len(ending)}?", abort=True)
    for one in ending:
        aws.clusters.terminate(one)
        click.echo(f"terminating; {summary(aws, one)}")


def _print_clusters(aws: Aws, clusters: list[Cluster]) -> None:
    rows = [
        [
            one.id,
            one.state,
            f"{one.created:%Y-%m-%d %H:%M}" if one.created else "",
            duration(hours_of(one, now())),
            dollars(spent(aws, one)),
            one.tags.get("owner", ""),
        ]
        for one in clusters
    ]
    print_table(["cluster", "state", "created", "up for", "cost", "owner"], rows)


def _about(cluster: Cluster, nodes: list[Node], cost: float | None) -> list[Any]:
    kinds = Counter(f"{node.instance_type}, {node.role}" for node in nodes if node.up)
    pairs = [
        ("cluster", f"{cluster.id}, {cluster.release}"),
        ("state", f"{cluster.state} {cluster.reason}".strip()),
        ("up for", duration(hours_of(cluster, now()))),
        ("nodes", "; ".join(f"{n} {kind}" for kind, n in kinds.items()) or "none"),
        ("cost so far", f"{dollars(cost)}, spot as on demand"),
    ]
    if ALLOWED_TAG in cluster.tags:
        pairs.append(("overridden", cluster.tags[ALLOWED_TAG]))
    return pairs


def _step(step: Step) -> list[str]:
    took = ""
    if step.started:
        seconds = ((step.ended or now()) - step.started).total_seconds()
        took = duration(seconds / 3600)
    return [step.id, step.state, took, step.name]
