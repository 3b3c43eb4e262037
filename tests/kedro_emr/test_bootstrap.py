"""What the script says and asks for; that it makes a Python that works, the tests of
``tests/integration`` show: their workers run on one.
"""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def run(project: Path, tmp_path: Path):
    """Run the script with programs of our own first on the path."""
    script = project / "src" / "kedro_emr" / "bootstrap.sh"
    programs = tmp_path / "bin"
    programs.mkdir()

    def run(*arguments: str, **programs_: str) -> subprocess.CompletedProcess:
        for name, text in programs_.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        path = f"{programs}:/usr/bin:/bin"
        return subprocess.run(
            [str(script), *arguments],
            env={"PATH": path, "PYTHON": "false", "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_says_what_it_is_to_be_given(run) -> None:
    done = run("/opt/somewhere")
    assert done.returncode == 2
    assert "usage: bootstrap.sh <place> <requirements.lock> <wheel>" in done.stderr


def test_takes_lock_and_wheel_from_s3(run, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    done = run(
        str(tmp_path / "place"),
        "s3://bucket/code/requirements.lock",
        "s3://bucket/code/a.whl",
        # The last argument is the folder; what is there is cleared away in the end.
        aws=f'echo "$*" >> {asked}; for last; do :; done; test -d "$last"',
    )
    assert done.returncode != 0  # PYTHON is `false`.
    lines = asked.read_text().splitlines()
    assert [line.rpartition(" ")[0] for line in lines] == [
        "s3 cp --only-show-errors s3://bucket/code/requirements.lock",
        "s3 cp --only-show-errors s3://bucket/code/a.whl",
    ]
    assert not list(tmp_path.glob("tmp.*"))


def test_ends_where_a_file_is_missing(run, tmp_path: Path) -> None:
    done = run(str(tmp_path / "place"), str(tmp_path / "no.lock"), "no.whl")
    assert done.returncode != 0
    assert "no.lock" in done.stderr
    assert not (tmp_path / "place").exists()
