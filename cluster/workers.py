"""The workers' Python, made by the very script that makes it on a node of EMR."""

import os
import subprocess
import sys
from pathlib import Path

from cluster import ROOT, LocalClusterError

BOOTSTRAP = ROOT / "src" / "fruit_features" / "emr" / "bootstrap.sh"


def make_python(place: Path, wheels: Path) -> Path:
    """Build the project's wheel and make a Python that has it.

    Args:
        place: Where.
        wheels: A folder for the wheel.

    Returns:
        The Python.

    Raises:
        LocalClusterError: If that fails.
    """
    uv = Path(sys.executable).with_name("uv")
    # By way of a source distribution: what lies in build/ from earlier stays out.
    _run([str(uv), "build", "--quiet", "--out-dir", str(wheels), str(ROOT)])
    (wheel,) = wheels.glob("*.whl")
    lock = ROOT / "requirements.lock"
    _run(
        [str(BOOTSTRAP), str(place), str(lock), str(wheel)],
        PYTHON=sys.executable,
    )
    return place / "bin" / "python"


def _run(command: list[str], **environment: str) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = f"{Path(command[0]).name} failed: {done.stderr.strip()}"
        raise LocalClusterError(message)
