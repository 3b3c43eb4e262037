"""What EMR wrote to S3 is read as it is, whole files and broken ones."""

import gzip

import pytest

from kedro_emr.errors import AwsError
from kedro_emr.logs import Log, Logs
from kedro_emr.s3 import Place
from kedro_emr.watch import Tail, wait_for_log
from tests.kedro_emr.moto_emr import MotoEmr

PLACE = "logs/some/emr/j-1"


@pytest.fixture
def logs(in_account: MotoEmr) -> Logs:
    in_account.forget()
    client = in_account.client("s3")
    where = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket="logs", CreateBucketConfiguration=where)
    return Logs(client, Place("logs", "some/emr"), "j-1")


def test_a_steps_streams(logs: Logs, in_account: MotoEmr) -> None:
    in_account.write_log(f"{PLACE}/steps/s-1/stdout.gz", "one\ntwo\nä")
    in_account.write_log(f"{PLACE}/steps/s-1/stderr.gz", "Error: so")
    in_account.write_log(f"{PLACE}/steps/s-1/syslog.gz", "noise")
    in_account.write_log(f"{PLACE}/steps/s-2/stdout.gz", "another step")
    found = logs.of_step("s-1")
    assert found == [
        Log("steps/s-1/stderr", "Error: so"),
        Log("steps/s-1/stdout", "one\ntwo\nä"),
    ]
    assert found[1].last(2) == ["two", "ä"]
    assert found[1].last() == ["one", "two", "ä"]


def test_workers_streams_of_one_application(logs: Logs, in_account: MotoEmr) -> None:
    for application in ("application_1", "application_2"):
        key = f"{PLACE}/containers/{application}/container_3/stderr.gz"
        in_account.write_log(key, application)
    assert [log.text for log in logs.of_containers()] == [
        "application_1",
        "application_2",
    ]
    (log,) = logs.of_containers("application_2")
    assert log.of == "containers/application_2/container_3/stderr"


def test_bootstrap_action_of_every_node(logs: Logs, in_account: MotoEmr) -> None:
    for node in ("i-1", "i-2"):
        in_account.write_log(f"{PLACE}/node/{node}/bootstrap-actions/1/stderr.gz", node)
        in_account.write_log(f"{PLACE}/node/{node}/daemons/stderr.gz", "noise")
    assert [log.text for log in logs.of_bootstrap()] == ["i-1", "i-2"]


def test_a_file_that_was_not_ended_is_read_as_far_as_it_goes(logs: Logs) -> None:
    whole = gzip.compress(b"a line\n" * 5000)
    key = "some/emr/j-1/steps/s-1/stdout.gz"
    logs.client.put_object(Bucket="logs", Key=key, Body=whole[:-20])
    (log,) = logs.of_step("s-1")
    assert log.text.startswith("a line\na line\n")


@pytest.mark.parametrize(
    ("controller", "code"),
    [
        ("INFO waitProcessCompletion ended with exit code 1 : hadoop jar", 1),
        ("WARN Step failed with exitCode 2 and took 5 seconds", 2),
        ("nothing of it", 1),
    ],
)
def test_exit_code(logs: Logs, in_account: MotoEmr, controller: str, code: int) -> None:
    in_account.write_log(f"{PLACE}/steps/s-1/controller.gz", controller)
    assert logs.exit_code("s-1") == code


def test_what_is_new_is_told_once(logs: Logs, in_account: MotoEmr) -> None:
    tail = Tail(logs, "s-1")
    assert tail.lines() == []
    in_account.write_log(f"{PLACE}/steps/s-1/stdout.gz", "one\ntwo\n")
    assert tail.lines() == ["one", "two"]
    in_account.write_log(f"{PLACE}/steps/s-1/stdout.gz", "one\ntwo\nthree\n")
    assert tail.lines() == ["three"]
    assert tail.lines() == []


def test_a_log_that_does_not_come_is_not_awaited_for_ever(logs: Logs) -> None:
    said: list[str] = []
    assert wait_for_log(logs, "s-1", said.append, 0.005, 0.1) == []
    assert said == ["waiting for its log, which EMR writes every 0.005 minutes"]


def test_a_bucket_that_is_gone(logs: Logs) -> None:
    logs.client.delete_bucket(Bucket="logs")
    message = "cannot read the logs at s3://logs/some/emr/j-1/steps/s-1/: there is no"
    with pytest.raises(AwsError, match=message):
        logs.of_step("s-1")
