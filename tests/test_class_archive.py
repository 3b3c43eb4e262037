import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from fruit_features.class_archive import archive_options
from fruit_features.java import find_java, find_java_home, java_version


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
