"""The lock, between real processes."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from fruit_features import run_lock
from fruit_features.exceptions import RunningError
from fruit_features.run_lock import RUN, SPARK, RunLock

HOLD = """
import fcntl, sys, time
file = open(sys.argv[1], "ab+")
fcntl.lockf(file, fcntl.LOCK_EX, 1, int(sys.argv[2]))
file.write(b"4711\\n")
file.flush()
print("held", flush=True)
time.sleep(float(sys.argv[3]))
"""


def hold(folder: Path, byte: int, seconds: float) -> "subprocess.Popen[str]":
    """Start a process that holds a byte of the lock."""
    command = [sys.executable, "-c", HOLD, str(folder / ".lock"), str(byte)]
    process = subprocess.Popen(
        [*command, str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[RunLock]:
    lock = RunLock(tmp_path)
    yield lock
    lock.release()


def test_a_second_run_is_refused_at_once(lock: RunLock, tmp_path: Path) -> None:
    other = hold(tmp_path, RUN, 60)
    began = time.monotonic()
    with pytest.raises(RunningError, match=r"another run \(process 4711\) is at work"):
        lock.acquire()
    assert time.monotonic() - began < 1
    other.kill()
    other.wait()
    lock.acquire()
    assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"


def test_the_spark_of_a_killed_run_is_waited_for(lock: RunLock, tmp_path: Path) -> None:
    other = hold(tmp_path, SPARK, 1)
    lock.acquire()
    assert other.wait() == 0


def test_a_spark_that_does_not_end_is_told(
    lock: RunLock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "SPARK_SECONDS", 0.5)
    other = hold(tmp_path, SPARK, 60)
    with pytest.raises(RunningError, match="end its java process"):
        lock.acquire()
    other.kill()
    other.wait()
    lock.acquire()


def test_spark_holds_the_folder_too(
    lock: RunLock, tmp_path: Path, spark: SparkSession
) -> None:
    lock.acquire()
    lock.share_with_spark()
    probe = textwrap.dedent("""
        import fcntl, sys
        file = open(sys.argv[1], "ab+")
        for byte in (0, 1):
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
                print("free")
            except OSError:
                print("held")
    """)
    command = [sys.executable, "-c", probe, str(tmp_path / ".lock")]
    held = subprocess.run(command, capture_output=True, text=True, check=True)
    assert held.stdout.split() == ["held", "held"]
    lock.release()
    free = subprocess.run(command, capture_output=True, text=True, check=True)
    assert free.stdout.split() == ["free", "free"]
