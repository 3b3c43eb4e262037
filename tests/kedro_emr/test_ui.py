"""The ways to a cluster's pages; moto knows none of the calls: recorded answers."""

import datetime as dt
import shlex
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber

from kedro_emr import ui
from kedro_emr.clusters import Cluster, Node
from kedro_emr.errors import AwsError
from kedro_emr.ui import kept_pages, tunnels

NOW = dt.datetime(2026, 5, 1, tzinfo=dt.timezone.utc)
ARN = "arn:aws:elasticmapreduce:eu-west-1:123456789012:cluster/j-1"
CLUSTER = Cluster(
    id="j-1",
    name="fruit_features",
    state="WAITING",
    code="",
    message="",
    created=NOW,
    ready=NOW,
    ended=None,
    tags={},
    logs=None,
    arn=ARN,
    primary="ip-10-0-1-5.eu-west-1.compute.internal",
    release="emr-7.12.0",
    key_pair="mine",
    protected=False,
    transient=False,
    root_gb=30,
)
PRIMARY = Node("i-1", "primary", "m6i.xlarge", "on_demand", "RUNNING", 94, NOW, None)


@pytest.fixture
def emr():
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return boto3.client("emr", "eu-west-1", **keys)


def expect_page(stub: Stubber, kind: str, *ready: bool) -> None:
    for each in ready:
        answer = {"PresignedURLReady": each}
        if each:
            answer["PresignedURL"] = f"https://p-1.emrappui.example/{kind}?token=x"
        stub.add_response(
            "get_persistent_app_ui_presigned_url",
            answer,
            {"PersistentAppUIId": "p-1", "PersistentAppUIType": kind},
        )


def test_pages_that_aws_keeps(
    emr, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(ui, "sleep", lambda _: None)
    with Stubber(emr) as stub:
        stub.add_response(
            "create_persistent_app_ui",
            {"PersistentAppUIId": "p-1"},
            {"TargetResourceArn": ARN},
        )
        expect_page(stub, "SHS", False, False, True)
        expect_page(stub, "YTS", True)
        assert kept_pages(emr, CLUSTER) == {
            "Spark history": "https://p-1.emrappui.example/SHS?token=x",
            "YARN timeline": "https://p-1.emrappui.example/YTS?token=x",
        }
        stub.assert_no_pending_responses()
    # Who has such an address gets in.
    assert "token" not in caplog.text


def test_a_page_that_does_not_come(emr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui, "READY_SECONDS", 0)
    made = {"PersistentAppUIId": "p-1"}
    with Stubber(emr) as stub, pytest.raises(AwsError, match="made no page within 0 s"):
        stub.add_response("create_persistent_app_ui", made, {"TargetResourceArn": ARN})
        expect_page(stub, "SHS", False)
        kept_pages(emr, CLUSTER)


def test_own_pages_by_ssh_and_session_manager() -> None:
    found = tunnels(CLUSTER, PRIMARY, "eu-west-1")
    host = CLUSTER.primary
    assert found.ssh == (
        f"ssh -i <mine.pem> -N -L 9443:{host}:9443 -L 8088:{host}:8088 "
        f"-L 18080:{host}:18080 hadoop@{host}"
    )
    words = shlex.split(found.session_manager["YARN"])
    assert words[:7] == [
        *("aws", "ssm", "start-session", "--region", "eu-west-1", "--target", "i-1")
    ]
    assert words[-1] == (
        f'{{"host": ["{host}"], "portNumber": ["8088"], "localPortNumber": ["8088"]}}'
    )
    assert found.addresses["JupyterHub"] == "https://localhost:9443"


def test_no_ssh_without_a_key_pair() -> None:
    found = tunnels(replace(CLUSTER, key_pair=None), PRIMARY, "eu-west-1")
    assert found.ssh is None
