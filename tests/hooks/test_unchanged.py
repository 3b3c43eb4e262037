"""The run that has nothing to do, through the command itself."""

import copy
import json
import os
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest
from click.testing import CliRunner
from kedro.framework.context import KedroContext
from kedro.io import DataCatalog
from pyspark.sql import SparkSession

from fruit_features.cli import cli
from fruit_features.config_loader import ConfigLoader
from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.hooks import unchanged
from fruit_features.hooks.unchanged import RunStateHooks, fingerprint
from fruit_features.pipeline_registry import PIPELINES, register_pipelines
from fruit_features.settings import CONFIG_LOADER_ARGS
from tests.pictures import jpeg

DERIVED = ("run_facts.json", "run_state.json", "run_report.json")
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
    plot = folder / "data/08_reporting/variance_plot.png"
    drawn = plot.stat().st_mtime_ns
    forced = run(**{"reduction.components": 2, "run.force": True})
    assert "unchanged             4   done by an earlier run" in forced
    assert plot.stat().st_mtime_ns > drawn
    features = [file for file in tables if "04_feature/features" in str(file)]
    assert {file: file.stat().st_mtime_ns for file in features}.items() <= (
        written.items()
    )
    # A single pipeline may leave the tables different from what the report says.
    assert NOTHING not in run("--pipelines", "ingestion")
    assert NOTHING not in run()
    (folder / "images/apple/new.jpg").write_bytes(jpeg(9))
    assert "featurized            1" in run()
    plot.unlink()
    # As older versions could leave them.
    kept = max((history / "run_report.json").glob("*/*"))
    derived = [folder / "data/08_reporting" / name for name in DERIVED]
    for file in (*derived, kept):
        file.write_text('{"images": {"found"')
    assert NOTHING not in run()
    assert plot.exists()
    assert all(json.loads(file.read_text()) for file in derived)
    assert NOTHING in run()


ROW: dict[str, list[Any]] = {
    "image_key": ["a/1"],
    "label": ["a"],
    "length": [1],
    "modification_time": [pd.Timestamp(0)],
}


@pytest.fixture
def config(project: Path, tmp_path: Path) -> dict[str, Any]:
    """The project's configuration, with weights of a file."""
    given = {
        "data": str(tmp_path / "data"),
        "backbone": {"weights": str(tmp_path / "w.keras")},
    }
    (tmp_path / "w.keras").write_bytes(b"1")
    loader = ConfigLoader(
        str(project / "conf"), runtime_params=given, **CONFIG_LOADER_ARGS
    )
    return {name: loader[name] for name in ("parameters", "catalog", "spark")}


def taken(
    config: dict[str, Any], project: str = "/project", **changed: list[Any]
) -> str:
    given = SimpleNamespace(config_loader=config, project_path=Path(project))
    context = cast(KedroContext, given)
    return fingerprint(context, pd.DataFrame({**ROW, **changed}))


@pytest.mark.parametrize(
    "change",
    [
        {"label": ["b"]},
        {"length": [2]},
        {"modification_time": [pd.Timestamp(1)]},
        {"image_key": ["b/1"]},
    ],
)
def test_fingerprint_tells_any_change_of_the_listing(
    config: dict[str, Any], change: dict[str, list[Any]]
) -> None:
    assert taken(config) == taken(copy.deepcopy(config))
    assert taken(config, **change) != taken(config)


def test_fingerprint_is_the_same_by_another_spelling_of_the_folders(
    config: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/1.jpg").touch()
    (tmp_path / "link").symlink_to("a")
    prints = set()
    for images, accept in (("a", False), ("link", True), ("a/b/..", False)):
        listing = ImageFolderDataset(filepath=str(tmp_path / images)).load()
        config["parameters"]["ingestion"]["accept_missing"] = accept
        given = {"images": images, "data": f"x/../{images}"}
        config["parameters"].update(given)
        prints.add(taken(config, **listing.to_dict("list")))
    assert len(prints) == 1


def test_fingerprint_tells_other_weights_of_the_same_name(
    config: dict[str, Any], tmp_path: Path
) -> None:
    before = taken(config)
    (tmp_path / "w.keras").write_bytes(b"2")
    assert taken(config) != before


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("parameters.reduction.components", 7, True),
        ("parameters.reporting.points", 7, True),
        ("catalog.variance_plot.save_args.dpi", 200, True),
        ("catalog.variance_plot.filepath", "elsewhere.png", True),
        ("catalog.features.save_args.partitionBy", "label", True),
        ("catalog.label_counts", {"type": "pandas.CSVDataset"}, True),
        ("spark.spark\0sql\0parquet\0compression\0codec", "gzip", True),
        ("spark.spark\0sql\0session\0timeZone", "Europe/Berlin", True),
        # Of these no result depends.
        ("parameters.training.epochs", 1, False),
        ("parameters.run.force", True, False),
        ("parameters.featurization.max_failure_rate", 1, False),
        ("parameters.data", "./data", False),
        ("catalog.variance_plot.metadata", None, False),
        ("catalog.raw_images.filepath", "./data/01_raw/sample", False),
        ("catalog.report.credentials", "mine", False),
        ("catalog.report.fs_args", dict.fromkeys(["secret"], "mine"), False),
        ("spark.spark\0driver\0memory", "4g", False),
        ("spark.spark\0sql\0shuffle\0partitions", 99, False),
        ("spark.spark\0hadoop\0fs\0s3a\0secret\0key", "mine", False),
    ],
)
def test_fingerprint_tells_what_results_depend_on(
    config: dict[str, Any], path: str, value: object, told: bool
) -> None:
    config["catalog"]["report"]["fs_args"] = {}
    before = taken(config)
    *groups, name = (part.replace("\0", ".") for part in path.split("."))
    changed = config
    for group in groups:
        changed = changed[group]
    changed[name] = value
    assert (taken(config) != before) == told


def test_fingerprint_is_the_same_in_another_place(
    config: dict[str, Any], project: Path
) -> None:
    for data in ("data", "s3a://bucket/prefix"):
        given = {"data": data, "backbone": config["parameters"]["backbone"]}
        loader = ConfigLoader(
            str(project / "conf"), runtime_params=given, **CONFIG_LOADER_ARGS
        )
        moved = {name: loader[name] for name in config}
        assert taken(moved) == taken(config)


def test_fingerprint_is_the_same_in_another_project_of_the_same_files(
    config: dict[str, Any],
) -> None:
    """On a cluster a step runs in a folder of its own."""
    prints = set()
    for project in ("/here", "/there"):
        # As Kedro does it when it loads the catalog.
        config["catalog"]["training_state"]["filepath"] = f"{project}/data/training"
        prints.add(taken(config, project))
    assert len(prints) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_fingerprint_tells_a_change_of_the_program(
    config: dict[str, Any],
    packed: bool,
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = tmp_path / "src" / "fruit_features"
    shutil.copytree(project / "src" / "fruit_features", source)
    archives = iter(range(9))

    def program(_: str) -> Any:
        if not packed:
            return source
        archive = tmp_path / f"{next(archives)}"
        return zipfile.Path(shutil.make_archive(str(archive), "zip", source))

    monkeypatch.setattr(unchanged.resources, "files", program)
    seen = {taken(config)}
    (source / "pipelines/reporting/__pycache__").mkdir(exist_ok=True)
    (source / "pipelines/reporting/__pycache__/plots.pyc").write_bytes(b"new")
    assert {taken(config)} == seen
    page = source / "pipelines/reporting/template/report.html"
    page.write_text(page.read_text() + "<p>")
    seen.add(taken(config))
    nodes = source / "pipelines/reporting/nodes.py"
    nodes.write_text(nodes.read_text() + "# changed\n")
    seen.add(taken(config))
    nodes.rename(nodes.with_name("knots.py"))
    seen.add(taken(config))
    assert len(seen) == 4


@pytest.mark.parametrize("name", PIPELINES)
def test_only_a_training_leaves_the_state_as_it_is(name: str) -> None:
    saved: list[str] = []
    catalog = SimpleNamespace(save=lambda name, _: saved.append(name))
    hooks = RunStateHooks()
    hooks.before_pipeline_run(register_pipelines()[name], cast(DataCatalog, catalog))
    assert saved == []
    for _ in range(2):
        hooks.before_dataset_saved()
    assert saved == ["run_state"] * (name != "training")
