import xml.etree.ElementTree as ET
from pathlib import Path

import pyspark
import pytest

from cluster import LocalClusterError, jars

POM = "{http://maven.apache.org/POM/4.0.0}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_without_maven_the_message_says_so(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LocalClusterError, match="no Maven found.*apt-get install"):
        jars.yarn_jars()


def maven(folder: Path, text: str) -> str:
    """Put a program in Maven's place and return the PATH for it."""
    program = folder / "bin" / "mvn"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return f"{program.parent}:/usr/bin:/bin"


def test_what_maven_says_of_a_failure_is_shown(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = "echo '[INFO] x'; echo '[ERROR] Unknown host'; exit 1"
    monkeypatch.setenv("PATH", maven(cache, says))
    with pytest.raises(LocalClusterError, match=r"pom.xml: \[ERROR\] Unknown host"):
        jars.yarn_jars()


def test_maven_is_asked_once_and_again_when_a_jar_is_gone(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The last argument is -Dmdep.outputFile=<file>.
    jar = cache / "a.jar"
    says = (
        f'for last; do :; done; touch "{jar}"; echo x >> "{cache}/asked"\n'
        f'printf %s "{jar}" > "${{last#*=}}"'
    )
    monkeypatch.setenv("PATH", maven(cache, says))
    assert jars.yarn_jars() == jars.yarn_jars() == [jar]
    assert (cache / "asked").read_text() == "x\n"
    jar.unlink()
    assert jars.yarn_jars() == [jar]
    assert (cache / "asked").read_text() == "x\nx\n"


def test_versions_agree(project: Path) -> None:
    """pip's PySpark, the cluster's jars and those that ``spark.yml`` names."""
    pom = ET.parse(jars.POM).getroot()
    (hadoop,) = (element.text for element in pom.iter(f"{POM}hadoop.version"))
    spark_jars = Path(pyspark.__file__).parent / "jars"
    assert (spark_jars / f"hadoop-client-api-{hadoop}.jar").exists()

    (cloud,) = (
        found.findtext(f"{POM}version")
        for found in pom.iter(f"{POM}dependency")
        if found.findtext(f"{POM}artifactId") == "spark-hadoop-cloud_2.12"
    )
    settings = (project / "conf" / "emr" / "spark.yml").read_text()
    assert f"org.apache.hadoop:hadoop-aws:{hadoop}" in settings
    assert f"org.apache.spark:spark-hadoop-cloud_2.12:{cloud}" in settings
