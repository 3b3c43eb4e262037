"""Runs that are kept: listed, shown and compared, through the command itself."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fruit_features.cli import cli
from fruit_features.pipelines.reporting.summary import compare_runs
from tests.pipelines.reporting.test_summary import report
from tests.test_conventions import loaded_by

RUNS = (
    "2026-05-01T10.00.00.000Z",
    "2026-05-01T12.00.00.000Z",
    "2026-05-02T10.00.00.000Z",
)


def kept(**changes: Any) -> dict[str, Any]:
    whole = report(
        labels=131,
        environment="local",
        backbone={"id": "b1"},
        versions={"numpy": "2.1.3"},
        **changes,
    )
    whole["reduction"] |= {"fitted": "2026-05-01T10:00:05.000+00:00", "rows": 12_000}
    return whole


@pytest.fixture
def data(tmp_path: Path) -> Path:
    history = tmp_path / "08_reporting" / "history"
    reports = (
        kept(),
        kept(images_per_second=None),
        kept(
            images={
                "found": 12_400,
                "featurized": 55,
                "unchanged": 12_000,
                "quarantined": 345,
            },
            images_per_second=90.5,
        ),
    )
    for name, one in zip(RUNS, reports, strict=True):
        place = history / "run_report.json" / name
        place.mkdir(parents=True)
        (place / "run_report.json").write_text(json.dumps(one))
    # Nothing had changed at the second run: it has no page of its own.
    for name in (RUNS[0], RUNS[2]):
        place = history / "report.html" / name
        place.mkdir(parents=True)
        (place / "report.html").write_text(f"<!doctype html>{name}")
    return tmp_path


@pytest.fixture
def history(project: Path, data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    opened: list[str] = []
    monkeypatch.setattr("click.launch", opened.append)

    def run_command(*arguments: str, place: Path = data) -> Result:
        arguments = ("history", *arguments, "--params", f"data={place}")
        return CliRunner().invoke(cli, arguments)

    run_command.opened = opened
    return run_command


def test_list_is_a_line_a_run_latest_first(history) -> None:
    done = history()
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0].split()[0] == "run"
    assert [line.split()[0] for line in lines[1:]] == [*reversed(RUNS)]
    assert lines[1].split() == [
        RUNS[2],
        "12,400",
        "55",
        "90",
        "90.1%",
        "214.0",
        "local",
    ]
    assert len(history("--last", "1").output.splitlines()) == 2


def test_a_broken_report_hides_no_other(history, data: Path) -> None:
    place = data / "08_reporting/history/run_report.json" / RUNS[1]
    (place / "run_report.json").write_text('{"images": ')
    done = history()
    assert done.exit_code == 0, done.output
    broken = f"the report of {RUNS[1]} is broken: delete '{place}/run_report.json'"
    assert broken in done.output
    assert done.output.count("12,345") == 1
    assert RUNS[0] in done.output
    shown = history("show", RUNS[1])
    assert shown.exit_code == 1
    assert shown.output.splitlines()[-1] == f"Error: {broken}"


@pytest.mark.parametrize("name", [RUNS[0], "2026-05-01T10"])
def test_show_opens_the_page(history, data: Path, name: str) -> None:
    done = history("show", name)
    assert done.exit_code == 0, done.output
    page = data / "08_reporting/history/report.html" / RUNS[0] / "report.html"
    assert done.output.splitlines()[-1] == str(page)
    assert history.opened == [str(page)]
    assert "images found       12,345" in done.output


def test_latest_is_the_last_run(history) -> None:
    done = history("show", "latest", "--no-open")
    assert RUNS[2] in done.output.splitlines()[-1]
    assert history.opened == []


def test_run_that_changed_nothing_shows_the_page_before(history) -> None:
    done = history("show", RUNS[1])
    assert f"nothing changed since {RUNS[0]}" in done.output
    assert RUNS[0] in history.opened[0]


def test_compare_says_what_is_different(history) -> None:
    done = history("compare", RUNS[0], "latest")
    assert done.exit_code == 0, done.output
    lines = {line[:18].strip(): line[18:].split() for line in done.output.splitlines()}
    assert lines["images found"] == ["12,345", "12,400", "+55"]
    assert lines["images featurized"] == ["12,000", "55", "−11,945"]
    assert lines["images per second"] == ["61.2", "90.5", "+29.3"]
    assert lines["variance kept"] == ["90.12%", "90.12%"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2026-05-01", "'2026-05-01': 2 runs begin so; `kedro history` lists"),
        ("yesterday", "'yesterday': no run begins so; `kedro history` lists"),
    ],
)
def test_names_that_fit_no_run(history, name: str, message: str) -> None:
    done = history("show", name)
    assert done.exit_code == 1
    assert message in done.output
    assert "Traceback" not in done.output


def test_no_run_at_all(history, tmp_path: Path) -> None:
    done = history(place=tmp_path / "nothing")
    assert done.exit_code == 1
    assert "yet; `kedro run` makes one" in done.output


def test_environment_that_is_not_there(history) -> None:
    done = history("--env", "typo")
    assert done.exit_code == 1
    assert "no environment 'typo'" in done.output


def test_starts_no_spark(project: Path, data: Path) -> None:
    code = (
        "import os\n"
        f"os.chdir({str(project)!r})\n"
        "from kedro.framework.startup import bootstrap_project\n"
        "from click.testing import CliRunner\n"
        f"bootstrap_project(__import__('pathlib').Path({str(project)!r}))\n"
        "from fruit_features.cli import cli\n"
        f"done = CliRunner().invoke(cli, ['history', '--params', 'data={data}'])\n"
        "assert done.exit_code == 0, done.output\n"
    )
    assert "jvm" not in loaded_by(code)


def test_what_is_the_same_is_not_listed() -> None:
    names = [change.name for change in compare_runs(kept(), kept())]
    assert "backbone" not in names
    other = kept()
    other["backbone"] = {"id": "b2"}
    other["versions"] = {"numpy": "2.2.0", "new": "1"}
    changes = {change.name: change for change in compare_runs(kept(), other)}
    assert changes["backbone"][1:] == ("b1", "b2", "")
    assert changes["version of numpy"][1:3] == ("2.1.3", "2.2.0")
    assert changes["version of new"][1:3] == ("", "1")
