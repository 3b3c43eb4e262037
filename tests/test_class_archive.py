import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from fruit_features.class_archive import archive_options
from fruit_features.java import find_java_home, java_version


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


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.skipif(
    java_version(find_java_home()) != 17, reason="not made by this Java"
)
def test_java_has_taken_it_in(spark: SparkSession) -> None:
    # Java ignores, without a word, one that does not fit: another class path, say.
    archive = archive_of(archive_options(find_java_home()))
    process = spark._jvm.java.lang.ProcessHandle.current().pid()  # type: ignore[union-attr]
    assert str(archive) in Path(f"/proc/{process}/maps").read_text()
