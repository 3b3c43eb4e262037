"""The lock on S3, between runs on a real API."""

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from fruit_features import s3_lock
from fruit_features.emr.s3 import Place
from fruit_features.exceptions import RunningError
from fruit_features.s3_lock import S3RunLock
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
        made.append(S3RunLock(place))
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


def test_a_run_that_lost_it_ends(
    lock: Lock, monkeypatch: pytest.MonkeyPatch, s3_server: S3Server, place: Place
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(s3_lock, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(s3_lock._thread, "interrupt_main", ended.set)
    lock().acquire()
    s3_server.client().put_object(Bucket=place.bucket, Key="some/prefix/.lock")
    assert ended.wait(10)


def test_an_answer_that_was_lost_is_no_other_run(lock: Lock) -> None:
    one = lock()
    one.acquire()
    # The same request again, as after an answer that did not arrive.
    assert one._write(IfNoneMatch="*") == one._tag
