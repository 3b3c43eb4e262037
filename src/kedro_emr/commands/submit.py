"""`kedro emr submit`."""

from pathlib import Path
from typing import NamedTuple, cast

import click
from kedro.framework import project
from kedro.framework.cli.utils import find_run_command
from kedro.framework.session import KedroSession

from kedro_emr.aws import Aws
from kedro_emr.commands.cluster_options import (
    check_deadline,
    deadline_option,
    every_option,
    images_option,
    wait_option,
    wheel_option,
)
from kedro_emr.commands.create import create_cluster
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
    summary,
)
from kedro_emr.errors import AwsError
from kedro_emr.orders import Job, order_step
from kedro_emr.planning import make_plan
from kedro_emr.request import ALLOWED_TAG

EXAMPLES = """\b
Examples:
  kedro emr submit --wait
  kedro emr submit --params reduction.components=50 --wait
  kedro emr submit --transient --images 500000 --wait
"""


class Sizing(NamedTuple):
    """What the guardrails judge by besides ``cluster.yml``."""

    images: int | None
    deadline: float | None
    allowed: tuple[str, ...]


@click.command(epilog=EXAMPLES)
@click.option("--cluster", help="The cluster's id; the only one that is up.")
@click.option(
    "--transient",
    is_flag=True,
    help="On a cluster of its own, which ends with the run.",
)
@click.option("--params", default="", help="As of `kedro run`.")
@click.option("--pipelines", default="", help="As of `kedro run`.")
@click.option(
    "--code-of-cluster",
    is_flag=True,
    help="Run the code that the cluster was made with, if the project has changed.",
)
@images_option
@deadline_option
@allow_option
@wheel_option
@wait_option
@every_option
@env_option
@click.pass_context
def submit(  # noqa: PLR0913, PLR0917  One an option.
    context: click.Context,
    cluster: str | None,
    transient: bool,
    params: str,
    pipelines: str,
    code_of_cluster: bool,
    images: int | None,
    deadline: float | None,
    allowed: tuple[str, ...],
    wheel: Path | None,
    wait: bool,
    every: float,
    env: str,
) -> None:
    """Run the pipelines on a cluster, with the configuration of this project.

    With --wait it shows states and what the run writes, and leaves with the exit code
    of the run.
    """
    if transient and cluster:
        message = "--transient makes a cluster of its own: leave out --cluster"
        raise click.UsageError(message)
    check_deadline(images, deadline)
    Aws(project_settings(env)).bucket()
    given = {"--params": params, "--pipelines": pipelines}
    arguments = [part for name, text in given.items() if text for part in (name, text)]
    _check_run(env, arguments)
    job = Job(project_folder(), env, arguments, wheel)
    judged = Sizing(images, deadline, allowed)
    step_id: str | None = None
    code = 0
    if transient:
        plan = make_plan(project_settings(env), **judged._asdict())
        aws, name = create_cluster(plan, job, transient=True)
    else:
        aws, name, step_id = _add(job, judged, cluster, code_of_cluster)
    with offering_to_stop(aws, name):
        found = aws.clusters.read(name)
        step = aws.steps(found).the_one(step_id)
        click.echo(f"step {step.id}: {step.name}")
        click.echo(running_cost(aws, found))
        if wait:
            code = _follow(Watching(aws, name, every), step.id)
    context.exit(code)


def _add(
    job: Job, judged: Sizing, cluster: str | None, code_of_cluster: bool
) -> tuple[Aws, str, str]:
    aws = Aws(project_settings(job.env))
    found = aws.clusters.the_one(cluster)
    if not found.is_up:
        message = f"{found.id} is {found.state}: `kedro emr create` makes another"
        raise AwsError(message)
    # What was overridden for the cluster is so for what runs on it.
    before = found.tags.get(ALLOWED_TAG, "").split()
    allowed = tuple(sorted({*judged.allowed, *before}))
    plan = make_plan(aws.settings, **judged._replace(allowed=allowed)._asdict())
    request = order_step(plan, job, found, code_of_cluster=code_of_cluster)
    say_plan(plan)
    return aws, found.id, aws.steps(found).add(request)


def _follow(watching: Watching, step: str) -> int:
    """Follow a step, and a cluster that ends with it; return the run's exit code."""
    seen = watching.until_over(step)
    code = 0 if seen.state == "COMPLETED" else watching.explain_failure(seen)
    cluster = watching.aws.clusters.read(watching.cluster)
    if cluster.transient:
        cluster = watching.until_ended()
        click.echo(summary(watching.aws, cluster))
    elif cluster.is_up:
        click.echo(running_cost(watching.aws, cluster))
    return code


def _check_run(env: str, arguments: list[str]) -> None:
    """Refuse at once what the run would refuse minutes, and cents, later."""
    run = cast(click.Command, find_run_command(str(project.PACKAGE_NAME)))
    given = run.make_context("kedro run", list(arguments)).params
    with KedroSession.create(
        project_folder(), env=env, runtime_params=given["params"]
    ) as session:
        cast(KedroSession, session).load_context()
