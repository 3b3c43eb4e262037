"""`kedro erase` on the data of real runs: every byte is searched afterwards."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from kedro.framework.session import KedroSession
from pyspark.sql import SparkSession

from fruit_features.cli import cli
from fruit_features.datasets.table_dataset import TableDataset
from fruit_features.privacy import erasure
from fruit_features.privacy.erasure_list import ErasureList
from fruit_features.storage.run_lock import RunLock
from tests.documentation import blocks
from tests.marks import files_of, holding
from tests.privacy.conftest import ERASED, LABEL, NOTE, SOME, Marked, run
from tests.storage.test_run_lock import RUN, said_to_another

Erase = Callable[..., Result]
PAGE, NOTEBOOKS = "docs/data-protection.md", "docs/notebooks.md"
TABLES = ("02_intermediate/images", "04_feature/features", "04_feature/quarantine")


@pytest.fixture
def erase(
    project: Path, photographed: Marked, monkeypatch: pytest.MonkeyPatch
) -> Erase:
    monkeypatch.chdir(project)
    # Else its first part would be one that this machine's user is asked for.
    places = f"images={photographed.images},data={photographed.data}"

    def run_command(*arguments: str, code: int = 0, answer: str = "") -> Result:
        given = ["erase", *arguments, "--params", places]
        done = CliRunner().invoke(cli, given, input=answer)
        assert done.exit_code == code, (done.output, done.exception)
        return done

    return run_command


def receipts(data: Path) -> list[dict[str, Any]]:
    kept = data / "erasures/receipt.json"
    return [json.loads(f.read_text()) for f in sorted(kept.glob("*/receipt.json"))]


def unlocked(data: Path) -> dict[str, bytes]:
    return {k: v for k, v in files_of(data).items() if not k.endswith(".lock")}


def keys(data: Path, table: str) -> set[str]:
    return set(pd.read_parquet(data / table)["image_key"])


def test_notes_of_photos_are_in_no_dataset(marked_once: Marked) -> None:
    given = files_of(marked_once.images)
    assert "notes" in holding(given, {"notes": NOTE.encode()})
    stored = files_of(marked_once.data)
    assert len(stored) > 40
    assert holding(stored, {"notes": NOTE.encode()}) == {}


def test_nothing_is_left(erase: Erase, photographed: Marked) -> None:
    before = photographed.found()
    # What is searched for is there; a picture that is shown nowhere has no thumbnail.
    assert set(before) == set(photographed.marks)
    kept = {table: keys(photographed.data, table) for table in TABLES}
    said = erase(*ERASED, "--yes", "--asked-by", "a person").output
    assert f"{len(photographed.erased)} photos" in said
    assert photographed.found() == {}
    assert set(photographed.found(photographed.images)) >= {"name", "label"}
    for table in TABLES:
        left = keys(photographed.data, table)
        assert left == kept[table] - set(photographed.erased)
        assert left


def test_plot_and_page_are_drawn_anew(erase: Erase, photographed: Marked) -> None:
    reporting = photographed.data / "08_reporting"
    erase(*ERASED, "--yes")
    page = (reporting / "report.html").read_text()
    assert 'data-photo="other/' in page
    # The page of the last run, which had one before it.
    assert "Against the run of" in page
    drawn = json.loads(page.split('id="points">')[1].split("</script>")[0])
    (trace,) = json.loads((reporting / "projection_plot.json").read_text())["data"]
    points = keys(photographed.data, "08_reporting/projection_points.parquet")
    assert set(drawn["key"]) == set(trace["text"]) == points
    assert drawn["labels"] == [trace["name"]] == ["other"]
    # Of earlier runs the report is kept.
    history = reporting / "history"
    assert len(list(history.glob("run_report.json/*/*"))) == 2
    assert not list(history.glob("report.html/*/*"))


def test_what_cannot_be_drawn_anew_goes(erase: Erase, photographed: Marked) -> None:
    reporting = photographed.data / "08_reporting"
    (reporting / "storage.csv").write_text("")
    assert "not drawn anew" in erase(*ERASED, "--yes").output
    assert photographed.found() == {}
    assert not (reporting / "report.html").exists()


def test_lineage_tells_the_runs_of_those_left(
    erase: Erase, photographed: Marked, project: Path, spark: SparkSession
) -> None:
    erase(*ERASED, "--yes")
    (shown,) = (b.text for b in blocks(PAGE) if b.language == "python")
    # What they do, tests of notebooks show: they would load all modules anew here.
    magics = [line for line in shown.splitlines() if line.startswith("%")]
    assert set(magics) <= set("".join(b.text for b in blocks(NOTEBOOKS)).splitlines())
    given = {"data": str(photographed.data)}
    with KedroSession.create(project, runtime_params=given) as session:
        known: dict[str, Any] = {"catalog": session.load_context().catalog}
        code = shown.replace("%", "# %").replace("Apple Red 1", "other")
        exec(code, known)  # noqa: S102
    rows = {row.image_key: row for row in known["lineage"].collect()}
    assert set(rows) == keys(photographed.data, TABLES[1])
    assert set(rows).isdisjoint(photographed.erased)
    history = photographed.data / "08_reporting/history/run_report.json"
    first, second = sorted(run.name for run in history.iterdir())
    late = rows.pop("other/late.jpg")
    assert {row.featurized_by for row in rows.values()} == {first}
    assert late.featurized_by == second
    summary = json.loads((photographed.data / "06_models/pca_summary.json").read_text())
    for row in (late, *rows.values()):
        assert (row.pca_fitted_by, row.reduced_by) == (second, second)
        assert row.backbone_id == summary["backbone_id"]


def test_the_receipt_says_what_where_and_when(
    erase: Erase, photographed: Marked
) -> None:
    erase(*ERASED, "--yes", "--asked-by", "a person")
    (receipt,) = receipts(photographed.data)
    listed = photographed.data / "erasures/erased.json"
    hashes = ErasureList(json.loads(listed.read_text()))
    assert receipt["asked_by"] == "a person"
    assert receipt["asked_for"] == {"patterns": 1, "labels": 1, "names": 0}
    assert receipt["begun"] <= receipt["finished"]
    assert receipt["photos"] == sorted(map(hashes.hash_of, photographed.erased))
    found = {line["dataset"]: line["found"] for line in receipt["datasets"]}
    count = len(photographed.erased)
    assert found == {
        "image_listing@pandas": count,
        "images": count,
        "features": count - 1,
        "quarantine": 1,
        "reduced_features": count - 1,
        "projection_points": count - 1,
        "projection_plot": count - 1,
        "thumbnails": 2,
        "run_report": 1,
        "report": count + 1,
        "run_history": 2,
        "report_history": 2 * count + 2,
    }
    assert [model["model"] for model in receipt["models"]] == [
        "scaler_model",
        "pca_model",
    ]
    assert receipt["models"][1]["photos"] == count - 1
    logs = [Path(log).name for log in receipt["logs_and_previews"]]
    assert logs == ["local-1", "local-3.zstd"]
    assert [Path(page).name for page in receipt["pages"]] == ["report.html"] * 2
    assert receipt["refused"] == []


def test_a_dry_run_changes_nothing(erase: Erase, photographed: Marked) -> None:
    before = files_of(photographed.data)
    said = erase(*ERASED, "--raw", "--dry-run").output
    assert f"{len(photographed.erased)} photos; their files go as well" in said
    assert "pca_model was made of 7 of them of 20 images" in said
    assert files_of(photographed.data) == before


def test_it_asks_first(erase: Erase, photographed: Marked) -> None:
    before = unlocked(photographed.data)
    assert "Erase them?" in erase(*ERASED, code=1, answer="n\n").output
    assert unlocked(photographed.data) == before
    erase(*ERASED, answer="y\n")
    assert photographed.found() == {}


def test_files_go_if_asked_for(erase: Erase, photographed: Marked) -> None:
    erase(*ERASED, "--raw", "--yes")
    assert photographed.found(photographed.data, photographed.images) == {}
    assert len(list(photographed.images.rglob("*.jpg"))) == 14
    (receipt,) = receipts(photographed.data)
    assert receipt["datasets"][-1]["found"] == len(photographed.erased)


def test_a_list_names_keys_and_paths(
    erase: Erase, photographed: Marked, tmp_path: Path
) -> None:
    file = tmp_path / "photos.txt"
    file.write_text(f"{photographed.images / SOME}\n\n{photographed.erased[0]}\n")
    erase("--list", str(file), "--yes")
    (receipt,) = receipts(photographed.data)
    assert len(receipt["photos"]) == 2
    left = keys(photographed.data, TABLES[0])
    assert set(photographed.erased) - left == {SOME, photographed.erased[0]}


def test_a_later_run_does_not_take_them_in(
    erase: Erase, photographed: Marked, project: Path, spark: SparkSession
) -> None:
    # Another run: ten seconds. The files are still there.
    erase(*ERASED, "--yes")
    # The copied folder's images are others to a run: it does them anew.
    run(project, photographed.images, photographed.data, accept_missing=True)
    assert photographed.found() == {}
    report = json.loads(
        (photographed.data / "08_reporting/run_report.json").read_text()
    )
    assert report["images"] == {
        "found": 14,
        "featurized": 13,
        "quarantined": 1,
        "unchanged": 0,
    }
    assert report["reduction"]["rows"] == 13


def test_spark_reads_what_is_left(
    erase: Erase, photographed: Marked, spark: SparkSession
) -> None:
    place = photographed.data / "04_feature/features"
    table = TableDataset(
        filepath=str(place),
        schema="image_key string, modification_time timestamp, "
        "features array<float>, backbone_id string",
        save_args={"partitionBy": "backbone_id"},
    )
    before = {row.image_key: row for row in table.load().collect()}
    compressed = codecs(place)
    erase(*ERASED, "--yes")
    after = {row.image_key: row for row in table.load().collect()}
    assert after == {k: v for k, v in before.items() if k not in photographed.erased}
    assert codecs(place) == compressed
    assert {codec for _, codec in compressed} == {"ZSTD"}


def codecs(table: Path) -> set[tuple[str, str]]:
    """How the columns of a table's files are compressed."""
    groups = [
        pq.ParquetFile(file).metadata.row_group(0) for file in table.rglob("*.parquet")
    ]
    columns = [group.column(n) for group in groups for n in range(group.num_columns)]
    return {(c.path_in_schema.split(".")[0], c.compression) for c in columns}


def test_all_photos_may_go(erase: Erase, photographed: Marked) -> None:
    erase("--path", "*", "--yes")
    for table in TABLES:
        assert pd.read_parquet(photographed.data / table).empty


def test_only_files_with_such_photos_are_written(
    erase: Erase, photographed: Marked
) -> None:
    features = photographed.data / "04_feature/features"
    before = {f: f.stat().st_mtime_ns for f in features.rglob("*.parquet")}
    erase("--path", "other/late.jpg", "--yes")
    after = {f: f.stat().st_mtime_ns for f in features.rglob("*.parquet")}
    assert len(before) > 1
    # The second run's file held this one alone.
    assert len(set(before.items()) - set(after.items())) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no photo is named, and no erasure was killed"),
        (("--label", "Aplpe"), "no such photo is left in the data"),
        (("--list", "/dev/null"), "names no photo"),
    ],
)
def test_mistakes_are_told_in_a_line(
    erase: Erase, arguments: tuple[str, ...], message: str
) -> None:
    output = erase(*arguments, "--yes", code=1).output
    assert message in output
    assert "Traceback" not in output


def test_not_beside_a_run(
    erase: Erase, photographed: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = RunLock(photographed.data)
    lock.acquire()
    assert "another run" in erase("--label", LABEL, "--yes", code=1).output
    lock.release()
    # Nor does one begin beside it, when it has read all files for names.
    finish, said = erasure._finish, []

    def try_first(*arguments: Any) -> None:
        said.append(said_to_another(RUN, photographed.data))
        finish(*arguments)

    monkeypatch.setattr(erasure, "_finish", try_first)
    erase("--label", LABEL, "--yes")
    assert said[0].startswith(f"another run (process {os.getpid()}) is at work")
