"""The local cluster is what it says: YARN, S3, and Spark on both."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from cluster import LocalClusterError, s3, yarn
from cluster.local import LocalCluster
from cluster.rehearsal import applications

# By the project's own settings: what a run would write, this writes.
JOB = """
import json, sys
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf

bootstrap_project(Path.cwd())
with KedroSession.create(Path.cwd(), env="emr") as session:
    session.load_context()
spark = SparkSession.builder.getOrCreate()

@udf("string")
def python_of(_):
    import fruit_features.workers.udf
    return f"{sys.executable} {'tensorflow' in sys.modules}"

place = sys.argv[1]
rows = spark.range(1000).repartition(4).withColumn("python", python_of("id"))
rows.write.parquet(place)
back = spark.read.parquet(place)
print(json.dumps({
    "application": spark.sparkContext.applicationId,
    "rows": back.count(),
    "sum": back.agg({"id": "sum"}).first()[0],
    "pythons": [row.python for row in back.select("python").distinct().collect()],
}))
spark.stop()
"""


@pytest.fixture
def bucket(cluster: LocalCluster) -> str:
    return cluster.variables["FRUIT_FEATURES_BUCKET"]


def test_environment_can_be_sourced(cluster: LocalCluster) -> None:
    # By a shell that has other plans, and keeps what is none of the cluster's.
    done = subprocess.run(
        ["bash", "-ceu", 'source "$1" && env -0', "bash", str(cluster.env_file)],
        env={"AWS_PROFILE": "another", "AWS_SESSION_TOKEN": "x", "EDITOR": "ed"},
        capture_output=True,
        text=True,
        check=True,
    )
    sourced = dict(entry.split("=", 1) for entry in done.stdout.split("\0") if entry)
    assert cluster.variables.items() <= sourced.items()
    assert sourced["EDITOR"] == "ed"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & set(sourced)
    assert cluster.variables["AWS_REGION"].startswith("eu-")


def test_node_is_running_and_page_answers(cluster: LocalCluster) -> None:
    assert cluster.is_up()
    (node,) = yarn.ask(cluster.page, "nodes")["nodes"]["node"]
    assert node["state"] == "RUNNING"
    assert node["nodeHostName"] in ("127.0.0.1", "localhost")
    with urllib.request.urlopen(f"{cluster.page}/cluster/nodes", timeout=10) as page:
        assert b"Nodes of the cluster" in page.read()


def test_daemons_listen_on_loopback_only(cluster: LocalCluster) -> None:
    for name in yarn.DAEMONS:
        for connection in cluster.daemon(name).net_connections(kind="tcp"):
            assert connection.laddr.ip.removeprefix("::ffff:") == "127.0.0.1"


def test_bucket_is_as_a_real_one_should_be(cluster: LocalCluster, bucket: str) -> None:
    client = s3.client(cluster.variables)
    (rule,) = client.get_bucket_encryption(Bucket=bucket)[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    blocked = client.get_public_access_block(Bucket=bucket)
    assert set(blocked["PublicAccessBlockConfiguration"].values()) == {True}
    assert client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_hostile_names_are_uploaded_as_they_are(
    cluster: LocalCluster, bucket: str, tmp_path: Path
) -> None:
    names = {
        "a b/'; rm -rf ~ #.jpg",
        "%41+&?/é∂.JPG",
        "_x/.hidden.jpg",
        "a:b/$HOME.png",
    }
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "nowhere")

    client, place = s3.client(cluster.variables), s3.Place(bucket, "names/")
    assert s3.upload(client, tmp_path, place) == len(names)
    listed = client.list_objects_v2(Bucket=bucket, Prefix="names/")["Contents"]
    assert {found["Key"] for found in listed} == {f"names/{name}" for name in names}

    # Hadoop has them in place of folders: no files, nor in the way of such.
    for folder in ("", "_x/"):
        client.put_object(Bucket=bucket, Key=f"names/{folder}")
    back = tmp_path / "back"
    assert s3.download(client, place, back) == len(names)
    assert {(back / name).read_bytes() for name in names} == {
        name.encode() for name in names
    }


@pytest.fixture(scope="module")
def job(cluster: LocalCluster, project: Path) -> dict:
    """What a job on YARN says; 20 s: an application's master, then an executor."""
    bucket = cluster.variables["FRUIT_FEATURES_BUCKET"]
    # A run's checks make it; Spark wants it.
    events = cluster.on_s3("logs/spark-events").prefix
    s3.client(cluster.variables).put_object(Bucket=bucket, Key=events, Body=b"")
    done = subprocess.run(
        [sys.executable, "-c", JOB, f"s3a://{bucket}/job"],
        cwd=project,
        env=cluster.sourced,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_spark_on_yarn_reads_and_writes_s3(
    cluster: LocalCluster, bucket: str, job: dict
) -> None:
    assert (job["rows"], job["sum"]) == (1000, 499500)
    # By the Python of the bootstrap script, without TensorFlow.
    assert job["pythons"] == [f"{cluster.variables['FRUIT_FEATURES_PYTHON']} False"]

    (application,) = (
        each for each in applications(cluster) if each["id"] == job["application"]
    )
    assert (application["state"], application["finalStatus"]) == (
        "FINISHED",
        "SUCCEEDED",
    )

    client = s3.client(cluster.variables)
    success = client.get_object(Bucket=bucket, Key="job/_SUCCESS")["Body"].read()
    assert json.loads(success)["committer"] == "magic"
    keys = client.list_objects_v2(Bucket=bucket, Prefix="job/")["Contents"]
    assert not [found["Key"] for found in keys if "__magic" in found["Key"]]
    assert not (Path.home() / ".sparkStaging" / job["application"]).exists()


def test_history_shows_a_job_from_the_bucket(
    cluster: LocalCluster, project: Path, job: dict
) -> None:
    # Takes 10 s, of Java's start.
    server = subprocess.Popen(
        [sys.executable, "-m", "cluster", "history"],
        cwd=project,
        env=cluster.sourced,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        lines = (line.split() for line in server.stdout)
        page = next(words[1] for words in lines if words[1].startswith("http"))
        assert job["application"] in listed(f"{page}/api/v1/applications")
        server.send_signal(signal.SIGINT)
        assert server.wait(120) == 0
    finally:
        server.kill()


def listed(address: str) -> set[str]:
    """Return the applications that the server shows, once it shows some."""
    until = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                found = {each["id"] for each in json.load(answer)}
        except OSError:
            found = set()
        if found or time.monotonic() > until:
            return found
        time.sleep(0.5)


def test_second_start_in_the_same_folder_is_refused(cluster: LocalCluster) -> None:
    with pytest.raises(LocalClusterError, match="is there already: make cluster-down"):
        cluster.up()
    assert cluster.is_up()
