"""The lock on S3, between runs on a real API."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from fruit_features.exceptions import RunningError
from fruit_features.hooks.spark_application import end_at_once
from fruit_features.storage import s3_lock
from fruit_features.storage.s3 import Place
from fruit_features.storage.s3_lock import S3RunLock
from tests.s3_server import S3Server

Lock = Callable[[], S3RunLock]


@pytest.fixture
def place(s3_server: S3Server, request: pytest.FixtureRequest) -> Place:
    name = f"lock-{abs(hash(request.node.nodeid)) % 10**8}"
    return Place(s3_server.make_bucket(name), "some/prefix")


@pytest.fixture
def lock(
    s3_server: S3Server, place: Place, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lock]:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    made: list[S3RunLock] = []

    def make() -> S3RunLock:
        made.append(S3RunLock(place, end_at_once))
        return made[-1]

    yield make
    for each in made:
        each.release()


def holder(server: S3Server, place: Place) -> dict[str, object]:
    found = server.client().get_object(Bucket=place.bucket, Key="some/prefix/.lock")
    return json.load(found["Body"])


def test_a_second_run_is_refused_until_the_first_ends(lock: Lock) -> None:
    first, second = lock(), lock()
    first.acquire()
    with pytest.raises(RunningError, match=r"another run \(process \d+ on .+\) is at"):
        second.acquire()
    second.release()  # What it does not hold it does not give up.
    with pytest.raises(RunningError):
        lock().acquire()
    first.release()
    second.acquire()


def test_of_many_runs_at_once_one_gets_it(lock: Lock) -> None:
    refused: list[RunningError] = []

    def try_it(each: S3RunLock) -> None:
        try:
            each.acquire()
        except RunningError as error:
            refused.append(error)

    threads = [threading.Thread(target=try_it, args=(lock(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5


def test_a_dead_run_loses_it_and_a_living_one_keeps_it(
    lock: Lock, monkeypatch: pytest.MonkeyPatch, s3_server: S3Server, place: Place
) -> None:
    # S3 tells times in seconds.
    monkeypatch.setattr(s3_lock, "EXPIRY_SECONDS", 3.0)
    monkeypatch.setattr(s3_lock, "HEARTBEAT_SECONDS", 0.5)
    alive = lock()
    alive.acquire()
    time.sleep(5)
    with pytest.raises(RunningError):
        lock().acquire()
    alive._ended.set()  # As a kill would.
    time.sleep(5)
    heir = lock()
    heir.acquire()
    assert holder(s3_server, place)["run"] == heir._holder["run"]


# A run in a process of its own, which holds the lock and waits for Java.
RUN = """
import logging, sys, threading, time
from fruit_features.storage import s3_lock
from fruit_features.hooks import spark_application
from fruit_features.storage.s3 import Place
from fruit_features.exceptions import RunningError

s3_lock.HEARTBEAT_SECONDS, s3_lock.EXPIRY_SECONDS = 0.5, 3.0
spark_application.GRACE_SECONDS = 5.0
place, end = Place(sys.argv[1], "some/prefix"), spark_application.end_at_once
lock = s3_lock.S3RunLock(place, end)
lock.acquire()
if sys.argv[2] == "java":
    from pyspark import SparkConf, SparkContext
    conf = SparkConf().setMaster("local[1]").set("spark.ui.enabled", "false")
    context = SparkContext(conf=conf)
    wait = lambda: context._jvm.java.lang.Thread.sleep(100_000)
elif sys.argv[2] == "python":
    wait = lambda: time.sleep(100)
else:  # What nothing ends.
    def wait():
        until = time.monotonic() + 100
        while time.monotonic() < until:
            try:
                time.sleep(1)
            except KeyboardInterrupt:
                pass
print("at work", flush=True)
try:
    try:
        wait()
    finally:
        lock.release()
except RunningError as error:
    sys.exit(f"Error: {error}")
"""


@pytest.mark.parametrize(
    ("waits_for", "how", "why"),
    [
        ("java", "taken", "another run has taken it"),
        ("python", "deleted", "somebody has deleted it"),
        ("python", "no keys", "it could not be renewed: no such access key"),
        ("nothing", "deleted", "somebody has deleted it"),
    ],
)
def test_a_run_that_lost_it_ends_whatever_it_waits_for(
    waits_for: str, how: str, why: str, s3_server: S3Server, place: Place
) -> None:
    """Some seconds each: a run is ended in them, with Java in one case."""
    command = [sys.executable, "-c", RUN, place.bucket, waits_for]
    run = subprocess.Popen(
        command,
        env={**os.environ, **s3_server.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout
    assert run.stdout.readline() == "at work\n"
    client = s3_server.client()
    began = time.monotonic()
    lock = {"Bucket": place.bucket, "Key": "some/prefix/.lock"}
    try:
        if how == "deleted":
            client.delete_object(**lock)
        elif how == "taken":
            client.put_object(**lock, Body=b'{"run": "another"}')
        else:
            s3_server.check_rights(wanted=True)
        _, said = run.communicate(timeout=30)
    finally:
        s3_server.check_rights(wanted=False)
        run.kill()
    assert time.monotonic() - began < 15
    assert run.returncode == 1
    errors = [line for line in said.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, said
    assert f"is lost, {why}" in errors[0]
    assert "Traceback" not in said
    if how == "taken":
        # It gave up what is another's now.
        assert holder(s3_server, place) == {"run": "another"}


def test_the_lock_of_another_is_left_to_it(
    lock: Lock, s3_server: S3Server, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = lock()
    one.acquire()
    other = {"Bucket": place.bucket, "Key": "some/prefix/.lock"}
    s3_server.client().put_object(**other, Body=b'{"run": "another"}')
    one.release()
    assert holder(s3_server, place) == {"run": "another"}
    # Nor is it deleted if it was taken since it was looked at.
    two = lock()
    two._tag = "ours"
    monkeypatch.setattr(two, "_read", lambda: ({}, "ours"))
    two.release()
    assert holder(s3_server, place) == {"run": "another"}


def test_an_answer_that_was_lost_is_no_other_run(lock: Lock) -> None:
    one = lock()
    one.acquire()
    # The same request again, as after an answer that did not arrive.
    assert one._write(IfNoneMatch="*") == one._tag
