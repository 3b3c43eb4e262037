"""Compares an account with the stack it was made by: CloudFormation's own drift."""

from time import monotonic, sleep
from typing import Any, NamedTuple

from kedro_emr.account import Client, clients
from kedro_emr.clients import explain
from kedro_emr.settings import ClusterSettings

# A detection takes some seconds to a minute.
DETECTION_SECONDS = 90.0
STATES = {"IN_SYNC": "same", "MODIFIED": "differs", "DELETED": "missing"}
# `kedro emr bucket` adds owner and purpose to the bucket's tags.
OWN_TAGS = "/Tags"


class Part(NamedTuple):
    """A resource: ``same``, ``differs``, ``missing`` or ``unknown``, and how."""

    name: str
    state: str
    found: str = ""


def stack_drift(settings: ClusterSettings, client: Client | None = None) -> list[Part]:
    """Return how each resource of the bucket's stack differs from the template."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket = settings.storage.bucket
    if bucket is None:
        return [Part("stack", "unknown", "there is no bucket to know it by")]
    try:
        cloud = (client or clients(settings.region))("cloudformation")
        known = cloud.describe_stack_resources(PhysicalResourceId=bucket)
        stack = known["StackResources"][0]["StackName"]
        why = _detect(cloud, stack)
        # One page: the template has half as many resources.
        found = cloud.describe_stack_resource_drifts(StackName=stack, MaxResults=100)
    except (BotoCoreError, ClientError) as error:
        return [Part("stack", "unknown", explain(error))]
    parts = [_part(each) for each in found["StackResourceDrifts"]]
    return [*parts, Part(f"stack {stack}", "unknown", why)] if why else parts


def _detect(cloud: Any, stack: str) -> str:
    """Let CloudFormation compare the stack; return why that is not whole, if so."""
    detection = cloud.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    until = monotonic() + DETECTION_SECONDS
    while True:
        found = cloud.describe_stack_drift_detection_status(
            StackDriftDetectionId=detection
        )
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            return str(found.get("DetectionStatusReason", ""))
        if monotonic() > until:
            return "CloudFormation still compares it: ask again in a minute"
        sleep(2)


def _part(drift: dict[str, Any]) -> Part:
    name = f"{drift['LogicalResourceId']}, {drift['PhysicalResourceId']}"
    differences = [
        f"{each['PropertyPath']} is {each['ActualValue']}, not {each['ExpectedValue']}"
        for each in drift.get("PropertyDifferences", [])
        if not _is_own(drift, each["PropertyPath"])
    ]
    state = STATES.get(drift["StackResourceDriftStatus"], "unknown")
    if state == "differs" and not differences:
        state = "same"
    return Part(name, state, "; ".join(differences))


def _is_own(drift: dict[str, Any], path: str) -> bool:
    return drift["ResourceType"] == "AWS::S3::Bucket" and path.startswith(OWN_TAGS)
