"""What is asked of EMR, with the project uploaded for it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro_emr.aws import Aws
from kedro_emr.clusters import Cluster
from kedro_emr.errors import PackageError
from kedro_emr.estimate import CORES_OF_EXECUTOR
from kedro_emr.guardrails import refuse
from kedro_emr.package import Package, Uploaded, build_package, upload_package
from kedro_emr.planning import Plan
from kedro_emr.request import ALLOWED_TAG, CODE_TAG, ESTIMATE_TAG, cluster_request
from kedro_emr.steps import executors, step_request

EXECUTOR_CORES = "FRUIT_FEATURES_EXECUTOR_CORES"
EXECUTORS = "FRUIT_FEATURES_EXECUTORS"


@dataclass(frozen=True)
class Job:
    """A run of the project in an environment, with the arguments of ``kedro run``."""

    project: Path
    env: str
    arguments: Sequence[str] = ()
    wheel: Path | None = None


def order_cluster(plan: Plan, job: Job, *, transient: bool) -> dict[str, Any]:
    """Upload the project; return the request for a cluster, if guardrails let it.

    A transient cluster runs the job and ends; else it runs nothing yet.
    """
    allowed = refuse(plan.verdicts)
    with _packaged(job) as package:
        uploaded = _upload(Aws(plan.settings), package)
    tags = {CODE_TAG: uploaded.code}
    if plan.estimate:
        tags[ESTIMATE_TAG] = f"{plan.estimate.dollars:.2f}"
    return cluster_request(
        plan.settings,
        plan.settings.place,
        steps=[_step(plan, job, uploaded, transient=True)] if transient else [],
        transient=transient,
        allowed=allowed,
        needed=uploaded.artefacts,
        tags=tags,
    )


def order_step(
    plan: Plan, job: Job, cluster: Cluster, *, code_of_cluster: bool
) -> dict[str, Any]:
    """Upload the configuration; return the request for a step, if guardrails let it.

    What is overridden is added to the cluster's tags. Other code than the cluster's is
    refused, unless its own is to be run.
    """
    allowed, aws = refuse(plan.verdicts), Aws(plan.settings)
    with _packaged(job) as package:
        theirs = cluster.tags.get(CODE_TAG)
        if theirs != package.code and not code_of_cluster:
            message = (
                f"{cluster.id} was made with code {theirs}, the project's is "
                f"{package.code}: `--transient` runs it on a cluster of its own, "
                "`--code-of-cluster` runs what the cluster has"
            )
            raise PackageError(message)
        uploaded = _upload(aws, package)
    if allowed:
        aws.clusters.tag(cluster, {ALLOWED_TAG: " ".join(sorted(allowed))})
    return _step(plan, job, uploaded, transient=False)


@contextlib.contextmanager
def _packaged(job: Job) -> Iterator[Package]:
    with tempfile.TemporaryDirectory(prefix="kedro-emr-") as folder:
        yield build_package(job.project, Path(folder), job.wheel)


def _upload(aws: Aws, package: Package) -> Uploaded:
    aws.bucket()
    key = aws.settings.encryption.kms_key
    return upload_package(package, aws.settings.place, aws.s3, key)


def _step(
    plan: Plan, job: Job, uploaded: Uploaded, *, transient: bool
) -> dict[str, Any]:
    variables = _variables(plan, os.environ)
    given = (plan.settings, uploaded.conf, job.arguments, variables)
    return step_request(*given, env=job.env, transient=transient)


def _variables(plan: Plan, environment: Mapping[str, str]) -> dict[str, str]:
    """Return this machine's variables, with as many executors as nodes can hold."""
    cores = int(environment.get(EXECUTOR_CORES) or CORES_OF_EXECUTOR)
    if plan.prices is None:
        return dict(environment)
    return {EXECUTORS: str(executors(plan.settings, plan.prices, cores)), **environment}
