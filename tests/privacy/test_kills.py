"""An erasure that is killed by SIGKILL, at ten random moments, and gone on with."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.end_to_end.test_kills import check_readable
from tests.marks import files_of, holding
from tests.privacy.conftest import LABEL, NAME, Marked

KILLS = 10

# Loads what the command loads, once; then each line on stdin is a folder, on which a
# process is forked that erases there. A start of the command itself takes seconds.
ERASER = f"""
import os, sys
from pathlib import Path
from kedro.framework.startup import bootstrap_project
from fruit_features.cli import cli
import fruit_features.privacy.erasure
bootstrap_project(Path.cwd())
for line in sys.stdin:
    images, data = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if not child:
        os.setpgrp()
        places = f"images={{images}},data={{data}}"
        photos = ["--label", {LABEL!r}, "--path", {f"*/{NAME}*"!r}]
        with open(os.devnull, "w") as sys.stdout:
            cli(["erase", "--yes", "--raw", *photos, "--params", places])
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Eraser:
    """Erases in processes that can be killed."""

    def __enter__(self) -> "Eraser":
        self._process = subprocess.Popen(
            [sys.executable, "-c", ERASER],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def start(self, marked: Marked) -> int:
        """Begin to erase; return the process."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{marked.images}\t{marked.data}\n")
        self._process.stdin.flush()
        return int(self._read())

    def end(self) -> int:
        """Wait for the end; return what the system says of it."""
        return int(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def wait_for(file: Path, seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.001)


@pytest.fixture
def eraser() -> "Eraser":
    with Eraser() as eraser:
        yield eraser


def test_killed_at_random_moments_it_goes_on(
    eraser: Eraser, marked_once: Marked, tmp_path: Path
) -> None:
    undisturbed = marked_once.copy(tmp_path / "undisturbed")
    journal = "erasures/pending.json"
    eraser.start(undisturbed)
    wait_for(undisturbed.data / journal)
    began = time.monotonic()
    assert eraser.end() == 0
    longest = time.monotonic() - began
    expected = tables(undisturbed)

    dice = random.Random(9)
    killed = 0
    for number in range(KILLS):
        marked = marked_once.copy(tmp_path / str(number))
        process = eraser.start(marked)
        wait_for(marked.data / journal)
        time.sleep(dice.uniform(0, longest))
        with contextlib.suppress(ProcessLookupError):  # It may be over.
            os.kill(process, signal.SIGKILL)
        killed += eraser.end() == signal.SIGKILL
        # Whoever reads now finds whole files.
        check_readable(marked.data)
        eraser.start(marked)
        end = eraser.end()
        # Where it was over before it was killed, there is no such photo any more.
        assert end == 0 or not (marked.data / journal).exists()
        assert marked.found(marked.data, marked.images) == {}
        assert tables(marked) == expected
        names = [file.name for file in marked.data.rglob("*")]
        assert "pending.json" not in names
        assert not [name for name in names if name.endswith(".partial")]
    assert killed >= KILLS // 2


def tables(marked: Marked) -> dict[str, int]:
    """Return the lengths of a data folder's files, but of those that name the time."""
    files = files_of(marked.data)
    assert holding(files, marked.marks) == {}
    return {
        name: len(content)
        for name, content in files.items()
        if name.endswith((".parquet", ".html")) or "projection" in name
    }
