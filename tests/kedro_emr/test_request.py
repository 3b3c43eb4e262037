"""The request, as botocore's own model of EMR takes it."""

from importlib.metadata import version
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from kedro_emr.request import Artefacts, artefacts, cluster_request
from kedro_emr.s3 import Place
from tests.kedro_emr.settings_examples import NAMES, settings

EMR = boto3.client("emr", region_name="eu-west-1").meta.service_model
STEP = {
    "Name": "run",
    "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["bash", "-c", "true"]},
}


def faults(request: dict[str, Any]) -> str:
    """Return what EMR's model does not know: names, types, and words of a list."""
    shape = EMR.operation_model("RunJobFlow").input_shape
    report = ParamValidator().validate(request, shape).generate_report()
    return "\n".join([report, *_wrong_words(request, shape, "")]).strip()


def _wrong_words(value: Any, shape: Any, path: str) -> list[str]:
    if shape.type_name == "structure":
        inner = [
            (value[k], s, f"{path}.{k}") for k, s in shape.members.items() if k in value
        ]
    elif shape.type_name == "list":
        inner = [(each, shape.member, f"{path}[]") for each in value]
    else:
        words = getattr(shape, "enum", None)
        return [f"{path}={value}"] if words and value not in words else []
    return [fault for each in inner for fault in _wrong_words(*each)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"task__count": 0},
        {"idle_seconds": None, "scaling__maximum": None},
        {"encryption__security_configuration": None, "encryption__kms_key": None},
        {"storage__bucket": None, "network__subnet": None, "tags__owner": None},
        {"applications": ["Spark", "Livy"], "network__key_pair": "laptop"},
    ],
)
def test_botocores_model_takes_it(changes: dict[str, Any]) -> None:
    one = settings(**changes)
    request = cluster_request(one, one.place, steps=[STEP], allowed=["open-ssh"])
    assert faults(request) == ""


def test_model_notices_faults() -> None:
    one = settings()
    request = cluster_request(one, one.place)
    request["Instances"]["InstanceGroups"][0]["Market"] = "spot"
    request["AutoTermination"] = {}
    assert ".Instances.InstanceGroups[].Market=spot" in faults(request)
    assert "AutoTermination" in faults(request)


def test_everything_that_was_asked_for_is_in_it() -> None:
    one = settings()
    request = cluster_request(one, one.place)
    assert request["ReleaseLabel"] == "emr-7.12.0"
    assert request["Applications"] == [
        {"Name": name} for name in ("Spark", "Hadoop", "JupyterHub")
    ]
    assert [
        (g["InstanceRole"], g["Market"], g["InstanceCount"])
        for g in request["Instances"]["InstanceGroups"]
    ] == [("MASTER", "ON_DEMAND", 1), ("CORE", "ON_DEMAND", 1), ("TASK", "SPOT", 1)]
    assert request["Instances"]["Ec2SubnetId"] == NAMES["network.subnet"]
    assert request["Instances"]["KeepJobFlowAliveWhenNoSteps"] is True
    assert request["AutoTerminationPolicy"] == {"IdleTimeout": 900}
    assert request["ManagedScalingPolicy"]["ComputeLimits"] == {
        "UnitType": "Instances",
        "MinimumCapacityUnits": 1,
        "MaximumCapacityUnits": 8,
        "MaximumCoreCapacityUnits": 1,
        "MaximumOnDemandCapacityUnits": 1,
    }
    assert request["LogUri"] == "s3://fruit-photos/fruit_features/logs/emr/"
    assert request["LogEncryptionKmsKeyId"] == NAMES["encryption.kms_key"]
    assert request["SecurityConfiguration"] == "fruit"
    (hub,) = request["Configurations"]
    assert hub["Classification"] == "jupyter-s3-conf"
    assert hub["Properties"]["s3.persistence.bucket"] == "fruit-photos"
    assert request["ServiceRole"] == one.roles.service
    assert request["JobFlowRole"] == one.roles.instance_profile


def test_bootstrap_gets_what_it_takes() -> None:
    place = Place("fruit-photos", "a")
    (action,) = cluster_request(settings(), place)["BootstrapActions"]
    code = "s3://fruit-photos/a/code/<hash>"
    wheel = f"{code}/fruit_features-{version('fruit_features')}-py3-none-any.whl"
    assert artefacts(place).wheel == wheel
    assert action["ScriptBootstrapAction"] == {
        "Path": f"{code}/bootstrap.sh",
        "Args": ["/opt/fruit_features", f"{code}/requirements.lock", wheel],
    }
    needed = Artefacts("s3://b/1/bootstrap.sh", "s3://b/1/lock", "s3://b/1/a.whl")
    (action,) = cluster_request(settings(), place, needed=needed)["BootstrapActions"]
    assert action["ScriptBootstrapAction"] == {
        "Path": needed.bootstrap,
        "Args": ["/opt/fruit_features", needed.lock, needed.wheel],
    }


def test_tags_find_it_and_say_what_was_overridden() -> None:
    one = settings()
    request = cluster_request(one, one.place, allowed=["open-ssh", "long-idle"])
    tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    assert tags["project"] == "fruit_features"
    assert (tags["owner"], tags["purpose"]) == (one.tags.owner, one.tags.purpose)
    assert tags["allowed"] == "long-idle open-ssh"
    assert "allowed" not in str(cluster_request(one, one.place)["Tags"])
    more = cluster_request(one, one.place, tags={"code": "1", "estimate": "2.30"})
    assert {"Key": "code", "Value": "1"} in more["Tags"]


def test_transient_cluster_ends_after_its_steps() -> None:
    one = settings()
    request = cluster_request(one, one.place, steps=[STEP], transient=True)
    assert request["Instances"]["KeepJobFlowAliveWhenNoSteps"] is False
    assert request["Steps"] == [STEP]
    # EMR takes no time of idleness for one of these.
    assert "AutoTerminationPolicy" not in request


def test_without_spot_nodes_on_demand_has_no_bound_of_its_own() -> None:
    one = settings(task__count=0)
    limits = cluster_request(one, one.place)["ManagedScalingPolicy"]["ComputeLimits"]
    assert "MaximumOnDemandCapacityUnits" not in limits
