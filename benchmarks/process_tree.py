"""Runs a command and measures all its processes: time, memory, CPU. Linux only."""

import contextlib
import ctypes
import os
import resource
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

SAMPLE_SECONDS = 1.0
# What is left of a command after its end, such as a JVM, ends within this.
GRACE_SECONDS = 30
PR_SET_CHILD_SUBREAPER = 36

# How the worker processes of Daft and of multiprocessing were started.
WORKERS = ("daft.execution.udf_worker", "multiprocessing.spawn")


class BenchmarkError(Exception):
    """A measurement is impossible; the message is for the person who asked."""


@dataclass(frozen=True)
class Observation:
    """What running a command took.

    Attributes:
        seconds: From its start to its exit.
        cpu_seconds: User and system time of all its processes, up to a second less of
            each of Spark's workers.
        peak_mb: The largest proportional set size (PSS) in MB, by role: ``driver``,
            ``jvm``, ``daemon``, ``worker`` (the largest of them) and ``all`` at once.
        lines: What it wrote, each line with the moment it came.
        status: Its exit status.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: dict[str, float]
    lines: list[tuple[float, str]]
    status: int


def run_measured(
    command: Sequence[str | Path], folder: Path, environment: dict[str, str]
) -> Observation:
    """Run a command and watch its processes.

    Args:
        command: Program and arguments.
        folder: Where it runs.
        environment: Variables beside those of this process.
    """
    _adopt_orphans()
    cpu_before = _cpu_of_children()
    lines: list[tuple[float, str]] = []
    begin = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    with _Sampler(process.pid) as sampler:
        status = process.wait()
        seconds = time.monotonic() - begin
    _wait_for_orphans()
    reader.join(GRACE_SECONDS)
    # The first lacks what PySpark's daemon does not wait for, its workers; the second
    # what came after the last sample.
    cpu = max(_cpu_of_children() - cpu_before, sampler.cpu_seconds)
    return Observation(seconds, cpu, sampler.peak_mb, lines, status)


def _read(process: "subprocess.Popen[str]", lines: list[tuple[float, str]]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.append((time.monotonic(), line.rstrip()))


def _adopt_orphans() -> None:
    # Spark's JVM outlives its driver for a moment. Processes whose parent is gone
    # come to this one, and so does the account of their CPU time.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_orphans() -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if not pid:
                time.sleep(0.02)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class _Sampler:
    """Keeps the peaks of memory by role and the CPU time, from samples of /proc."""

    def __init__(self, driver: int) -> None:
        self._driver = driver
        self._peaks: dict[str, int] = defaultdict(int)
        self._cpu_ticks: dict[tuple[int, int], int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "_Sampler":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def peak_mb(self) -> dict[str, float]:
        return {role: round(kb / 1024, 1) for role, kb in self._peaks.items()}

    @property
    def cpu_seconds(self) -> float:
        return sum(self._cpu_ticks.values()) / os.sysconf("SC_CLK_TCK")

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        total = 0
        for process in _descendants(os.getpid()):
            pid = process.pid
            role = "driver" if pid == self._driver else _role(pid, process.parent)
            kilobytes = _pss(pid)
            total += kilobytes
            self._cpu_ticks[pid, process.began] = process.cpu_ticks
            self._peaks[role] = max(self._peaks[role], kilobytes)
        self._peaks["all"] = max(self._peaks["all"], total)


class _Process(NamedTuple):
    pid: int
    parent: int
    cpu_ticks: int
    began: int  # Its number may be given to another one after its end.


def _descendants(root: int) -> list[_Process]:
    children: dict[int, list[_Process]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                # "pid (name) state parent …"; a name may hold blanks and brackets.
                after_name = (folder / "stat").read_text().rpartition(")")[2].split()
                parent, user, system, began = (
                    int(after_name[n]) for n in (1, 11, 12, 19)
                )
                process = _Process(int(folder.name), parent, user + system, began)
                children[parent].append(process)
    found: list[_Process] = []
    waiting = [root]
    while waiting:
        below = children[waiting.pop()]
        found += below
        waiting += [process.pid for process in below]
    return found


def _role(pid: int, parent: int) -> str:
    arguments = _command_line(pid)
    if arguments and Path(arguments[0]).name == "java":
        return "jvm"
    if _is_daemon(arguments):
        # PySpark's daemon forks its workers: they look alike.
        return "worker" if _is_daemon(_command_line(parent)) else "daemon"
    return "worker" if any(w in " ".join(arguments) for w in WORKERS) else "other"


def _is_daemon(arguments: list[str]) -> bool:
    return "-m" in arguments[:-1] and "daemon" in arguments[arguments.index("-m") + 1]


def _command_line(pid: int) -> list[str]:
    """Return a process's arguments; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []


def _pss(pid: int) -> int:
    """Return a process's proportional set size in kB; 0 if it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
