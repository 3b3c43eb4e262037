"""The commands of README and tutorial, as printed, in a fresh copy of the project.

Takes some minutes: installs the lock into a new environment and runs every command.
The machine's own Java is hidden, so that the one of the packages has to serve.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clone import copy_project, shell_without
from tests.documentation import blocks, run_in_order, shell_commands
from tests.pictures import jpeg


def test_readme_starts_with_the_two_commands() -> None:
    assert shell_commands(blocks("README.md"))[:2] == ["make run", "make test"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_project(tmp_path_factory.mktemp("clone") / "fruit_features")
    for number in range(24):
        label = folder / "photos" / f"label {number % 2}"
        label.mkdir(parents=True, exist_ok=True)
        (label / f"{number}.jpg").write_bytes(jpeg(number))
    return folder


def run(clone: Path, script: str) -> str:
    hidden = ("VIRTUAL_ENV", "PYTHON", "SPARK_", "PYSPARK_", "MAKE", "MFLAGS")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=clone,
        # To compile all that is installed takes a minute longer than what is used.
        env={
            **shell_without(*hidden),
            "JAVA_HOME": "/nowhere",
            "UV_COMPILE_BYTECODE": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first_run(clone: Path) -> str:
    return run(clone, run_in_order()[0])


def test_first_run_sets_up_and_does_the_main_job(clone: Path, first_run: str) -> None:
    assert "images found        2,100" in first_run
    assert "featurized        2,100" in first_run
    assert "quarantined           0" in first_run
    report = Path(first_run.splitlines()[-1])
    assert report == clone / "data/08_reporting/report.html"
    assert "(generated)" in report.read_text()


def test_second_run_says_what_it_did_not_do_again(clone: Path, first_run: str) -> None:
    second = run(clone, "make run")
    assert "installing" not in second
    assert "sample: data/01_raw/sample is complete, kept" in second
    assert "unchanged         2,100   done by an earlier run" in second


@pytest.fixture(scope="module")
def other_commands(clone: Path, first_run: str) -> str:
    return run(clone, "\n".join(run_in_order()[1:]))


def test_all_other_commands_work(other_commands: str) -> None:
    assert "images found           24" in other_commands
    assert "- training" in other_commands  # As `kedro registry list` has it.


@pytest.mark.usefixtures("other_commands")
def test_python_block_works(clone: Path) -> None:
    (code,) = [b.text for b in blocks("docs/tutorial.md") if b.language == "python"]
    said = run(clone, f".venv/bin/python - <<'EOF'\n{code}\nEOF")
    assert re.search(r"label 0\s+12", said)
    assert re.search(r"^\d+ numbers an image$", said, re.M)


def test_unsuited_python_is_named(clone: Path, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"
        f'exec "{shutil.which("python3")}" -c \'import sys; sys.version_info = '
        '(3, 13, 0); exec(sys.argv[2])\' "$@"\n'
    )
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "run", f"PYTHON={python}", "INSTALLED=none/it"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Python 3.10 and 3.11 work" in done.stderr
