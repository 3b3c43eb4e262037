"""What keeps the project in order: hooks, changelog, continuous integration."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import PROJECT

PLANTED = "AKIA" + "Q3EGRIKTSGVQAPLE"
FORMATTED = '"""A module."""\n\nNUMBER = 1\n'
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "0",
            "metadata": {},
            "outputs": [],
            "source": ["1 + 1"],
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def executed(notebook: dict) -> dict:
    output = {
        "data": {"text/plain": ["2"]},
        "execution_count": 1,
        "metadata": {},
        "output_type": "execute_result",
    }
    cell = {**notebook["cells"][0], "execution_count": 1, "outputs": [output]}
    return {**notebook, "cells": [cell]}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the project's hooks, and its environment."""
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        (tmp_path / name).write_bytes((PROJECT / name).read_bytes())
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".gitignore").write_text(".venv\n.home\n.ruff_cache\n")
    call(tmp_path, "git", "init", "--quiet")
    return tmp_path


def call(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    identity = {
        f"GIT_{who}_{what}": "a@b.example"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    # Not those of a hook that may run these tests.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return subprocess.run(
        command,
        cwd=folder,
        env={**environment, **identity, "PRE_COMMIT_HOME": str(folder / ".home")},
        capture_output=True,
        text=True,
        check=False,
    )


def commit(repository: Path, files: dict[str, str]) -> tuple[int, set[str]]:
    """Try to commit files; return git's exit code and the hooks that failed."""
    for name, text in files.items():
        (repository / name).write_text(text)
    call(repository, "git", "add", "--all")
    done = call(repository, "git", "commit", "--message", "Add files")
    said = done.stdout + done.stderr
    return done.returncode, set(re.findall(r"Failed\n- hook id: (\S+)", said))


def test_hooks_refuse_wrong_examples(repository: Path) -> None:
    # All at once: every commit starts each tool, some seconds.
    installed = call(repository, f"{sys.prefix}/bin/pre-commit", "install")
    assert installed.returncode == 0, installed.stderr
    wrong = {
        "format.py": FORMATTED.replace(" = ", "="),
        "lint.py": FORMATTED.replace("\n\n", "\n\nimport os\n\n"),
        "executed.ipynb": json.dumps(executed(NOTEBOOK)),
        "key.txt": f"key = {PLANTED}\n",
    }
    hooks = {"ruff-format", "ruff-check", "nbstripout", "detect-secrets"}
    assert commit(repository, wrong) == (1, hooks)
    right = {
        "format.py": FORMATTED,
        "lint.py": FORMATTED,
        "executed.ipynb": json.dumps(NOTEBOOK, indent=1) + "\n",
        "key.txt": "key = none\n",
    }
    assert commit(repository, right) == (0, set())


def test_no_secret_is_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Looks through every file: some seconds.
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path))
    command = f"{sys.prefix}/bin/pre-commit", "run", "detect-secrets", "--all-files"
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_hooks_fetch_nothing() -> None:
    config = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())
    assert {repo["repo"] for repo in config["repos"]} == {"local"}


def test_workflow_and_ci_run_make_test() -> None:
    workflow = yaml.safe_load((PROJECT / ".github/workflows/test.yml").read_text())
    steps = workflow["jobs"]["test"]["steps"]
    (command,) = [step["run"] for step in steps if "run" in step]
    assert command.startswith("make test")
    assert "\nmake test\n" in (PROJECT / ".ci/run").read_text()


def test_tools_of_the_audit_are_pinned_and_unknown_packages_fail_it() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    (recipe,) = re.findall(r"^audit:.*\n((?:\t.*\n|    .*\n)+)", makefile, re.M)
    tools = re.findall(r"uv tool run .*?(cyclonedx-bom|pip-audit)(==[\d.]+)?", recipe)
    assert [(name, bool(pin)) for name, pin in tools] == [
        ("cyclonedx-bom", True),
        ("pip-audit", True),
    ]
    assert " --strict " in recipe


def disagreements(changelog: str, version: str) -> list[str]:
    """Say what is wrong with a changelog of a project of this version."""
    sections = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$", changelog, re.M)
    names = [name for name, _ in sections]
    wrong = []
    if names[:1] != ["Unreleased"]:
        wrong.append("the first section is not Unreleased")
    if names[1:2] != [version]:
        wrong.append(f"the latest release is not {version}")
    wrong += [f"{name} has no date" for name, date in sections[1:] if not date]
    return wrong


def test_changelog_agrees_with_the_version() -> None:
    project = (PROJECT / "pyproject.toml").read_text()
    (version,) = re.findall(r'^version = "(.+)"$', project, re.M)
    assert disagreements((PROJECT / "CHANGELOG.md").read_text(), version) == []


@pytest.mark.parametrize(
    ("changelog", "wrong"),
    [
        ("## [1.0.0] - 2026-01-01\n", "the first section is not Unreleased"),
        ("## [Unreleased]\n## [0.9.0] - 2026-01-01\n", "the latest release is not 1"),
        ("## [Unreleased]\n## [1.0.0]\n", "1.0.0 has no date"),
    ],
)
def test_disagreements_are_noticed(changelog: str, wrong: str) -> None:
    assert any(said.startswith(wrong) for said in disagreements(changelog, "1.0.0"))
