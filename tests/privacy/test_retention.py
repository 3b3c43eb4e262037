"""`kedro retention` on tables as runs write them, of known ages."""

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from kedro.framework.context import KedroContext
from kedro.framework.session import KedroSession
from pyspark.sql import SparkSession

from fruit_features.cli import cli
from fruit_features.cli.privacy import _render as render
from fruit_features.pipelines.reporting.fields import PAGE_DATA
from fruit_features.privacy.documents import MARKED
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.privacy.removal import Due, due
from fruit_features.privacy.storage import Storage
from tests.marks import files_of
from tests.privacy.conftest import Marked
from tests.s3_server import S3Server

NOW = dt.datetime.now(dt.timezone.utc)
ALL = RetentionParameters(images_days=90, features_days=365, logs_days=30)
ALL_SET = ",".join(f"retention.{name}={days}" for name, days in ALL)

# What is there, by age in days. Of `gone` the file is gone already.
FILES = {"a/old.jpg": 100, "a/é young.jpg": 10, "a/bad old.jpg": 95}
PACKED = {**FILES, "a/gone.jpg": 200}
# Features of two backbones, of images that are there or have expired.
FEATURES = [
    ("a/old.jpg", "b1", 100),
    ("a/é young.jpg", "b1", 10),
    ("a/ancient.jpg", "b1", 400),
    ("a/twice.jpg", "b1", 400),
    ("a/twice.jpg", "b2", 20),
]
EXPIRED = ["a/ancient.jpg", "a/twice.jpg", "a/without features.jpg"]
OF_RUNS = json.dumps({"started": "9999", "html": MARKED})
LOGS = {"spark-events/old": 31, "spark-events/young": 29, "emr/j-1/old.gz": 40}


@dataclass(frozen=True)
class Stored:
    images: Path
    data: Path

    def keys(self, place: str) -> list[str]:
        return sorted(pd.read_parquet(self.data / place)["image_key"])

    def left(self) -> dict[str, Any]:
        """Return all that retention is about."""
        page = (self.data / "08_reporting/report.html").read_text()
        return {
            "files": sorted(files_of(self.images)),
            "logs": sorted(files_of(self.data / "logs")),
            "history": sorted(files_of(self.data / "08_reporting/history")),
            "page": [key for key in PACKED if key in page],
            "points": self.keys("08_reporting/projection_points.parquet"),
            **{
                place: self.keys(place)
                for place in (
                    "02_intermediate/images",
                    "04_feature/quarantine",
                    "04_feature/features",
                    "04_feature/expired_images.parquet",
                    "07_model_output/reduced_features",
                    "08_reporting/thumbnails.parquet",
                )
            },
        }


# What is left of it when everything that is too old has gone.
YOUNG = {
    "files": ["a/é young.jpg"],
    "logs": ["spark-events/young"],
    "history": [
        "report.html/young/report.html",
        "run_report.json/young/run_report.json",
    ],
    "page": ["a/é young.jpg"],
    "points": ["a/é young.jpg"],
    "02_intermediate/images": ["a/é young.jpg"],
    "04_feature/quarantine": [],
    # An image's features outlive it.
    "04_feature/features": ["a/old.jpg", "a/twice.jpg", "a/é young.jpg"],
    "04_feature/expired_images.parquet": ["a/twice.jpg"],
    "07_model_output/reduced_features": ["a/old.jpg", "a/twice.jpg", "a/é young.jpg"],
    "08_reporting/thumbnails.parquet": ["a/é young.jpg"],
}


def ago(days: float) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


def write(file: Path, text: str, days: float) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (ago(days).timestamp(),) * 2)


def opened(project: Path, stored: Stored | Marked) -> KedroContext:
    places = {"images": str(stored.images), "data": str(stored.data)}
    with KedroSession.create(project, runtime_params=places) as session:
        return session.load_context()


@pytest.fixture(scope="module")
def stored_once(
    project: Path,
    spark: SparkSession,
    marked_once: Marked,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stored:
    """Tables as Spark and pandas write them: some five seconds, once."""
    folder = tmp_path_factory.mktemp("retention")
    stored = Stored(folder / "images", folder / "data")
    for key, days in FILES.items():
        write(stored.images / key, "pixels", days)
    save = opened(project, stored).catalog.save
    of_files = [(k, k, "a", 6, ago(days)) for k, days in PACKED.items()]
    known = (
        "image_key string, path string, label string, length bigint, "
        "modification_time timestamp"
    )
    save("images", spark.createDataFrame(of_files, known))
    bad = [(*row, "empty", NOW) for row in of_files if "bad" in row[0]]
    save(
        "quarantine", spark.createDataFrame(bad, f"{known}, reason string, x timestamp")
    )
    made = [(key, ago(days), backbone, [1.0]) for key, backbone, days in FEATURES]
    features = "image_key string, featurized_at timestamp, backbone_id string"
    save("features", spark.createDataFrame(made, f"{features}, features array<float>"))
    save(
        "reduced_features",
        spark.createDataFrame(made, f"{features}, pca_features array<float>"),
    )
    times = pd.Series([ago(500)] * len(EXPIRED), dtype="datetime64[us, UTC]")
    expired = pd.DataFrame({"image_key": EXPIRED, "modification_time": times})
    save("expired_images@pandas", expired)
    # What a page is drawn from, of a run on other photos.
    for name in PAGE_DATA:
        save(name, opened(project, marked_once).catalog.load(name))
    small = pd.DataFrame(
        {"image_key": list(PACKED), "label": "a", "jpeg": b"x", "quarantined": False}
    )
    save("thumbnails", small)
    save("projection_points", small[["label", "image_key"]].assign(x=1.0, y=2.0))
    of_run = opened(project, marked_once).catalog.load("run_report")
    save("run_report", {**of_run, "quarantined": [], "quarantine_examples": {}})
    report = stored.data / "08_reporting/report.html"
    write(report, "", 100)
    render(opened(project, stored))
    for name in ("report.html", "run_report.json"):
        for run, days in (("old", 31), ("young", 1)):
            write(report.with_name("history") / name / run / name, OF_RUNS, days)
    for name, days in LOGS.items():
        write(stored.data / "logs" / name, "{}", days)
    return stored


@pytest.fixture
def stored(stored_once: Stored, tmp_path: Path) -> Iterator[Stored]:
    copied = Stored(tmp_path / "images", tmp_path / "data")
    shutil.copytree(stored_once.images, copied.images)
    shutil.copytree(stored_once.data, copied.data)
    return copied


Command = Callable[..., Result]


@pytest.fixture
def command(project: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(project)

    def run_command(
        *arguments: str, params: str = ALL_SET, code: int = 0, answer: str = ""
    ) -> Result:
        places = f"images={stored.images},data={stored.data},{params}".rstrip(",")
        given = ["retention", *arguments, "--params", places]
        done = CliRunner().invoke(cli, given, input=answer)
        assert done.exit_code == code, (done.output, done.exception)
        return done

    return run_command


def counted(output: str) -> dict[str, tuple[str, ...]]:
    """Read the table: days kept, too old, in files."""
    rows = [line.split() for line in output.splitlines()]
    return {row[0]: tuple(row[1:4]) for row in rows if len(row) == 5}


def test_a_dry_run_counts_and_changes_nothing(command: Command, stored: Stored) -> None:
    before = files_of(stored.images), files_of(stored.data)
    found = counted(command("--dry-run").output)
    assert {name: row[:2] for name, row in found.items()} == {
        "report": ("90", "6"),
        "thumbnails": ("90", "3"),
        "quarantine": ("90", "1"),
        "images": ("90", "3"),
        "raw_images": ("90", "2"),
        "features": ("365", "2"),
        "expired_images": ("365", "2"),
        "reduced_features": ("365", "2"),
        "run_history": ("30", "1"),
        "report_history": ("30", "1"),
        "logs": ("30", "2"),
    }
    assert [found[name][2] for name in ("report", "raw_images")] == ["1", "2"]
    assert (files_of(stored.images), files_of(stored.data)) == before


def test_what_is_too_old_goes_and_nothing_else(
    command: Command, stored: Stored, project: Path
) -> None:
    command("--yes")
    assert stored.left() == YOUNG
    state = opened(project, stored).catalog.load("run_state")
    assert state == {"fingerprint": None}
    assert "nothing is too old" in command("--yes").output


def test_only_what_is_set_goes(command: Command, stored: Stored) -> None:
    before = stored.left()
    command("--yes", params="retention.logs_days=30")
    assert stored.left() == {**before, **{k: YOUNG[k] for k in ("logs", "history")}}


def test_it_asks_first(command: Command, stored: Stored) -> None:
    before = stored.left()
    assert "Delete it?" in command(code=1, answer="n\n").output
    assert stored.left() == before
    command(answer="y\n")
    assert stored.left() == YOUNG


def test_killed_at_any_step_the_next_time_finds_the_rest(
    stored_once: Stored, project: Path, tmp_path: Path
) -> None:
    def steps(stored: Stored) -> list[Due]:
        context = opened(project, stored)
        return due(Storage(context), ALL, NOW, partial(render, context))

    assert len(steps(stored_once)) == 11
    for done in range(11):
        copied = Stored(tmp_path / f"images{done}", tmp_path / f"data{done}")
        shutil.copytree(stored_once.images, copied.images)
        shutil.copytree(stored_once.data, copied.data)
        for each in steps(copied)[:done]:
            each.remove()
        for each in steps(copied):
            assert each.remove() == []
        assert copied.left() == YOUNG


def test_an_expired_image_is_erased_like_any_other(
    command: Command, stored: Stored
) -> None:
    key = "a/twice.jpg"
    places = f"images={stored.images},data={stored.data}"
    given = ["erase", "--path", key, "--yes", "--params", places]
    assert CliRunner().invoke(cli, given).exit_code == 0
    left = stored.left()
    for place in ("04_feature/features", "04_feature/expired_images.parquet"):
        assert key not in left[place]
        assert "a/ancient.jpg" in left[place]


def test_another_day_is_reckoned_with(command: Command, stored: Stored) -> None:
    day = (NOW + dt.timedelta(days=81)).date()
    later = counted(command("--dry-run", "--on", f"{day}").output)
    assert later["raw_images"] == ("90", "3", "3")
    past = (NOW - dt.timedelta(days=500)).date()
    # Nobody can tell whom a page of 0.1.0 shows.
    (stored.data / "08_reporting/report.html").write_text("<html></html>")
    # A name is kept for the sake of features alone.
    earlier = counted(command("--dry-run", "--on", f"{past}").output)
    assert earlier == {"expired_images": ("365", "1", "1")}
    output = command("--on", f"{day}", "--yes", code=2).output
    assert "give --dry-run as well" in output


def test_nothing_set_is_said_in_a_line(command: Command, stored: Stored) -> None:
    before = files_of(stored.data)
    output = command("--yes", params="").output
    assert output.splitlines() == [
        "nothing goes because of its age: retention.images_days, features_days and "
        "logs_days are not set"
    ]
    assert files_of(stored.data) == before


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("retention.images_days=0", "images_days=0: expected a whole number, at least"),
        ("retention.image_days=9", "did you mean 'retention.images_days'?"),
        (f"data=nowhere,{ALL_SET}", "no data in"),
    ],
)
def test_mistakes_are_told_in_a_line(
    command: Command, params: str, message: str
) -> None:
    output = command("--yes", params=params, code=1).output
    assert message in output
    assert "Traceback" not in output


def test_a_file_that_must_not_be_deleted_is_told(
    command: Command, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = os.remove

    def refuse(path: str) -> None:
        if str(path).endswith("old.jpg"):
            raise PermissionError(13, "Permission denied", path)
        remove(path)

    # A container's user may delete anything: what the system would say is said here.
    monkeypatch.setattr(os, "remove", refuse)
    output = command("--yes", code=1).output
    assert "not erased: " in output
    assert "2 places still hold what is too old" in output
    monkeypatch.undo()
    assert stored.left() == {**YOUNG, "files": sorted(FILES)}


def test_on_s3(
    s3_server: S3Server,
    project: Path,
    stored: Stored,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project)
    client = s3_server.client()
    where = {"LocationConstraint": s3_server.environment["AWS_REGION"]}
    client.create_bucket(Bucket="kept", CreateBucketConfiguration=where)
    for folder in (stored.images, stored.data):
        for name, content in files_of(folder).items():
            if not name.endswith((".crc", ".lock")):
                key = f"{folder.name}/{name}"
                client.put_object(Bucket="kept", Key=key, Body=content)
    places = f"images=s3a://kept/images,data=s3a://kept/data,{ALL_SET}"

    def run_command(*arguments: str) -> dict[str, tuple[str, ...]]:
        given = ["retention", *arguments, "--params", places]
        done = CliRunner().invoke(cli, given)
        assert done.exit_code == 0, (done.output, done.exception)
        return counted(done.output)

    # There a file is as old as its upload; a row as it says.
    found = run_command("--yes")
    assert {name: row[1] for name, row in found.items()} == {
        "report": "6",
        "thumbnails": "3",
        "quarantine": "1",
        "images": "3",
        "features": "2",
        "expired_images": "2",
        "reduced_features": "2",
    }
    day = (NOW + dt.timedelta(days=92)).date()
    later = run_command("--dry-run", "--on", f"{day}")
    assert (later["raw_images"][1], later["logs"][1]) == ("3", "3")
    assert run_command("--dry-run") == {}
