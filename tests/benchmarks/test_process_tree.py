"""What a measured command and all its processes took."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")

# As PySpark's daemon does: its ended workers' time is in no account of the system's.
WAITS_FOR_NOBODY = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
child = os.fork()
if not child:
    while time.process_time() < 4: pass
    os._exit(0)
try:
    os.waitpid(child, 0)
except ChildProcessError:  # It has ended.
    pass
"""

# In a process of its own, which adopts and waits for whatever it started.
MEASURED = """
import sys
from pathlib import Path
from benchmarks.process_tree import run_measured
program = [sys.executable, "-c", sys.argv[1]]
print(run_measured(program, Path.cwd(), {}).cpu_seconds)
"""


def test_cpu_of_a_child_that_nobody_waits_for_is_counted(project: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", MEASURED, WAITS_FOR_NOBODY],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # What comes after the last sample is not seen: a second, on a busy machine more.
    assert 1.5 <= float(printed) <= 5
