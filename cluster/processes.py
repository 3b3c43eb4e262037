"""The daemons, and whatever they start: found again by the folder they work in."""

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from cluster import LocalClusterError
from fruit_features.hooks.java import find_java_home

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on; different ones, as all are held at once."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]


def java_home() -> Path:
    """Find the Java that Spark runs on; YARN's daemons run on it too.

    Raises:
        LocalClusterError: If there is none.
    """
    found = find_java_home()
    if found:
        return Path(found)
    java = shutil.which("java")
    if not java:
        message = "no Java found: install Java 17, or set JAVA_HOME to one"
        raise LocalClusterError(message)
    # `java` may be a link, or a script of a version manager: it knows its home.
    shown = subprocess.run(
        [java, "-XshowSettings:properties", "-version"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    (home,) = (line for line in shown.splitlines() if "java.home =" in line)
    return Path(home.partition("=")[2].strip())


def start(
    command: Sequence[str], work: Path, log: Path, environment: Mapping[str, str]
) -> None:
    """Start a daemon that outlives this process.

    Args:
        command: The program and its arguments.
        work: Where it works; ``stop_all`` finds it there.
        log: Where its output goes.
        environment: What is set for it on top of this process's environment.
    """
    with log.open("ab") as output:
        subprocess.Popen(
            command,
            cwd=work,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def working_in(folder: Path) -> list[psutil.Process]:
    """Find the processes that work in a folder or below it, this one's line apart.

    Daemons are started in it, and YARN puts containers into folders below: so even the
    children of a daemon that is long dead are found, and nothing else is.
    """
    folder = folder.resolve()
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            place = Path(process.cwd())
        except (psutil.Error, OSError):
            continue  # Over, or another user's.
        if process.pid not in own and place.is_relative_to(folder):
            found.append(process)
    return found


def stop_all(folder: Path) -> int:
    """Kill all that works in a folder, again until nothing new has come up.

    Killed, not asked: what they hold is thrown away.

    Returns:
        How many processes there were.
    """
    count = 0
    while processes := working_in(folder):
        # The oldest first: daemons, before they start anew what is killed.
        for process in sorted(processes, key=psutil.Process.create_time):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        gone, _ = psutil.wait_procs(processes, timeout=10)
        count += len(gone)
    return count
