"""Runs on a cluster: EMR's steps."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedro.framework import project

from kedro_emr.clients import asking, without_keys
from kedro_emr.errors import AwsError
from kedro_emr.prices import Prices
from kedro_emr.request import PYTHON_HOME
from kedro_emr.settings import ClusterSettings

OVER = ("COMPLETED", "CANCELLED", "FAILED", "INTERRUPTED")

# Settings of the user's that a run on the cluster gets too. Those of the cluster itself
# are in the request, and Spark's place and Python are the cluster's.
PASSED_ON = (
    "FRUIT_FEATURES_QUEUE",
    "FRUIT_FEATURES_EXECUTORS",
    "FRUIT_FEATURES_EXECUTOR_CORES",
    "FRUIT_FEATURES_EXECUTOR_MEMORY",
    "FRUIT_FEATURES_EXECUTOR_OVERHEAD",
)


@dataclass(frozen=True)
class Step:
    """A step as EMR describes it; ``message`` says why it is in its state."""

    id: str
    name: str
    state: str
    message: str
    created: dt.datetime | None
    started: dt.datetime | None
    ended: dt.datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it will do no more."""
        return self.state in OVER


def step_request(
    settings: ClusterSettings,
    conf: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    env: str = "emr",
    transient: bool = False,
) -> dict[str, Any]:
    """Return the step that runs the pipelines, with the configuration at ``conf``.

    No shell reads it: every argument of ``kedro run`` reaches the program as it is. Of
    the environment's variables those of ``PASSED_ON`` count.
    """
    variables = {
        "FRUIT_FEATURES_BUCKET": settings.place.bucket,
        "FRUIT_FEATURES_PREFIX": settings.place.prefix,
        "AWS_REGION": settings.region,
        **{name: environment[name] for name in PASSED_ON if environment.get(name)},
    }
    command = [
        "env",
        *(f"{name}={value}" for name, value in variables.items()),
        *(f"{PYTHON_HOME}/bin/python", "-m", "kedro_emr.step_program"),
        *(str(project.PACKAGE_NAME), conf, "--env", env),
        *arguments,
    ]
    return {
        "Name": " ".join(["kedro run --env", env, *arguments])[:256],
        "ActionOnFailure": "TERMINATE_CLUSTER" if transient else "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": command},
    }


def executors(settings: ClusterSettings, prices: Prices, cores: int) -> int:
    """Return how many executors of ``cores`` fill the most nodes scaling may have."""
    core, task, most = settings.core, settings.task, settings.scaling.maximum
    others = task.count if most is None else most - core.count
    type_of_others = task.instance_type if task.count else core.instance_type
    vcpus = core.count * prices.node(core.instance_type).vcpus
    vcpus += others * prices.node(type_of_others).vcpus
    return max(1, vcpus // cores)


@dataclass(frozen=True)
class Steps:
    """The steps of the cluster of an id, by an EMR client."""

    client: Any
    cluster: str

    def add(self, request: dict[str, Any]) -> str:
        """Add one and return its id."""
        with asking(f"submit to {self.cluster}"):
            added = self.client.add_job_flow_steps(
                JobFlowId=self.cluster, Steps=[request]
            )
        return added["StepIds"][0]

    def read(self, step: str) -> Step:
        """Return one."""
        with asking(f"look at step {step!r} of {self.cluster}"):
            answer = self.client.describe_step(ClusterId=self.cluster, StepId=step)
        return _step(answer["Step"])

    def all(self) -> list[Step]:
        """Return all, the latest first."""
        with asking(f"list the steps of {self.cluster}"):
            pages = self.client.get_paginator("list_steps").paginate(
                ClusterId=self.cluster
            )
            return [_step(each) for each in pages.search("Steps")]

    def the_one(self, step: str | None) -> Step:
        """Return the one that is named, or else the latest."""
        if step:
            return self.read(step)
        steps = self.all()
        if not steps:
            message = f"{self.cluster} has no step yet: `kedro emr submit` adds one"
            raise AwsError(message)
        return steps[0]


def _step(answer: dict[str, Any]) -> Step:
    status = answer["Status"]
    timeline = status.get("Timeline", {})
    failure, why = status.get("FailureDetails", {}), status.get("StateChangeReason", {})
    said = (failure.get("Reason"), failure.get("Message"), why.get("Message"))
    return Step(
        id=answer["Id"],
        name=answer["Name"],
        state=status["State"],
        # EMR quotes what the step has written.
        message=without_keys("; ".join(part for part in said if part)),
        created=timeline.get("CreationDateTime"),
        started=timeline.get("StartDateTime"),
        ended=timeline.get("EndDateTime"),
    )
