"""The run that has nothing to do, through the command itself."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from fruit_features.cli import cli
from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.unchanged import fingerprint
from tests.pictures import jpeg

NOTHING = "nothing changed since the last run: nothing was done again"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unchanged")
    (folder / "images" / "apple").mkdir(parents=True)
    for number in range(4):
        (folder / f"images/apple/{number}.jpg").write_bytes(jpeg(number))
    (folder / "images/apple/bad.jpg").touch()
    return folder


@pytest.fixture(scope="module")
def run(folder: Path, project: Path, spark: SparkSession):
    def run_command(*options: str, **given: object) -> str:
        places = {"images": folder / "images", "data": folder / "data"}
        given = {**places, "featurization.max_failure_rate": 0.2, **given}
        params = ",".join(f"{name}={value}" for name, value in given.items())
        before = Path.cwd()
        os.chdir(project)
        try:
            done = CliRunner().invoke(cli, ["run", "--params", params, *options])
        finally:
            os.chdir(before)
        assert done.exit_code == 0, done.output
        return done.output

    return run_command


def test_second_run_does_nothing_until_something_changes(run, folder: Path) -> None:
    """Takes some ten seconds for each of the runs that do something."""
    assert NOTHING not in run()
    tables = sorted((folder / "data").glob("0[4-7]*/**/*.parquet"))
    written = {file: file.stat().st_mtime_ns for file in tables}

    again = run()
    assert NOTHING in again
    assert again.splitlines()[-1] == str(folder / "data/08_reporting/report.html")
    report = json.loads((folder / "data/08_reporting/run_report.json").read_text())
    assert report["images"] == {
        "found": 5,
        "featurized": 0,
        "unchanged": 4,
        "quarantined": 1,
    }
    assert {file: file.stat().st_mtime_ns for file in tables} == written
    page = (folder / "data/08_reporting/report.html").read_text()
    assert "apple/bad.jpg" in page
    assert "Against the run of" in page
    history = folder / "data/08_reporting/history"
    # Both runs are kept; the second needs no page of its own.
    assert len(list((history / "run_report.json").iterdir())) == 2
    assert len(list((history / "report.html").iterdir())) == 1

    with pytest.raises(AssertionError, match="more than .*max_failure_rate=0.1"):
        run(**{"featurization.max_failure_rate": 0.1})
    with pytest.raises(AssertionError, match="more than .*max_failure_rate=0.1"):
        # Nothing changed, and the failures are too many still.
        run(**{"featurization.max_failure_rate": 0.1})
    assert NOTHING not in run(**{"reduction.components": 2})
    assert NOTHING in run(**{"reduction.components": 2})
    # A single pipeline may leave the tables different from what the report says.
    assert NOTHING not in run("--pipelines", "ingestion")
    assert NOTHING not in run()
    (folder / "images/apple/new.jpg").write_bytes(jpeg(9))
    assert "featurized            1" in run()
    (folder / "data/08_reporting/variance_plot.png").unlink()
    assert NOTHING not in run()
    assert (folder / "data/08_reporting/variance_plot.png").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"label": ["b"]},
        {"length": [2]},
        {"modification_time": [pd.Timestamp(1)]},
        {"image_key": ["b/1"]},
    ],
)
def test_fingerprint_tells_any_change_of_the_listing(change: dict) -> None:
    row = {
        "image_key": ["a/1"],
        "label": ["a"],
        "length": [1],
        "modification_time": [pd.Timestamp(0)],
    }
    parameters = {"backbone": {"weights": "bundled"}, "featurization": {}}
    before = fingerprint(pd.DataFrame(row), parameters)
    assert fingerprint(pd.DataFrame(row), parameters) == before
    assert fingerprint(pd.DataFrame({**row, **change}), parameters) != before


def test_fingerprint_is_the_same_by_another_spelling_of_the_folders(
    tmp_path: Path,
) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/1.jpg").touch()
    (tmp_path / "link").symlink_to("a")
    prints = set()
    for images, accept in (("a", False), ("link", True), ("a/b/..", False)):
        listing = ImageFolderDataset(filepath=str(tmp_path / images)).load()
        given = {"images": images, "data": f"x/../{images}"}
        parameters = {
            "backbone": {"weights": "bundled"},
            "ingestion": {"accept_missing": accept},
        }
        prints.add(fingerprint(listing, {**given, **parameters}))
    assert len(prints) == 1


def test_fingerprint_tells_other_weights_of_the_same_name(tmp_path: Path) -> None:
    weights = str(tmp_path / "w.keras")
    parameters = {"backbone": {"weights": weights}, "featurization": {}}
    (tmp_path / "w.keras").write_bytes(b"1")
    before = fingerprint(pd.DataFrame({"a": [1]}), parameters)
    (tmp_path / "w.keras").write_bytes(b"2")
    assert fingerprint(pd.DataFrame({"a": [1]}), parameters) != before
