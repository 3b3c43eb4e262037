"""`kedro emr create` and `kedro emr submit`."""

from pathlib import Path
from typing import Any, cast

import click
from kedro.framework import project
from kedro.framework.cli.utils import find_run_command
from kedro.framework.session import KedroSession

from kedro_emr.aws import Aws
from kedro_emr.commands import options
from kedro_emr.commands.watching import (
    Watching,
    offering_to_stop,
    running_cost,
    say_plan,
    summary,
)
from kedro_emr.errors import AwsError
from kedro_emr.orders import Job, order_cluster, order_step
from kedro_emr.planning import Plan, make_plan
from kedro_emr.request import ALLOWED_TAG

CREATE_EXAMPLES = """\b
Examples:
  kedro emr create --wait
  kedro emr create --images 500000 --deadline 2
  kedro emr create --allow unencrypted-logs
"""
SUBMIT_EXAMPLES = """\b
Examples:
  kedro emr submit --wait
  kedro emr submit --params reduction.components=50 --wait
  kedro emr submit --transient --images 500000 --wait
"""


@click.command(epilog=CREATE_EXAMPLES)
@options.images_option
@options.deadline_option
@options.allow_option
@options.wheel_option
@options.wait_option
@options.every_option
@options.env_option
def create(
    wheel: Path | None, wait: bool, every: float, env: str, **sizing: Any
) -> None:
    """Create a cluster that waits for work, if the guardrails let it.

    It costs money from now on, until it has been idle for `idle_seconds`, or until
    `kedro emr terminate`.
    """
    options.check_deadline(sizing["images"], sizing["deadline"])
    plan = make_plan(options.project_settings(env), **sizing)
    job = Job(options.project_folder(), env, wheel=wheel)
    aws, cluster = _create(plan, job, transient=False)
    with offering_to_stop(aws, cluster):
        click.echo(f"{cluster} is being created")
        click.echo(running_cost(aws, aws.clusters.read(cluster)))
        if wait:
            Watching(aws, cluster, every).until_ready()


@click.command(epilog=SUBMIT_EXAMPLES)
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
@options.images_option
@options.deadline_option
@options.allow_option
@options.wheel_option
@options.wait_option
@options.every_option
@options.env_option
@click.pass_context
def submit(  # noqa: PLR0913, PLR0917  One an option.
    context: click.Context,
    /,
    cluster: str | None,
    transient: bool,
    params: str,
    pipelines: str,
    code_of_cluster: bool,
    wheel: Path | None,
    wait: bool,
    every: float,
    env: str,
    **sizing: Any,
) -> None:
    """Run the pipelines on a cluster, with the configuration of this project.

    With --wait it shows states and what the run writes, and leaves with the exit code
    of the run.
    """
    if transient and cluster:
        message = "--transient makes a cluster of its own: leave out --cluster"
        raise click.UsageError(message)
    options.check_deadline(sizing["images"], sizing["deadline"])
    options.project_aws(env).bucket()
    given = {"--params": params, "--pipelines": pipelines}
    arguments = [part for name, text in given.items() if text for part in (name, text)]
    _check_run(env, arguments)
    job = Job(options.project_folder(), env, arguments, wheel)
    step_id: str | None = None
    if transient:
        plan = make_plan(options.project_settings(env), **sizing)
        aws, name = _create(plan, job, transient=True)
    else:
        aws, name, step_id = _add(job, sizing, cluster, code_of_cluster)
    code = 0
    with offering_to_stop(aws, name):
        found = aws.clusters.read(name)
        step = aws.steps(found).the_one(step_id)
        click.echo(f"step {step.id}: {step.name}")
        click.echo(running_cost(aws, found))
        if wait:
            code = _follow(Watching(aws, name, every), step.id)
    context.exit(code)


def _create(plan: Plan, job: Job, *, transient: bool) -> tuple[Aws, str]:
    request = order_cluster(plan, job, transient=transient)
    say_plan(plan)
    aws = Aws(plan.settings)
    return aws, aws.clusters.create(request)


def _add(
    job: Job, sizing: dict[str, Any], cluster: str | None, code_of_cluster: bool
) -> tuple[Aws, str, str]:
    aws = options.project_aws(job.env)
    found = aws.clusters.the_one(cluster)
    if not found.is_up:
        message = f"{found.id} is {found.state}: `kedro emr create` makes another"
        raise AwsError(message)
    # What was overridden for the cluster is so for what runs on it.
    before = found.tags.get(ALLOWED_TAG, "").split()
    allowed = tuple(sorted({*sizing["allowed"], *before}))
    plan = make_plan(aws.settings, **{**sizing, "allowed": allowed})
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
        options.project_folder(), env=env, runtime_params=given["params"]
    ) as session:
        cast(KedroSession, session).load_context()
