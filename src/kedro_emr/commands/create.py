"""`kedro emr create`."""

from pathlib import Path

import click

from kedro_emr.aws import Aws
from kedro_emr.commands.cluster_options import (
    check_deadline,
    deadline_option,
    every_option,
    images_option,
    wait_option,
    wheel_option,
)
from kedro_emr.commands.options import (
    allow_option,
    env_option,
    project_folder,
    project_settings,
)
from kedro_emr.commands.watching import (
    Watching,
    offering_to_stop,
    running_cost,
    say_plan,
)
from kedro_emr.orders import Job, order_cluster
from kedro_emr.planning import Plan, make_plan

EXAMPLES = """\b
Examples:
  kedro emr create --wait
  kedro emr create --images 500000 --deadline 2
  kedro emr create --allow unencrypted-logs
"""


@click.command(epilog=EXAMPLES)
@images_option
@deadline_option
@allow_option
@wheel_option
@wait_option
@every_option
@env_option
def create(
    images: int | None,
    deadline: float | None,
    allowed: tuple[str, ...],
    wheel: Path | None,
    wait: bool,
    every: float,
    env: str,
) -> None:
    """Create a cluster that waits for work, if the guardrails let it.

    It costs money from now on, until it has been idle for `idle_seconds`, or until
    `kedro emr terminate`.
    """
    check_deadline(images, deadline)
    plan = make_plan(
        project_settings(env), images=images, deadline=deadline, allowed=allowed
    )
    job = Job(project_folder(), env, wheel=wheel)
    aws, cluster = create_cluster(plan, job, transient=False)
    with offering_to_stop(aws, cluster):
        click.echo(f"{cluster} is being created")
        click.echo(running_cost(aws, aws.clusters.read(cluster)))
        if wait:
            Watching(aws, cluster, every).until_ready()


def create_cluster(plan: Plan, job: Job, *, transient: bool) -> tuple[Aws, str]:
    """Order a cluster, and say what is expected to be paid; return its id.

    Raises:
        GuardrailError: If it breaks one that is not overridden.
        PackageError: If the project cannot be built.
        AwsError: If AWS refuses.
    """
    request = order_cluster(plan, job, transient=transient)
    say_plan(plan)
    aws = Aws(plan.settings)
    return aws, aws.clusters.create(request)
