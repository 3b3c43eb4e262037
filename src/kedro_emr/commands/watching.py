"""What `--wait` shows, and what is said when it is broken off."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from kedro_emr import logs as emr_logs
from kedro_emr.aws import Aws
from kedro_emr.clusters import READY, Cluster
from kedro_emr.commands.output import dollars
from kedro_emr.costs import dollars as sum_of
from kedro_emr.errors import EmrError, PriceError, StepError
from kedro_emr.planning import Plan
from kedro_emr.request import ESTIMATE_TAG
from kedro_emr.steps import Step
from kedro_emr.watch import Tail, wait_for_log, watch

LAST_LINES = 20


@dataclass(frozen=True)
class Watching:
    """Follows one cluster."""

    aws: Aws
    cluster: str
    seconds: float

    def until_ready(self) -> Cluster:
        """Wait until the cluster takes up work."""
        cluster = self._until(lambda seen: seen.state in READY or not seen.is_up)
        self.refuse_ended(cluster)
        return cluster

    def until_ended(self) -> Cluster:
        """Wait until the cluster is no more."""
        return self._until(lambda seen: not seen.is_up)

    def until_over(self, step: str) -> Step:
        """Wait until a step is over, and show what it writes."""
        cluster = self.aws.clusters.read(self.cluster)
        steps, tail = self.aws.steps(cluster), Tail(self.aws.logs(cluster), step)

        def look() -> tuple[Step, Cluster]:
            for line in tail.lines():
                click.echo(f"  {line}")
            return steps.read(step), self.aws.clusters.read(self.cluster)

        seen, cluster = watch(
            look,
            lambda both: f"step {both[0].state}, cluster {self._state(both[1])}",
            lambda both: both[0].is_over or not both[1].is_up,
            click.echo,
            self.seconds,
        )
        if not seen.is_over or seen.state == "CANCELLED":
            self.refuse_ended(cluster)
        for line in tail.lines():
            click.echo(f"  {line}")
        return seen

    def explain_failure(self, step: Step) -> int:
        """Show the end of a failed step's log; return the exit code of its program."""
        cluster = self.aws.clusters.read(self.cluster)
        logs = self.aws.logs(cluster)
        why = f": {step.message}" if step.message else ""
        click.secho(f"Error: step {step.id} {step.state}{why}", fg="red", err=True)
        # A step that was never begun writes nothing.
        minutes = 0 if step.state == "CANCELLED" else emr_logs.DELAY_MINUTES
        found = wait_for_log(logs, step.id, click.echo, minutes, self.seconds)
        for log in found:
            click.echo(f"the end of {log.of}:", err=True)
            for line in log.last(LAST_LINES):
                click.echo(f"  {line}", err=True)
        if not found:
            click.echo(
                f"no log at {logs.address}: `kedro emr logs {self.cluster}` later",
                err=True,
            )
        return logs.exit_code(step.id)

    def refuse_ended(self, cluster: Cluster) -> None:
        """Say why a cluster has ended that should not have."""
        if cluster.is_up:
            return
        why = cluster.reason or "no reason given"
        message = f"cluster {cluster.id} {cluster.state}: {why}"
        if cluster.code == "BOOTSTRAP_FAILURE" or "bootstrap" in cluster.message:
            for log in self.aws.logs(cluster).of_bootstrap()[-2:]:
                lines = log.last(LAST_LINES)
                message = "\n  ".join([message, f"the end of {log.of}:", *lines])
        raise StepError(message)

    def _until(self, done: Callable[[Cluster], bool]) -> Cluster:
        return watch(
            lambda: self.aws.clusters.read(self.cluster),
            self._state,
            done,
            click.echo,
            self.seconds,
        )

    def _state(self, cluster: Cluster) -> str:
        return f"{cluster.state}, {dollars(spent(self.aws, cluster))} so far"


def spent(aws: Aws, cluster: Cluster) -> float | None:
    """Return what a cluster has cost, in dollars; ``None`` without a price for it."""
    try:
        return sum_of(aws.costs(cluster))
    except PriceError:
        return None


def running_cost(aws: Aws, cluster: Cluster) -> str:
    """Say what goes on costing money, and when it stops."""
    try:
        hour: float | None = aws.hour(cluster)
    except PriceError:
        hour = None
    idle = aws.settings.idle_seconds
    if cluster.transient:
        end = "it ends by itself after its last step"
    elif idle:
        end = f"it ends by itself after {idle / 60:g} minutes without work"
    else:
        end = "nothing ends it by itself"
    return f"{cluster.id} is up and costs {dollars(hour)} an hour; {end}"


@contextlib.contextmanager
def offering_to_stop(aws: Aws, cluster: str) -> Iterator[None]:
    """Leave no cluster that is up without a line saying so.

    On Ctrl-C, say what still runs and costs, and offer to end it.
    """
    try:
        yield
    except KeyboardInterrupt:
        click.echo(err=True)
        if _say_up(aws, cluster):
            _offer(aws, cluster)
        sys.exit(130)
    except Exception:
        # Whatever it is, a cluster that is up is not passed over in silence.
        _say_up(aws, cluster)
        raise


def _say_up(aws: Aws, cluster: str) -> bool:
    """Say whether a cluster is up, and what it costs; return false if it is not."""
    try:
        found = aws.clusters.read(cluster)
        up = found.is_up
        said = running_cost(aws, found) if up else f"{cluster} is {found.state}"
    except EmrError as error:
        up, said = True, f"{cluster} may be up, and cost money: {error}"
    hint = f"; `kedro emr terminate {cluster}` ends it now" if up else ""
    click.echo(f"{said}{hint}", err=True)
    return up


def can_ask() -> bool:
    """Tell whether somebody is there to answer."""
    return sys.stdin.isatty()


def _offer(aws: Aws, cluster: str) -> None:
    if can_ask() and click.confirm("end it now, with all it does?", err=True):
        aws.clusters.terminate(aws.clusters.read(cluster))
        click.echo(f"{cluster} is being terminated", err=True)


def say_plan(plan: Plan) -> None:
    """Say what is expected to be paid, and which guardrails could not be judged."""
    if plan.estimate and plan.prices:
        expected, source = plan.estimate, plan.prices.source
        paid = f"{expected.images:,} images are to cost {dollars(expected.dollars)}"
        click.echo(f"{paid}, by {source}")
    for verdict in plan.verdicts:
        if verdict.state == "unknown":
            click.echo(f"not judged: {verdict.name}: {verdict.found}", err=True)


def summary(aws: Aws, cluster: Cluster) -> str:
    """Say what a cluster has cost, beside what was expected."""
    expected = cluster.tags.get(ESTIMATE_TAG)
    beside = f", {dollars(float(expected))} were expected" if expected else ""
    return f"{cluster.id} has cost {dollars(spent(aws, cluster))}{beside}"
