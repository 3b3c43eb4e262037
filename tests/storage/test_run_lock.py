"""The lock, between real processes."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kedro.framework.session import KedroSession
from pyspark.sql import SparkSession

from fruit_features.exceptions import RunningError
from fruit_features.hooks.lock import DataFolderHooks
from fruit_features.storage import run_lock
from fruit_features.storage.run_lock import RunLock

# Another run, until it is killed or its stdin ends.
RUN = """
import pathlib, sys
from fruit_features.exceptions import RunningError
from fruit_features.storage.run_lock import RunLock
lock = RunLock(pathlib.Path(sys.argv[1]))
try:
    lock.acquire()
except RunningError as error:
    sys.exit(print(error))
print("held", flush=True)
sys.stdin.read()
"""
# The Spark of another run: Java locks a file as this does.
SPARK = """
import fcntl, sys, time
file = open(f"{sys.argv[1]}/.spark.lock", "ab")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


def hold(program: str, *arguments: object) -> "subprocess.Popen[str]":
    """Start a process that holds a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def said_to_another(program: str, folder: Path) -> str:
    """Return what a process says that tries to take a folder, and then ends."""
    command = [sys.executable, "-c", program, str(folder), "0"]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[RunLock]:
    lock = RunLock(tmp_path)
    yield lock
    lock.release()


def test_a_second_run_is_refused_at_once(lock: RunLock, tmp_path: Path) -> None:
    other = hold(RUN, tmp_path)
    began = time.monotonic()
    with pytest.raises(RunningError, match=rf"another run \(process {other.pid}\)"):
        lock.acquire()
    assert time.monotonic() - began < 1
    other.kill()
    other.wait()
    lock.acquire()
    assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"
    # Nor are there two in one process, such as a notebook's.
    with pytest.raises(RunningError, match=rf"\(process {os.getpid()}\) is at work"):
        RunLock(tmp_path).acquire()


def test_it_holds_whatever_the_process_opens(lock: RunLock, tmp_path: Path) -> None:
    lock.acquire()
    # As a search through the folder does, a copy of it, and a process that ends.
    assert all(file.read_bytes() for file in tmp_path.iterdir())
    shutil.copytree(tmp_path, tmp_path / "copy")
    subprocess.run(["true"], check=True, close_fds=False)
    refused = f"another run (process {os.getpid()}) is at work in '{tmp_path}'"
    assert said_to_another(RUN, tmp_path).startswith(refused)
    lock.release()
    assert said_to_another(RUN, tmp_path) == "held\n"


def test_an_interrupted_run_of_a_notebook_keeps_no_folder(
    project: Path, tmp_path: Path
) -> None:
    hooks = DataFolderHooks()
    with KedroSession.create(
        project, runtime_params={"data": f"{tmp_path}"}
    ) as session:
        hooks.after_context_created(session.load_context())
    hooks.before_pipeline_run()
    # Kedro calls no hook at Ctrl-C; the next cell runs it again.
    hooks.before_pipeline_run()
    hooks.after_pipeline_run()
    assert said_to_another(RUN, tmp_path) == "held\n"


def test_the_spark_of_a_killed_run_is_waited_for(lock: RunLock, tmp_path: Path) -> None:
    other = hold(SPARK, tmp_path, 1)
    lock.acquire()
    assert other.wait() == 0


def test_a_spark_that_does_not_end_is_told(
    lock: RunLock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "SPARK_SECONDS", 0.5)
    other = hold(SPARK, tmp_path, 60)
    with pytest.raises(RunningError, match="end its java process"):
        lock.acquire()
    other.kill()
    other.wait()
    lock.acquire()


def test_spark_holds_the_folder_too(
    lock: RunLock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: SparkSession
) -> None:
    monkeypatch.setattr(run_lock, "SPARK_SECONDS", 0.1)
    lock.acquire()
    # As ThreadRunner does it: Java takes a second lock of the same for an error.
    with ThreadPoolExecutor(8) as threads:
        shares = [threads.submit(lock.share_with_spark) for _ in range(8)]
    assert [share.result() for share in shares] == [None] * 8
    # As if the run had been killed, and its JVM had not ended yet.
    lock._file.close()
    assert (tmp_path / ".spark.lock").read_bytes() == b""
    with pytest.raises(RunningError, match="the Spark of a run that was killed"):
        RunLock(tmp_path).acquire()
    lock.release()
    assert said_to_another(RUN, tmp_path) == "held\n"
