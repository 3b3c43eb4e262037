"""A place is the folder of exactly the name that was given, wherever it is given."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from kedro.framework.session import KedroSession

from fruit_features.cli import cli
from fruit_features.exceptions import ParameterError
from fruit_features.hooks.preflight import data_folder
from fruit_features.places import as_place, params_option
from tests.clone import shell_without
from tests.conftest import PROJECT
from tests.pictures import jpeg

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

# What YAML, OmegaConf, click, Kedro, fsspec and shells read as something else.
ODD = [
    *("photos #1", "2025_01_31", "2024.10", "007", "on", "null", "???", "a: b", "[x]"),
    *("@home", "${x}", "${x", "a\\${data}", "~x/~", "a=b", "100%20", "é 果", " lead"),
    *("trail ", "'q' \"q\"", "back\\slash", "new\nline", "tab\t", "a::b", "c:d", "#"),
    *("file:x", "a*b?", "{y}", "-x", "!x", "&x", "- x", "x?"),
]


@click.command()
@params_option
def told(params: dict[str, Any]) -> None:
    click.echo(json.dumps(params))


def read(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(told, arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


@pytest.mark.parametrize("name", [*ODD, "with, comma,data=x"])
def test_command_line_keeps_a_name_to_its_last_byte(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = f"{tmp_path}/{name}"
    here = {"images": whole, "data": whole, "test_images": whole}
    options = [f"--{each.replace('_', '-')}={whole}" for each in here]
    assert read(*options) == here
    assert read("--params", "data=/elsewhere", *options) == here
    if "," not in name:
        given = f" images={whole},data={whole},reduction.components=5,test_images="
        assert read("--params", given + whole) == {
            "reduction": {"components": 5},
            **here,
        }
        if "://" not in name:
            assert read("--params", f"images={name}") == {"images": whole}


@pytest.mark.parametrize(
    ("given", "there"),
    [
        ("~", "{home}"),
        ("~/photos #1", "{home}/photos #1"),
        ("photos", "{here}/photos"),
        (".", "{here}"),
        ("./a//b/", "{here}/a/b"),
        ("link/../photos", "{home}/photos"),
        ("//photos", "/photos"),
        ("file:///a b/c?", "/a b/c?"),
        ("s3://bucket/a #1/", "s3://bucket/a #1"),
        ("s3a://bucket", "s3a://bucket"),
    ],
)
def test_where_a_place_is(
    given: str, there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    (home / "inner").mkdir(parents=True)
    here.mkdir()
    (here / "link").symlink_to(home / "inner")
    monkeypatch.setenv("HOME", str(home))
    place = as_place("images", given, start=str(here))
    assert place == there.format(home=home, here=here)
    assert as_place("images", place) == place


@pytest.mark.parametrize(
    "given",
    [
        *("", None, 20250131, 2024.1, True, {"x": 1}, "gs://b/x", "https://b/x"),
        *("hdfs://b/x", "s3n://b/x", "s3://", "s3:///x", "s3://b/x?", "s3://b/n\nl"),
    ],
)
def test_what_is_no_place_is_refused(given: object) -> None:
    with pytest.raises(ParameterError) as error:
        as_place("images", given)
    assert str(error.value).startswith(f"images={given!r}: expected a folder of this")


def test_what_spark_could_not_write_to_is_refused() -> None:
    assert as_place("images", "s3://b/[1]") == "s3://b/[1]"
    with pytest.raises(ParameterError, match="without any of"):
        as_place("data", "s3://b/[1]")
    with pytest.raises(ParameterError, match="UTF-8"):
        as_place("data", os.fsdecode(b"/\xff"))


@pytest.mark.parametrize(
    ("given", "proposed"),
    [
        ("images=/a,b c,d,data=/x", "--images '/a,b c,d'"),
        ("data=/a,", "--data /a,"),
        ("test_images=/a,b", "--test-images /a,b"),
    ],
)
def test_comma_in_params_is_refused_with_a_way_that_works(
    given: str, proposed: str
) -> None:
    done = CliRunner().invoke(told, ["--params", given])
    assert done.exit_code == 1
    assert done.output.startswith("Error: --params: a comma ends ")
    assert done.output.endswith(f"{proposed}\n")


def test_file_of_weights_is_text_too() -> None:
    given = "backbone.weights=/m é #1/x: y.keras,backbone.alpha=0.5"
    assert read("--params", given) == {
        "backbone": {"weights": "/m é #1/x: y.keras", "alpha": 0.5}
    }


@pytest.mark.parametrize(
    "name",
    [
        " #1 a: b, 'q' \"q\" ${x} a=b 100%20 ~ @home :: é\t",
        "${x [x] a*b? back\\slash\n",
    ],
)
def test_session_reads_and_writes_there(
    name: str, project: Path, tmp_path: Path
) -> None:
    """As a notebook does; test_run.py has whole runs."""
    images, data = tmp_path / f"photos{name}", tmp_path / f"r{name}"
    (images / "Apple").mkdir(parents=True)
    (images / "Apple" / "1.jpg").write_bytes(jpeg())
    given = {"images": images, "data": str(data)}
    with KedroSession.create(project, runtime_params=given) as session:
        context = session.load_context()
    assert data_folder(context) == data
    catalog = context.catalog
    assert list(catalog.load("raw_images")["path"]) == [f"{images}/Apple/1.jpg"]
    table = pd.DataFrame({"x": [1]})
    catalog.save("image_listing@pandas", table)
    assert catalog.load("image_listing@pandas").equals(table)
    (file,) = data.rglob("*.*")
    assert file == data / "02_intermediate/image_listing.parquet"
    assert sorted(tmp_path.iterdir()) == sorted([images, data])


class TestCommands:
    """With a folder beside it that would be taken if a name were cut at ``#``."""

    @pytest.fixture
    def command(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., Result]:
        for name in ("photos", "photos #1"):
            (tmp_path / name / "Apple").mkdir(parents=True)
            (tmp_path / name / "Apple" / "1.jpg").write_bytes(jpeg())
        for name in ("r", "r #2"):
            begun = tmp_path / name / "08_reporting/history/run_report.json"
            begun.mkdir(parents=True)
        monkeypatch.chdir(project / "docs")
        start = "fruit_features.hooks.session.start_in_background"
        monkeypatch.setattr(start, lambda _: None)
        # Of the whole process: TensorFlow's handler would close pytest's own stream.
        logging = "fruit_features.config_loader.configure_logging"
        monkeypatch.setattr(logging, lambda _: None)

        def invoke(*arguments: str) -> Result:
            places = f"images={tmp_path}/photos #1,data={tmp_path}/r #2"
            params = f"{places},retention.images_days=1"
            return CliRunner().invoke(cli, [*arguments, "--params", params])

        return invoke

    @pytest.mark.parametrize(
        "arguments",
        [
            ("erase", "--raw", "--dry-run", "--label", "Apple"),
            ("retention", "--dry-run", "--on", "2099-01-01"),
        ],
    )
    def test_photographs_that_are_meant_are_listed(
        self, command: Callable[..., Result], tmp_path: Path, arguments: tuple[str, ...]
    ) -> None:
        done = command(*arguments)
        assert done.exit_code == 0, done.output
        assert f"{tmp_path}/photos #1\n" in done.output
        assert f"{tmp_path}/photos\n" not in done.output

    @pytest.mark.parametrize("arguments", [("show", "latest"), ("compare", "a", "b")])
    def test_history_looks_there(
        self, command: Callable[..., Result], tmp_path: Path, arguments: tuple[str, ...]
    ) -> None:
        done = command("history", *arguments)
        assert done.exit_code == 1
        assert f"'{tmp_path}/r #2/08_reporting/history" in done.output

    def test_part_of_a_run_without_what_it_begins_with(
        self, command: Callable[..., Result], tmp_path: Path
    ) -> None:
        before = sorted(tmp_path.rglob("*"))
        done = command("run", "--env", "local", "--pipelines", "reduction")
        assert done.exit_code == 1
        assert (
            f"Error: no backbone, features in '{tmp_path}/r #2', which" in done.output
        )
        assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", [*ODD, "with, comma,data=x", "$(x) `y` $$z"])
def test_make_run_hands_on_what_it_was_given(name: str, tmp_path: Path) -> None:
    kedro = tmp_path / "kedro"
    kedro.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
    kedro.chmod(0o700)
    done = subprocess.run(
        ["make", "run", f"BIN={tmp_path}", "READY=", f"IMAGES={name}", f"DATA={name}"],
        cwd=PROJECT,
        # Not as a part of the make that runs these tests.
        env=shell_without("MAKE", "MFLAGS"),
        capture_output=True,
        text=True,
        check=True,
    )
    # Make itself takes blanks away that a value begins with.
    value = name.lstrip()
    given = ["run", f"--images={value}", f"--data={value}", "--params", "", ""]
    assert done.stdout.split("\0") == given
