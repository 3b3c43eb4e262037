"""A copy of the project as it is in git or would be, and a shell to use it from."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import PROJECT


def copy_project(folder: Path) -> Path:
    """Copy what git knows and what it does not ignore; no data, no environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, os.fsdecode(listed).split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    return folder


def shell_without(*beginnings: str) -> dict[str, str]:
    """Return this process's environment without variables that begin so.

    How Java is to start stays: the tests' runs are short, see the Makefile.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(beginnings) or name == "SPARK_SUBMIT_OPTS"
    }
