"""Runs that are really killed, by SIGKILL, and gone on with.

Takes some minutes: each start of a run takes Spark's five to ten seconds.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
from kedro.framework.session import KedroSession
from PIL import Image

from tests.clone import shell_without
from tests.pictures import jpeg

VICTIMS = 2 * ("driver", "java", "worker")
# From Spark's start to the report, in seconds after the run's start.
MOMENTS = (3.0, 20.0)
LONGEST_RUN = 600.0


class Runs:
    """Starts and kills runs on one folder of images and one of data."""

    def __init__(self, project: Path, images: Path, data: Path) -> None:
        self._project = project
        self.images, self.data = images, data
        self.data.mkdir(parents=True, exist_ok=True)

    def start(self) -> psutil.Popen:
        params = f"images={self.images},data={self.data}"
        command = [sys.executable, "-m", "kedro", "run", "--params", params]
        with (self.data / "output.txt").open("a") as output:
            return psutil.Popen(
                command,
                cwd=self._project,
                env=shell_without("SPARK_", "PYSPARK_"),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, count: int) -> None:
        """Wait until so many images have features."""
        until = time.monotonic() + LONGEST_RUN
        while self.count() < count and time.monotonic() < until:
            time.sleep(0.05)

    def finish(self) -> dict:
        return self.end(self.start())

    def end(self, run: psutil.Popen) -> dict:
        assert run.wait(LONGEST_RUN) == 0, (self.data / "output.txt").read_text()
        report = self.data / "08_reporting" / "run_report.json"
        return json.loads(report.read_text())

    def features(self) -> pd.DataFrame:
        """Read the features as a user of pandas does."""
        rows = pd.read_parquet(self.data / "04_feature" / "features")
        return rows.set_index("image_key").sort_index().drop(columns="featurized_at")

    def undisturbed(self) -> pd.DataFrame:
        """Make the same features elsewhere, by a run in this very process."""
        other = Runs(self._project, self.images, self.data.with_name("undisturbed"))
        places = {"images": str(other.images), "data": str(other.data)}
        with KedroSession.create(self._project, runtime_params=places) as session:
            session.run(pipeline_names=["ingestion", "featurization"])
        return other.features()

    def count(self) -> int:
        files = (self.data / "04_feature" / "features").glob("backbone*/*.parquet")
        return sum(pq.read_metadata(file).num_rows for file in files)


def kill(run: psutil.Popen, victim: str) -> bool:
    """Kill a process of the run, and say whether there is such a one by now."""
    processes = [run, *run.children(recursive=True)]
    if victim == "java":
        processes = [p for p in processes if "java" in name(p)]
    if victim == "worker":
        daemons = [p for p in processes if "workers.daemon" in name(p)]
        processes = [p for p in daemons if p.parent() in daemons]
    if processes:
        processes[0].send_signal(signal.SIGKILL)
    return bool(processes)


def name(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""  # Over already.


def check_readable(data: Path) -> None:
    """Read whatever a reader finds, with other programs than those that wrote it."""
    for table in (*data.glob("0[247]*/*/"), *data.glob("0[27]*/*.parquet")):
        if not table.name.startswith("_") and any(table.glob("**/[!._]*.parquet")):
            pd.read_parquet(table)
    for file in data.glob("0[68]*/*.json"):
        json.loads(file.read_text())
    for file in data.glob("08*/*.png"):
        Image.open(file).load()
    for page in data.glob("08*/*.html"):
        assert page.read_text().rstrip().endswith("</html>")
    for model in data.glob("06*/pca_model/data"):
        assert len(pd.read_parquet(model)) == 1


@pytest.fixture
def runs(project: Path, tmp_path: Path) -> Runs:
    runs = Runs(project, tmp_path / "images", tmp_path / "data")
    write_images(runs.images, range(1500))
    return runs


def write_images(folder: Path, numbers: range) -> None:
    for number in numbers:
        file = folder / f"label {number % 7}" / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(number) if number % 50 else b"no image")


@pytest.mark.usefixtures("spark")
def test_killed_at_half_goes_on_there_and_replaces_a_worker(runs: Runs) -> None:
    run = runs.start()
    runs.wait_for(735)
    others = run.children(recursive=True)
    assert kill(run, "driver")
    psutil.wait_procs([run, *others], LONGEST_RUN)
    found = len(list(runs.images.glob("*/*.jpg")))
    done = runs.count()
    again = runs.start()
    runs.wait_for(done + 100)
    assert kill(again, "worker")
    report = runs.end(again)
    assert report["images"]["featurized"] <= 0.55 * found
    assert report["images"]["found"] == found
    assert report["images"]["quarantined"] == 30

    features = runs.features()
    assert len(features) == 1470
    assert features.index.is_unique
    pd.testing.assert_frame_equal(features, runs.undisturbed())


@pytest.mark.usefixtures("spark")
def test_killed_at_random_moments_nothing_is_lost(runs: Runs) -> None:
    dice = random.Random(20)
    first, last = MOMENTS
    for number, victim in enumerate(VICTIMS):
        run = runs.start()
        # One in each part of a run, so that few cover all of it.
        part = (number + dice.random()) / len(VICTIMS)
        time.sleep(first + part * (last - first))
        kill(run, victim)
        if run.is_running():
            # A worker is replaced, a driver without its Java ends by itself.
            time.sleep(dice.uniform(0, 3))
            kill(run, "driver")
        run.wait()
        check_readable(runs.data)
        change(runs.images, number)
    report = runs.finish()
    assert report["images"]["found"] == len(list(runs.images.glob("*/*.jpg")))
    features = runs.features()
    assert features.index.is_unique
    pd.testing.assert_frame_equal(features, runs.undisturbed())
    assert not list(runs.data.glob("**/_kept-*"))


def change(images: Path, number: int) -> None:
    """Add some images, replace some and delete some."""
    write_images(images, range(2000 + 20 * number, 2020 + 20 * number))
    files = sorted(images.glob("*/*.jpg"))
    files[7 * number].unlink()
    files[9 * number + 1].write_bytes(jpeg(5000 + number))
    os.utime(files[9 * number + 1], (number, number))
