"""`kedro run --env emr` as a user runs it: on a real YARN, with all on an S3 over HTTP.

A run on YARN takes half a minute to a minute, most of it YARN's and Spark's start.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from kedro.framework.session import KedroSession
from pyspark.sql import SparkSession

from cluster import s3
from cluster.front import Front
from cluster.local import LocalCluster
from cluster.processes import working_in
from cluster.rehearsal import applications
from kedro_emr.loading import read_settings
from kedro_emr.request import PYTHON_HOME
from kedro_emr.steps import step_request
from tests.marks import holding
from tests.pictures import jpeg
from tests.privacy.conftest import LABEL, NAME, NOTE, marks_of, photos
from tests.s3_server import every_version, without_aws

# Photos that are erased in the end, one of which cannot be decoded.
TO_ERASE = {name: c for name, c in photos().items() if LABEL in name or NAME in name}
BAD = {"bad/empty.jpg": b"", "bad/text.jpg": b"no image"}
SOUND = {f"label {n % 5}/{n}.jpg": jpeg(n) for n in range(240)}
QUARANTINED = len(BAD) + 1
FEATURIZED = len(SOUND) + len(TO_ERASE) - 1
FOUND = FEATURIZED + QUARANTINED
PLANTED = {
    "AWS_ACCESS_KEY_ID": "PLANTEDKEYID",
    "AWS_SECRET_ACCESS_KEY": "planted/secret+key",  # pragma: allowlist secret
    "AWS_SESSION_TOKEN": "plantedToken/with+and==",
}
LONGEST_RUN = 400.0
TABLES = ("04_feature/features", "07_model_output/reduced_features")


class Run:
    """A run that was started, and what it said."""

    def __init__(
        self, command: list[str], folder: Path, log: Path, env: dict[str, str]
    ) -> None:
        self._log, self.began = log, time.monotonic()
        with log.open("w") as output:
            self.process = psutil.Popen(
                command, cwd=folder, env=env, stdout=output, stderr=output
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    def end(self) -> int:
        code = self.process.wait(LONGEST_RUN)
        self.seconds = time.monotonic() - self.began
        return int(code)


class OnYarn:
    """Starts runs on one bucket and reads what they left."""

    def __init__(self, cluster: LocalCluster, project: Path, folder: Path) -> None:
        self.cluster, self._project, self.folder = cluster, project, folder
        self._bucket = cluster.variables["FRUIT_FEATURES_BUCKET"]
        self._client = s3.client(cluster.variables)
        self._images = f"images=s3a://{self._bucket}/given"
        self._runs = 0

    def start(self, prefix: str, *params: str, **env: str) -> Run:
        self._runs += 1
        log = self.folder / f"{self._runs}.txt"
        given = {**self.cluster.sourced, "FRUIT_FEATURES_PREFIX": prefix, **env}
        chosen = ["--env", "emr", "--params", ",".join([self._images, *params])]
        command = [sys.executable, "-m", "kedro", "run", *chosen]
        return Run(command, self._project, log, given)

    def start_step(self, prefix: str, **env: str) -> Run:
        """Start what a step of EMR is: of what lies on S3, far from the project."""
        log, empty = self.folder / "step.txt", self.folder / "empty"
        empty.mkdir()
        variables = self.cluster.variables
        (conf,) = self.keys("fruit_features/code/conf/")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FRUIT_FEATURES_BUCKET", self._bucket)
            patch.setenv("FRUIT_FEATURES_PREFIX", prefix)
            settings = read_settings(self._project)
        request = step_request(
            settings,
            f"s3://{self._bucket}/{conf}",
            ["--params", self._images],
            variables,
        )
        python = f"{PYTHON_HOME}/bin/python"
        command = [
            variables["FRUIT_FEATURES_PYTHON"] if part == python else part
            for part in request["HadoopJarStep"]["Args"]
        ]
        return Run(command, empty, log, {**self.cluster.sourced, **env})

    def say(self, prefix: str, *command: str) -> str:
        """Run another of the project's commands and return what it says."""
        given = {**self.cluster.sourced, "FRUIT_FEATURES_PREFIX": prefix}
        return subprocess.run(
            [sys.executable, "-m", "kedro", *command, "--env", "emr"],
            cwd=self._project,
            env=given,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def erase(self, prefix: str, *photos: str) -> str:
        given = ["--raw", "--yes", "--params", self._images]
        return self.say(prefix, "erase", *photos, *given)

    def prefixes(self) -> set[str]:
        """Tell where runs have got as far as features."""
        return {key.split("/")[0] for key in self.keys("") if "/04_feature/" in key}

    def contents(self) -> dict[str, bytes]:
        """Read every object of the bucket in every version."""
        return every_version(self._client, self._bucket)

    def upload(self, folder: Path) -> None:
        s3.upload(self._client, folder, s3.Place(self._bucket, "given/"))

    def download(self, prefix: str, name: str | None = None) -> Path:
        folder = self.folder / (name or prefix)
        s3.download(self._client, s3.Place(self._bucket, f"{prefix}/"), folder)
        return folder

    def keys(self, prefix: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self._bucket, Prefix=prefix)
        return [each["Key"] for page in found for each in page.get("Contents", [])]

    def give_up_lock(self, prefix: str) -> None:
        """Do what a minute does after a kill; see tests/storage/test_s3_lock.py."""
        self._client.delete_object(Bucket=self._bucket, Key=f"{prefix}/.lock")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for name, content in {**SOUND, **BAD, **TO_ERASE}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def on_yarn(
    cluster: LocalCluster,
    project: Path,
    images: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> OnYarn:
    runs = OnYarn(cluster, project, tmp_path_factory.mktemp("runs"))
    runs.upload(images)
    return runs


@pytest.fixture(scope="module")
def first(on_yarn: OnYarn) -> Run:
    run = on_yarn.start_step("first", **PLANTED)
    assert run.end() == 0, run.said
    return run


@pytest.fixture(scope="module")
def data(on_yarn: OnYarn, first: Run) -> Path:
    return on_yarn.download("first")


@pytest.fixture(scope="module")
def local(
    project: Path,
    images: Path,
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """What a run on this machine makes of the same images."""
    folder = tmp_path_factory.mktemp("local")
    places = {"images": str(images), "data": str(folder)}
    with KedroSession.create(project, runtime_params=places) as session:
        session.run()
    return folder


@pytest.fixture
def front(cluster: LocalCluster) -> Iterator[Front]:
    with Front(cluster.variables["AWS_ENDPOINT_URL"]) as front:
        yield front


def table(data: Path, name: str) -> pd.DataFrame:
    rows = pd.read_parquet(data / name).set_index("image_key").sort_index()
    assert rows.index.is_unique
    return rows


def report_of(data: Path) -> dict[str, Any]:
    return json.loads((data / "08_reporting" / "run_report.json").read_text())


def wait_for(what: Callable[[], Any], run: Run) -> None:
    until = time.monotonic() + LONGEST_RUN
    while not what():
        assert run.process.is_running() and time.monotonic() < until, run.said
        time.sleep(0.2)


def test_run_ends_well_and_yarn_knows(on_yarn: OnYarn, first: Run, data: Path) -> None:
    report = report_of(data)
    assert report["images"] == {
        "found": FOUND,
        "featurized": FEATURIZED,
        "quarantined": QUARANTINED,
        "unchanged": 0,
    }
    spark = report["spark"]
    # Others have run on this cluster before.
    ran = {each["id"]: each for each in applications(on_yarn.cluster)}
    application = ran[spark["application_id"]]
    assert (application["state"], application["finalStatus"]) == (
        "FINISHED",
        "SUCCEEDED",
    )
    assert spark["tracking_page"].endswith(f"/proxy/{application['id']}")
    assert spark["event_log"].endswith(f"first/logs/spark-events/{application['id']}")
    assert (data / "logs" / "spark-events" / application["id"]).is_file()
    assert spark["tracking_page"] in (data / "08_reporting/report.html").read_text()
    assert first.said.rstrip().endswith("first/08_reporting/report.html")


def test_features_are_those_of_a_local_run(data: Path, local: Path) -> None:
    here, there = (table(place, TABLES[0]) for place in (local, data))
    assert list(here.index) == list(there.index)
    assert np.array_equal(np.stack(here["features"]), np.stack(there["features"]))
    here, there = (table(place, TABLES[1]) for place in (local, data))
    np.testing.assert_allclose(
        np.stack(there["pca_features"]), np.stack(here["pca_features"]), atol=1e-6
    )
    name = "07_model_output/explained_variance.parquet"
    here, there = (pd.read_parquet(place / name) for place in (local, data))
    np.testing.assert_allclose(there["ratio"], here["ratio"], atol=1e-6)


def test_keys_are_nowhere(on_yarn: OnYarn, first: Run, data: Path) -> None:
    logs = on_yarn.cluster.home / "logs"
    staging = on_yarn.cluster.home / "work" / "staging"
    places = [*data.rglob("*"), *logs.rglob("*"), *staging.rglob("*")]
    read = {path: path.read_bytes() for path in places if path.is_file()}
    assert any("containers" in str(path) for path in read)
    assert any("spark-events" in str(path) for path in read)
    for key in PLANTED.values():
        assert key not in first.said
        assert [path for path, content in read.items() if key.encode() in content] == []


def test_nothing_changed_takes_no_application(on_yarn: OnYarn, first: Run) -> None:
    before = len(applications(on_yarn.cluster))
    again = on_yarn.start("first")
    assert again.end() == 0, again.said
    assert "nothing changed since the last run" in again.said
    assert len(applications(on_yarn.cluster)) == before


def test_history_is_kept_beside_the_data(on_yarn: OnYarn, first: Run) -> None:
    listed = on_yarn.say("first", "history")
    run = listed.splitlines()[1].split()[0]
    shown = on_yarn.say("first", "history", "show", run, "--no-open")
    assert f"images found   {FOUND:>10,}" in shown
    assert "Fruit features" in Path(shown.splitlines()[-1]).read_text()


def test_faults_cost_no_row(on_yarn: OnYarn, data: Path, front: Front) -> None:
    cluster, at_front = on_yarn.cluster, {"AWS_ENDPOINT_URL": front.endpoint}
    parts = ("featurization.checkpoint_images=80", "ingestion.images_per_file=40")
    written = "faults/04_feature/features/backbone_id"

    killed = on_yarn.start("faults", *parts, **at_front)
    wait_for(lambda: on_yarn.keys("faults/.lock"), killed)
    second = on_yarn.start("faults", *parts, **at_front)
    assert second.end() == 1
    assert "is at work in s3://" in second.said
    assert "Traceback" not in second.said
    wait_for(lambda: on_yarn.keys(written), killed)
    killed.process.kill()
    killed.process.wait()

    on_yarn.give_up_lock("faults")
    done = len(on_yarn.keys(written))
    run = on_yarn.start("faults", *parts, **at_front)
    wait_for(lambda: len(on_yarn.keys(written)) > done, run)
    front.cuts = 2
    front.slow_down(10)
    executors(cluster)[0].kill()
    manager = cluster.daemon("nodemanager")
    manager.kill()
    manager.wait()
    cluster.start_daemon("nodemanager")
    assert run.end() == 0, run.said

    found = on_yarn.download("faults")
    report = report_of(found)
    assert report["images"]["unchanged"] > 0
    assert report["images"]["found"] == FOUND
    for name, column in zip(TABLES, ("features", "pca_features"), strict=True):
        there, undisturbed = table(found, name), table(data, name)
        assert list(there.index) == list(undisturbed.index)
        np.testing.assert_allclose(
            np.stack(there[column]),
            np.stack(undisturbed[column]),
            atol=0 if column == "features" else 1e-6,
        )


def test_erased_photos_are_nowhere_in_the_bucket(
    on_yarn: OnYarn, first: Run, data: Path
) -> None:
    # After the killed run, whose remains are to go as well.
    marks = {**marks_of(TO_ERASE, list(TO_ERASE), data), "note": NOTE.encode()}
    before = on_yarn.contents()
    assert set(holding(before, marks)) == set(marks)

    for prefix in sorted(on_yarn.prefixes()):
        on_yarn.erase(prefix, "--path", f"*/{NAME}*")
    assert holding(on_yarn.contents(), marks) == {}
    left = on_yarn.download("first", "erased")
    for name in TABLES:
        there = table(data, name)
        others = there.loc[there.index.difference(list(TO_ERASE))]
        assert len(others) == len(SOUND)
        pd.testing.assert_frame_equal(table(left, name), others)
    assert set(on_yarn.keys("given/")) == {f"given/{n}" for n in [*SOUND, *BAD]}


def executors(cluster: LocalCluster) -> list[psutil.Process]:
    """Find the Java processes of executors, not the shells that started them."""
    backend = "YarnCoarseGrainedExecutorBackend"
    working = working_in(cluster.home / "work")
    return [
        process
        for process in working
        if "java" in process.name()
        and any(backend in word for word in process.cmdline())
    ]


def test_python_is_missing_on_a_worker(on_yarn: OnYarn) -> None:
    run = on_yarn.start("failing", FRUIT_FEATURES_PYTHON="/nowhere/python")
    assert run.end() == 1
    message = "Error: the workers' Python /nowhere/python is not there: prepare every"
    assert message in run.said
    assert "Traceback" not in run.said
    assert applications(on_yarn.cluster)[-1]["finalStatus"] == "FAILED"


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"FRUIT_FEATURES_EXECUTOR_MEMORY": "900g"}, "no node of YARN has room for"),
        ({"FRUIT_FEATURES_BUCKET": "no-such-bucket"}, "there is no such bucket"),
    ],
)
def test_hopeless_runs_end_early(
    on_yarn: OnYarn, env: dict[str, str], message: str
) -> None:
    before = len(applications(on_yarn.cluster))
    run = on_yarn.start("hopeless", **PLANTED, **env)
    assert run.end() == 1
    assert not [key for key in PLANTED.values() if key in run.said]
    assert len(applications(on_yarn.cluster)) == before
    assert run.said.count("Error:") == 1
    assert message in run.said
    assert "Traceback" not in run.said
    # 5 to 10 on a machine that does nothing else; S3A alone would take 8 minutes.
    assert run.seconds < 60


def test_one_settings_file_is_all_a_user_needs(on_yarn: OnYarn, project: Path) -> None:
    command = f"source '{on_yarn.cluster.env_file}' && kedro run --env emr"
    done = subprocess.run(
        ["bash", "-c", f"{command} --params images=s3a://no-such-bucket/a"],
        cwd=project,
        env={**without_aws(), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "cannot list s3://no-such-bucket/a: there is no such bucket" in done.stderr
