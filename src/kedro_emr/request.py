"""The request that creates a cluster: everything that is said to EMR."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

from kedro.framework import project

from kedro_emr.s3 import Place
from kedro_emr.settings import PLACEHOLDERS, ClusterSettings, Nodes

# Clusters of this project are found by the first; EMR's own narrower policies ask for
# the second; overridden guardrails are in the third.
PROJECT_TAG = "project"
POLICY_TAG = "for-use-with-amazon-emr-managed-policies"
ALLOWED_TAG = "allowed"
# What tells its code from any other, and what it was expected to cost, in dollars.
CODE_TAG = "code"
ESTIMATE_TAG = "estimate"

# Where the bootstrap action makes the workers' Python; conf/emr/spark.yml expects it.
PYTHON_HOME = "/opt/fruit_features"

SECURITY_GROUPS = (
    "EmrManagedMasterSecurityGroup",
    "EmrManagedSlaveSecurityGroup",
    "ServiceAccessSecurityGroup",
)
ROLES = {"primary": "MASTER", "core": "CORE", "task": "TASK"}


# What is uploaded lies under a hash of itself, which is not known before it is built.
HASH = "<hash>"


class Artefacts(NamedTuple):
    """Addresses of what the bootstrap action needs."""

    bootstrap: str
    lock: str
    wheel: str


def artefacts(place: Place) -> Artefacts:
    """Return where script, lock and wheel would be; their hash is not known."""
    package = str(project.PACKAGE_NAME)
    wheel = f"{package}-{version(package)}-py3-none-any.whl"
    names = ("bootstrap.sh", "requirements.lock", wheel)
    return Artefacts(*(f"{place.address}/code/{HASH}/{name}" for name in names))


def cluster_request(
    settings: ClusterSettings,
    place: Place,
    *,
    steps: Sequence[Mapping[str, Any]] = (),
    transient: bool = False,
    allowed: Sequence[str] = (),
    needed: Artefacts | None = None,
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the whole ``run_job_flow`` request."""
    request: dict[str, Any] = {
        "Name": settings.name,
        "ReleaseLabel": settings.release,
        "Applications": [{"Name": name} for name in settings.applications],
        "Instances": _instances(settings, transient),
        "EbsRootVolumeSize": settings.root_volume_gb,
        "ScaleDownBehavior": "TERMINATE_AT_TASK_COMPLETION",
        "LogUri": f"{place.address}/logs/emr/",
        "BootstrapActions": [_bootstrap(needed or artefacts(place))],
        "Configurations": _configurations(settings, place),
        "ServiceRole": settings.roles.service,
        "JobFlowRole": settings.roles.instance_profile,
        "VisibleToAllUsers": True,
        "Steps": [dict(step) for step in steps],
        "Tags": _tags(settings, allowed, tags or {}),
    }
    if settings.scaling.maximum is not None:
        request["ManagedScalingPolicy"] = {"ComputeLimits": _limits(settings)}
    # One that ends after its last step takes no time of idleness besides.
    if settings.idle_seconds is not None and not transient:
        request["AutoTerminationPolicy"] = {"IdleTimeout": settings.idle_seconds}
    if settings.encryption.kms_key:
        request["LogEncryptionKmsKeyId"] = settings.encryption.kms_key
    if settings.encryption.security_configuration:
        name = settings.encryption.security_configuration
        request["SecurityConfiguration"] = name
    return request


def _instances(settings: ClusterSettings, transient: bool) -> dict[str, Any]:
    # Groups of one type each, not fleets of several: the price is known beforehand.
    instances = {
        "InstanceGroups": [_group(nodes) for nodes in settings.groups],
        "Ec2SubnetId": settings.network.subnet or PLACEHOLDERS["network.subnet"],
        "KeepJobFlowAliveWhenNoSteps": not transient,
        "TerminationProtected": False,
    }
    if settings.network.security_groups:
        groups = settings.network.security_groups.split(",")
        instances |= dict(zip(SECURITY_GROUPS, groups, strict=True))
    if settings.network.key_pair:
        instances["Ec2KeyName"] = settings.network.key_pair
    return instances


def _group(nodes: Nodes) -> dict[str, Any]:
    volume = {"VolumeType": "gp3", "SizeInGB": nodes.volume_gb}
    devices = [{"VolumeSpecification": volume, "VolumesPerInstance": 1}]
    # Spot without a bid: the price of on-demand nodes at most.
    return {
        "Name": nodes.role,
        "InstanceRole": ROLES[nodes.role],
        "InstanceType": nodes.instance_type,
        "InstanceCount": nodes.count,
        "Market": nodes.market.upper(),
        "EbsConfiguration": {"EbsBlockDeviceConfigs": devices},
    }


def _limits(settings: ClusterSettings) -> dict[str, Any]:
    bounds = settings.scaling
    limits = {
        "UnitType": "Instances",
        "MinimumCapacityUnits": bounds.minimum,
        "MaximumCapacityUnits": bounds.maximum,
        "MaximumCoreCapacityUnits": bounds.maximum_core,
    }
    if settings.task.count and settings.task.market == "spot":
        limits["MaximumOnDemandCapacityUnits"] = bounds.maximum_core
    return limits


def _bootstrap(needed: Artefacts) -> dict[str, Any]:
    action = {
        "Path": needed.bootstrap,
        "Args": [PYTHON_HOME, needed.lock, needed.wheel],
    }
    return {"Name": "the workers' Python", "ScriptBootstrapAction": action}


def _configurations(settings: ClusterSettings, place: Place) -> list[dict[str, Any]]:
    if "JupyterHub" not in settings.applications:
        return []
    kept = {"s3.persistence.enabled": "true", "s3.persistence.bucket": place.bucket}
    return [{"Classification": "jupyter-s3-conf", "Properties": kept}]


def _tags(
    settings: ClusterSettings, allowed: Sequence[str], more: Mapping[str, str]
) -> list[dict[str, str]]:
    tags = {
        "Name": settings.name,
        PROJECT_TAG: settings.name,
        "owner": settings.tags.owner or PLACEHOLDERS["tags.owner"],
        "purpose": settings.tags.purpose or "",
        POLICY_TAG: "true",
        **more,
    }
    if allowed:
        tags[ALLOWED_TAG] = " ".join(sorted(allowed))
    return [{"Key": key, "Value": value} for key, value in tags.items()]
