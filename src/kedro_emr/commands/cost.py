"""`kedro emr cost`."""

import dataclasses

import click

from kedro_emr.aws import Aws
from kedro_emr.commands.cluster_options import cluster_argument
from kedro_emr.commands.options import (
    env_option,
    json_option,
    project_settings,
)
from kedro_emr.commands.output import dollars, print_json, print_table
from kedro_emr.costs import Cost
from kedro_emr.costs import dollars as sum_of
from kedro_emr.request import ESTIMATE_TAG

EXAMPLES = """\b
Examples:
  kedro emr cost
  kedro emr cost j-2AXXXXXXGAPLF --json
"""


@click.command(epilog=EXAMPLES)
@cluster_argument
@env_option
@json_option
def cost(cluster: str | None, env: str, as_json: bool) -> None:
    """Show what a CLUSTER has cost, by kind of node, against the estimate.

    Without a CLUSTER, the only one that is up, or else the last one. Before tax; spot
    nodes count as on demand, which is more than they cost. S3 and traffic are not in
    it.
    """
    aws = Aws(project_settings(env))
    found = aws.clusters.the_one(cluster, ended=True)
    parts = aws.costs(found)
    total = sum_of(parts)
    expected = found.tags.get(ESTIMATE_TAG)
    if as_json:
        print_json(
            {
                "cluster": found.id,
                "nodes": [
                    {**dataclasses.asdict(p), "dollars": p.dollars} for p in parts
                ],
                "dollars": total,
                "estimate": float(expected) if expected else None,
                "prices": aws.prices.source,
            }
        )
        return
    header = ["nodes", "type", "market", "count", "hours", "EC2", "EMR", "disks", "all"]
    print_table(header, [_row(part) for part in parts])
    state = "so far" if found.is_up else "in all"
    click.echo(f"{found.id}: {dollars(total)} {state}, by {aws.prices.source}")
    if expected:
        click.echo(f"estimated: {dollars(float(expected))}")


def _row(part: Cost) -> list[str]:
    return [
        part.role,
        part.instance_type,
        part.market.replace("_", " "),
        str(part.nodes),
        f"{part.hours:,.2f}",
        *map(dollars, (part.ec2, part.emr, part.volumes, part.dollars)),
    ]
