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
from kedro_emr.request import (
    ALLOWED_TAG,
    CODE_TAG,
    ESTIMATE_TAG,
    cluster_request,
)
from kedro_emr.steps import executors, step_request

EXECUTOR_CORES = "FRUIT_FEATURES_EXECUTOR_CORES"
EXECUTORS = "FRUIT_FEATURES_EXECUTORS"


@dataclass(frozen=True)
class Job:
    """What is to be run.

    Attributes:
        project: The project's folder.
        env: Kedro's environment.
        arguments: What ``kedro run`` is given besides.
        wheel: A wheel that is built already, or ``None``.
    """

    project: Path
    env: str
    arguments: Sequence[str] = ()
    wheel: Path | None = None


def order_cluster(plan: Plan, job: Job, *, transient: bool) -> dict[str, Any]:
    """Upload the project and return the request for a cluster.

    Args:
        plan: The cluster.
        job: What is to be run.
        transient: Whether the cluster runs it and ends; else it runs nothing yet.

    Raises:
        GuardrailError: If the cluster breaks one that is not overridden.
        PackageError: If the project cannot be built.
        AwsError: If S3 does not take it.
    """
    allowed = refuse(plan.verdicts)
    settings = plan.settings
    with _packaged(job) as package:
        uploaded = _upload(Aws(settings), package)
    tags = {CODE_TAG: uploaded.code}
    if plan.estimate:
        tags[ESTIMATE_TAG] = f"{plan.estimate.dollars:.2f}"
    step = _step(plan, job, uploaded, transient=True)
    return cluster_request(
        settings,
        settings.place,
        steps=[step] if transient else [],
        transient=transient,
        allowed=allowed,
        needed=uploaded.artefacts,
        tags=tags,
    )


def order_step(
    plan: Plan, job: Job, cluster: Cluster, *, code_of_cluster: bool
) -> dict[str, Any]:
    """Upload the configuration and return the request for a step.

    Args:
        plan: As what the cluster is judged.
        job: What is to be run.
        cluster: Where; what is overridden is added to its tags.
        code_of_cluster: Whether the code may be another than the project's is now.

    Raises:
        GuardrailError: If the cluster breaks one that is not overridden.
        PackageError: If the project cannot be built, or the cluster has other code.
        AwsError: If S3 does not take the configuration.
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
    return step_request(
        plan.settings,
        uploaded.conf,
        job.arguments,
        _variables(plan, os.environ),
        env=job.env,
        transient=transient,
    )


def _variables(plan: Plan, environment: Mapping[str, str]) -> dict[str, str]:
    """Return this machine's variables, with as many executors as nodes can hold."""
    cores = int(environment.get(EXECUTOR_CORES) or CORES_OF_EXECUTOR)
    if plan.prices is None:
        return dict(environment)
    return {EXECUTORS: str(executors(plan.settings, plan.prices, cores)), **environment}
