"""`kedro emr logs`."""

import click

from kedro_emr.aws import Aws
from kedro_emr.commands.cluster_options import cluster_argument, step_option
from kedro_emr.commands.options import (
    env_option,
    json_option,
    project_settings,
)
from kedro_emr.commands.output import print_heading, print_json
from kedro_emr.errors import AwsError
from kedro_emr.logs import DELAY_MINUTES

EXAMPLES = """\b
Examples:
  kedro emr logs
  kedro emr logs --lines 50
  kedro emr logs j-2AXXXXXXGAPLF --containers
  kedro emr logs j-2AXXXXXXGAPLF --bootstrap
"""


@click.command(epilog=EXAMPLES)
@cluster_argument
@step_option
@click.option("--containers", is_flag=True, help="Of YARN's containers: the workers.")
@click.option("--application", help="Of one application only, with --containers.")
@click.option("--bootstrap", is_flag=True, help="Of the bootstrap action, every node.")
@click.option("--lines", type=click.IntRange(1), help="The last lines of each only.")
@env_option
@json_option
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
    aws = Aws(project_settings(env))
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
