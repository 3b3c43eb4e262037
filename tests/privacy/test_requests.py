"""Requests for access and for erasure, answered by the commands of the page.

Half a minute: four programs, the last of which fits anew on a Spark of its own.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd

from tests.conftest import PROJECT
from tests.documentation import blocks, shell_commands
from tests.privacy.conftest import LABEL, Marked

PAGE = "docs/data-protection.md"


def test_requests_are_answered(photographed: Marked, tmp_path: Path) -> None:
    access, erasure, *_ = (b for b in blocks(PAGE) if b.language == "bash")
    assert [len(block.commands) for block in (access, erasure)] == [2, 2]
    said = [
        answer(command, photographed, tmp_path)
        for command in shell_commands([access, erasure])
    ]
    count = sum(LABEL in key for key in photographed.erased)
    assert f"{count} photos; their files stay" in said[0]
    given = json.loads((tmp_path / "answer.json").read_text())
    assert {row["label"] for row in given} == {LABEL}
    assert {len(row["features"]) for row in given} == {1280}
    assert f"{count} photos; their files go as well" in said[2]
    assert f"{count} photos erased; the receipt: " in said[3]

    assert LABEL.encode() not in b"".join(
        file.read_bytes() for file in photographed.data.rglob("*") if file.is_file()
    )
    assert not list((photographed.images / LABEL).iterdir())
    # The model was fitted anew: it has seen none of them.
    left = pd.read_parquet(photographed.data / "04_feature/features")
    summary = json.loads((photographed.data / "06_models/pca_summary.json").read_text())
    assert summary["rows"] == len(left) == 14
    (receipt,) = (photographed.data / "erasures").rglob("2*/receipt.json")
    assert json.loads(receipt.read_text())["asked_by"] == "letter of 1 May"


def answer(command: str, photographed: Marked, folder: Path) -> str:
    """Run a command of the page on these photos, from the project's folder."""
    command = command.replace("Apple Red 1", LABEL)
    command = command.replace("images=photos", f"images={photographed.images}")
    command = command.replace("data=results", f"data={photographed.data}")
    command = command.replace("'results/", f"'{photographed.data}/")
    command = command.replace("answer.json", str(folder / "answer.json"))
    command = command.replace(".venv/bin/python", sys.executable)
    words = shlex.split(command)
    if words[0] == "kedro":
        words = [sys.executable, "-m", *words]
        words[-1] += ",reduction.components=3,featurization.max_failure_rate=1"
    done = subprocess.run(
        words,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout
