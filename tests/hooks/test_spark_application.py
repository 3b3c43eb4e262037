import contextlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from fruit_features.exceptions import JavaError
from fruit_features.hooks import java, spark_application
from fruit_features.hooks.spark import keep_to_this_machine
from fruit_features.hooks.spark_application import (
    WARM_UP,
    start_in_background,
    why_not_started,
)
from tests.clone import shell_without
from tests.pictures import jpeg

# Ends, as a user's mistake does, while Spark is on its way.
BROKEN_OFF = """
import sys
import time
import pyspark
from fruit_features.hooks import spark_application
spark_application.start_in_background("local[1]")
while sys.argv[1] == "late" and pyspark.SparkContext._gateway is None:
    time.sleep(0.01)
spark_application.end_application(failed=True)
assert spark_application._starting.exception(60)
print(pyspark.SparkContext._gateway.proc.wait(5))
"""


def test_workers_start_beside_the_program(spark: SparkSession, monkeypatch) -> None:
    monkeypatch.setattr(spark_application, "_starting", None)
    tracker = spark.sparkContext.statusTracker()
    before = set(tracker.getJobIdsForGroup(WARM_UP))
    start_in_background("local[2]")
    assert spark_application._starting is not None
    spark_application._starting.result(60)
    (job,) = set(tracker.getJobIdsForGroup(WARM_UP)) - before
    assert tracker.getJobInfo(job).status == "SUCCEEDED"


@pytest.mark.parametrize("moment", ["early", "late"])
def test_nobody_waits_for_a_start_after_an_error(moment: str) -> None:
    # A process of its own, for its Java is killed: 3 to 5 seconds.
    done = subprocess.run(
        [sys.executable, "-c", BROKEN_OFF, moment],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "-9"
    assert "Error" not in done.stderr


# Writes, on whatever machine, a table and a model as a run does; says how it did it.
ON_THIS_MACHINE = """
import json
import sys
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from pyspark.ml.feature import Binarizer
from fruit_features.hooks import spark_application
from fruit_features.datasets.mllib_model_dataset import MLlibModelDataset
project, folder = sys.argv[1:]
bootstrap_project(project)
with KedroSession.create(project) as kedro:
    kedro.load_context()
spark_application.start_in_background("local[1]")
spark_application._starting.result(120)
spark = spark_application._session()
spark.range(3).write.parquet(f"{folder}/table")
model = MLlibModelDataset(
    filepath=f"{folder}/model", model_class="pyspark.ml.feature.Binarizer"
)
model.save(Binarizer(threshold=2.0))
beans = spark._jvm.java.lang.management.ManagementFactory.getGarbageCollectorMXBeans()
print(json.dumps({
    "threshold": model.load().getThreshold(),
    "collectors": [bean.getName() for bean in beans],
    "page": int(spark.sparkContext.uiWebUrl.rsplit(":", 1)[1]),
    "user": spark.sparkContext.sparkUser(),
    "python": spark.sparkContext.parallelize([0], 1).map(
        lambda _: __import__("sys").executable).first(),
}))
"""


def a_user_without_a_name() -> list[str]:
    """Return what makes a command another user's; nothing where that is not allowed."""
    if sys.platform != "linux" or os.getuid() or not shutil.which("setpriv"):
        return []
    reads = ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
    return ["setpriv", "--reuid", "12345", *reads]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that other users may write to, unlike pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_other_sparks_clusters_and_programs_do_not_matter(
    project: Path, place: Path
) -> None:
    """All at once, in a process of its own: some 15 seconds."""
    (place / "conf").mkdir()
    (place / "conf" / "core-site.xml").write_text(
        "<configuration><property><name>fs.defaultFS</name>"
        "<value>hdfs://nowhere.invalid:8020</value></property></configuration>"
    )
    (place / "conf" / "spark-defaults.conf").write_text(
        "spark.eventLog.enabled true\nspark.eventLog.dir hdfs://nowhere.invalid/x\n"
    )
    elsewhere = {
        "SPARK_HOME": str(place / "gone"),
        "SPARK_CONF_DIR": str(place / "conf"),
        "HADOOP_CONF_DIR": str(place / "conf"),
        "PYSPARK_PYTHON": "/gone/python",
        "PYSPARK_DRIVER_PYTHON": "/gone/python",
        "SPARK_LOCAL_IP": "192.0.2.1",  # Of documentation: RFC 5737.
        "SPARK_LOCAL_HOSTNAME": "nowhere.invalid",
        "_JAVA_OPTIONS": "-XX:+UseG1GC",
        "SPARK_SUBMIT_OPTS": f"-Djava.io.tmpdir={place}/gone",
    }
    pages = {}
    for port in range(4040, 4057):
        # What others have taken is taken, too, unless they end meanwhile.
        with contextlib.suppress(OSError):
            pages[port] = socket.create_server(("127.0.0.1", port))
    command = [sys.executable, "-c", ON_THIS_MACHINE, str(project), str(place)]
    another = a_user_without_a_name()
    try:
        done = subprocess.run(
            [*another, *command],
            env={**shell_without("SPARK_", "PYSPARK_"), **elsewhere},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
    finally:
        for page in pages.values():
            page.close()
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["threshold"], found["python"]) == (2.0, sys.executable)
    assert found["page"] not in pages
    assert all(name.startswith("G1") for name in found["collectors"])
    if another:
        assert found["user"] == "12345"
    assert (place / "table" / "_SUCCESS").exists()
    (line,) = (line for line in done.stderr.splitlines() if "WARNING" in line)
    for name in set(elsewhere) - {"_JAVA_OPTIONS", "SPARK_SUBMIT_OPTS"}:
        assert f"{name}={elsewhere[name]}" in line


def test_what_fits_is_kept_without_a_word(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept = {
        "SPARK_HOME": "/usr/lib/spark",
        "HADOOP_CONF_DIR": "/etc/hadoop",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": Path(sys.executable).name,
    }
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    with caplog.at_level(logging.WARNING):
        keep_to_this_machine(with_cluster=True)
    assert caplog.text == ""
    kept["PYSPARK_DRIVER_PYTHON"] = sys.executable
    assert {name: os.environ[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("JAVA_TOOL_OPTIONS", "-Xms4g", "Initial heap size set to a larger value than"),
        ("_JAVA_OPTIONS", "-XX:+NoSuch", "Unrecognized VM option 'NoSuch'"),
        (
            "SPARK_HOME",
            "/gone",
            "No such file or directory: '/gone/./bin/spark-submit'",
        ),
    ],
)
def test_java_that_does_not_start_says_why(
    spark: SparkSession,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    reason: str,
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(java, "_said", type(java._said)())
    with pytest.raises(JavaError) as error:
        java.launch(lambda: False)
    assert reason in str(error.value)
    if "JAVA" in variable:
        # The tests' own command may name another.
        advice = str(error.value).partition("change or unset ")[2]
        assert f"{variable}={value!r}" in advice.split(", ")
    assert capfd.readouterr() == ("", "")


def test_spark_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_application, "active_context", lambda: None)
    monkeypatch.setattr(spark_application, "_starting", None)
    error = Py4JError(
        "An error occurred while calling None.org.apache.spark.JavaSparkContext.\n"
        ": java.lang.IllegalArgumentException: java.net.UnknownHostException: x\n"
        "\tat org.apache.spark.SparkContext.<init>(SparkContext.scala:683)\n"
        "Caused by: java.net.UnknownHostException: nowhere.invalid\n\t... 31 more\n"
    )
    assert "Spark does not start: nowhere.invalid; " in (why_not_started(error) or "")
    assert why_not_started(FileNotFoundError("x")) is None


def test_too_little_memory_ends_a_run_with_one_message(
    project: Path, tmp_path: Path
) -> None:
    """The whole command: some 6 seconds."""
    (tmp_path / "images" / "a").mkdir(parents=True)
    (tmp_path / "images" / "a" / "1.jpg").write_bytes(jpeg())
    places = f"images={tmp_path}/images,data={tmp_path}/data"
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--params", places],
        cwd=project,
        env={**shell_without("SPARK_", "PYSPARK_"), "_JAVA_OPTIONS": "-Xmx300m"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if " INFO " not in line]
    assert len(said) == 1
    assert said[0].startswith("Error: Spark does not start: [INVALID_DRIVER_MEMORY]")
    assert "_JAVA_OPTIONS='-Xmx300m'" in said[0]
