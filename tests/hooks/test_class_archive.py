import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from fruit_features.hooks.class_archive import archive_options
from fruit_features.hooks.java import find_java, find_java_home, java_version


def archive_of(options: list[str]) -> Path:
    (used,) = (option for option in options if "SharedArchiveFile" in option)
    return Path(used.split("=", 1)[1])


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without an archive, in a folder with a space in its name."""
    folder = tmp_path / "my env"
    folder.mkdir()
    monkeypatch.setattr(sys, "prefix", str(folder))
    return folder


def java(folder: Path) -> str:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    return str(folder)


@pytest.mark.usefixtures("environment")
def test_without_an_archive_nothing_is_said(tmp_path: Path) -> None:
    assert archive_options(java(tmp_path / "jdk")) == []


def test_an_archive_is_of_one_java(environment: Path, tmp_path: Path) -> None:
    mine, other = java(tmp_path / "jdk"), java(tmp_path / "other")
    for name in range(2):
        (environment / f"spark-{name}.jsa").touch()
    assert archive_options(mine) == archive_options(other) == []


def test_make_run_makes_one_for_every_java(project: Path, tmp_path: Path) -> None:
    # The Makefile itself, in an environment that only notes what it is asked for.
    programs, asked = tmp_path / ".venv" / "bin", tmp_path / "asked"
    programs.mkdir(parents=True)
    (tmp_path / "data/01_raw/sample").mkdir(parents=True)
    (tmp_path / "data/01_raw/sample/GENERATED.json").touch()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(project / name, tmp_path)
    for name in ("python", "kedro"):
        (programs / name).write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
        (programs / name).chmod(0o755)
    (programs.parent / "installed").touch()
    homes = [java(tmp_path / name) for name in ("one", "other")]

    def make_run(home: str, **variables: str) -> bool:
        asked.unlink(missing_ok=True)
        subprocess.run(
            ["make", "run"],
            cwd=tmp_path,
            env={"PATH": f"{home}/bin:{os.environ['PATH']}", **variables},
            capture_output=True,
            check=True,
        )
        *before, ran = asked.read_text().splitlines()
        assert ran.startswith("run")
        return before == ["-m fruit_features.hooks.class_archive"]

    assert [make_run(home) for home in (*homes, *homes)] == [True, True, False, False]
    assert make_run(homes[0], JAVA_HOME=homes[1])
    Path(homes[0], "bin", "java").write_text("an update")
    assert [make_run(homes[0]) for _ in range(2)] == [True, False]


makes_one = pytest.mark.skipif(
    java_version(find_java_home()) != 17, reason="not made by this Java"
)


@makes_one
def test_java_is_silent_about_it_but_not_about_what_was_asked(tmp_path: Path) -> None:
    # A folder that holds files is a class path which no archive fits.
    (tmp_path / "file").touch()
    home = find_java_home()
    options = ["-Xlog:gc", *archive_options(home), "-cp", str(tmp_path), "-version"]
    done = subprocess.run(
        [str(find_java(home)), *options], capture_output=True, text=True, check=True
    )
    assert "[gc]" in done.stdout
    assert "cds" not in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@makes_one
def test_java_has_taken_it_in(spark: SparkSession) -> None:
    # Java ignores, without a word, one that does not fit: another class path, say.
    archive = archive_of(archive_options(find_java_home()))
    process = spark._jvm.java.lang.ProcessHandle.current().pid()  # type: ignore[union-attr]
    assert str(archive) in Path(f"/proc/{process}/maps").read_text()
