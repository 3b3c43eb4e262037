"""`kedro emr status`."""

from collections import Counter
from typing import Any

import click

from kedro_emr.aws import Aws, now
from kedro_emr.clusters import Cluster, Node
from kedro_emr.commands.cluster_options import cluster_argument
from kedro_emr.commands.options import (
    env_option,
    json_option,
    project_settings,
)
from kedro_emr.commands.output import (
    dollars,
    duration,
    print_heading,
    print_json,
    print_pairs,
    print_table,
)
from kedro_emr.commands.watching import running_cost, spent
from kedro_emr.costs import hours_of
from kedro_emr.request import ALLOWED_TAG
from kedro_emr.steps import Step

EXAMPLES = """\b
Examples:
  kedro emr status
  kedro emr status j-2AXXXXXXGAPLF --json
"""


@click.command(epilog=EXAMPLES)
@cluster_argument
@env_option
@json_option
def status(cluster: str | None, env: str, as_json: bool) -> None:
    """Show the states of a CLUSTER and its steps, its nodes, its cost so far.

    Without a CLUSTER, of the only one that is up, or else of the last one.
    """
    aws = Aws(project_settings(env))
    found = aws.clusters.the_one(cluster, ended=True)
    steps, nodes = aws.steps(found).all(), aws.clusters.nodes(found)
    cost = spent(aws, found)
    if as_json:
        print_json(
            {"cluster": found, "steps": steps, "nodes": nodes, "dollars": cost},
        )
        return
    print_pairs(_about(found, nodes, cost))
    if steps:
        print_heading("Steps")
        print_table(["step", "state", "took", "name"], [_row(step) for step in steps])
    if found.is_up:
        click.echo()
        click.echo(running_cost(aws, found))


def _about(cluster: Cluster, nodes: list[Node], cost: float | None) -> list[Any]:
    kinds = Counter(f"{node.instance_type}, {node.role}" for node in nodes if node.up)
    pairs = [
        ("cluster", f"{cluster.id}, {cluster.release}"),
        ("state", " ".join(part for part in (cluster.state, cluster.reason) if part)),
        ("up for", duration(hours_of(cluster, now()))),
        ("nodes", "; ".join(f"{n} {kind}" for kind, n in kinds.items()) or "none"),
        ("cost so far", f"{dollars(cost)}, spot as on demand"),
    ]
    if ALLOWED_TAG in cluster.tags:
        pairs.append(("overridden", cluster.tags[ALLOWED_TAG]))
    return pairs


def _row(step: Step) -> list[str]:
    if step.started is None:
        took = ""
    else:
        seconds = ((step.ended or now()) - step.started).total_seconds()
        took = duration(seconds / 3600)
    return [step.id, step.state, took, step.name]
