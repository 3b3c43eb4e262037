"""Whole runs on small folders, through Kedro, on the shared Spark session.

Each run takes some ten seconds: Spark plans and runs about forty small jobs.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from kedro.framework.session import KedroSession
from pyspark.sql import SparkSession

from fruit_features.backbone.inference import FeatureExtractor
from fruit_features.backbone.source import bundled_backbone
from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.exceptions import (
    ImageFolderError,
    ModelMismatchError,
    NoFeaturesError,
)
from fruit_features.pipelines.reporting.fields import FIELDS, ON_YARN, REASONS
from tests.corpus import png_declaring
from tests.pictures import encoded, jpeg, picture

AWKWARD = (
    "a b/100% #1?.JPG",
    "x=1/c:d.jpeg",
    'it\'s "q"/_hidden.jpg',
    "_label/.dot.jpg",
    "é\u0301ß果/Ünïcode 果物.jpg",
    "001/002.jpg",
    "<script>alert(1)<script>/<b>.jpg",
    "[y]{z}/*.jpg",
    "new\nline/a\nb.jpg",
    f"{'L' * 255}/{'n' * 251}.jpg",
)
BAD = {
    "bad/empty.jpg": ("empty", b""),
    "bad/html.jpg": ("not_an_image", b"<html>not found</html>"),
    "bad/cut.jpg": ("truncated", jpeg()[:900]),
    "bad/heic.jpg": ("unsupported", b"\x00\x00\x00\x18ftypheic"),
    "bad/bomb.png": ("too_large", png_declaring(9000, 9000)),
    "bad/damaged.png": ("damaged", None),
    "bad/gone.jpg": ("unreadable", None),
}

# Seconds of files of 1601 and 30000, and the times that all readers know.
FAR = {
    "a b/100% #1?.JPG": (-11_644_473_600, "1900-01-01"),
    "001/002.jpg": (884_541_398_400, "2262-04-11"),
    "bad/html.jpg": (-11_644_473_600, "1900-01-01"),
    "bad/cut.jpg": (884_541_398_400, "2262-04-11"),
}
# Of Linux' file systems this one keeps such times.
MEMORY = Path("/dev/shm")  # noqa: S108

Run = Callable[..., dict[str, Any]]


def write(folder: Path, name: str, content: bytes) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def damaged_png() -> bytes:
    """A PNG whose pixels' checksum is wrong."""
    sound = encoded(picture(), "PNG")
    place = sound.index(b"IDAT") + 40
    return sound[:place] + bytes([sound[place] ^ 255]) + sound[place + 1 :]


@pytest.fixture(scope="module")
def run(project: Path, spark: SparkSession) -> Run:
    def run_pipeline(
        images: Path, data: Path, pipeline: str = "__default__", **groups: Any
    ) -> dict[str, Any]:
        # Many of these folders hold more bad files than a run may have.
        allowed = {"max_failure_rate": 1.0, **groups.pop("featurization", {})}
        places = {"images": str(images), "data": str(data)}
        given = {**places, "featurization": allowed, **groups}
        with KedroSession.create(project, runtime_params=given) as session:
            session.run(pipeline_names=[pipeline])
        return json.loads((data / "08_reporting" / "run_report.json").read_text())

    return run_pipeline


def table(data: Path, name: str) -> pd.DataFrame:
    """Read a table as a user of pandas does."""
    (folder,) = data.glob(f"*/{name}")
    return pd.read_parquet(folder).set_index("image_key").sort_index()


def fields(report: dict[str, Any], above: str = "") -> set[str]:
    """Name a report's fields, down to those that the reference names."""
    found: set[str] = set()
    for key, value in report.items():
        name = f"{above}{key}"
        within = isinstance(value, dict) and name not in FIELDS
        found |= fields(value, f"{name}.") if within else {name}
    return found


class TestFirstRun:
    @pytest.fixture(scope="class")
    def images(self) -> Iterator[Path]:
        with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
            folder = Path(place, "${x} [1]*?{}\\ #1")
            self.write_images(folder)
            yield folder

    @staticmethod
    def write_images(folder: Path) -> None:
        for number, name in enumerate(AWKWARD):
            write(folder, name, jpeg(number))
        for name, (reason, content) in BAD.items():
            write(folder, name, content or b"")
            if reason == "unreadable":
                (folder / name).unlink()
                (folder / name).symlink_to("/nowhere")
            if reason == "damaged":
                write(folder, name, damaged_png())
        write(folder, "bad/notes.txt", b"no image, not asked for")
        write(folder, "__MACOSX/001/._002.jpg", b"no image either")
        for name, (seconds, _) in FAR.items():
            os.utime(folder / name, (0, seconds))

    @pytest.fixture(scope="class")
    def data(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("data") / " d ä%1 #2, a: b=c 'q' \"q\" @x ::\n"

    @pytest.fixture(scope="class")
    def report(self, run: Run, images: Path, data: Path) -> dict[str, Any]:
        return run(images, data)

    def test_counts_add_up(self, report: dict[str, Any]) -> None:
        assert report["images"] == {
            "found": len(AWKWARD) + len(BAD),
            "featurized": len(AWKWARD),
            "quarantined": len(BAD),
            "unchanged": 0,
        }
        assert report["quarantine_reasons"] == {reason: 1 for reason, _ in BAD.values()}

    def test_each_bad_file_has_its_reason(
        self, report: dict[str, Any], data: Path
    ) -> None:
        quarantine = table(data, "quarantine")
        found = quarantine["reason"].to_dict()
        assert found == {name: reason for name, (reason, _) in BAD.items()}
        assert quarantine["detail"].str.len().min() > 0

    @pytest.mark.parametrize(
        "name",
        [
            *("image_listing.parquet", "images", "features", "quarantine"),
            "reduced_features",
        ],
    )
    def test_all_readers_see_the_same_times(
        self, report: dict[str, Any], images: Path, data: Path, name: str
    ) -> None:
        if not MEMORY.is_dir():
            pytest.skip("no file system that keeps such times")
        listing = ImageFolderDataset(filepath=str(images)).load()
        expected = listing.set_index("image_key")["modification_time"]
        for key, (_, time) in FAR.items():
            assert expected[key] == pd.Timestamp(time, tz="UTC")
        (place,) = data.glob(f"*/{name}")
        pandas = table(data, name)["modification_time"]
        arrow = pq.read_table(place, columns=["image_key", "modification_time"])
        seconds = "unix_micros(modification_time) micros"
        spark = SparkSession.active().read.parquet(str(place))
        for key, time in [
            *pandas.items(),
            *zip(*(column.to_pylist() for column in arrow.columns), strict=True),
            *spark.selectExpr("image_key", seconds).collect(),
        ]:
            found = pd.Timestamp(time, unit="us" if isinstance(time, int) else None)
            found = found.tz_localize("UTC") if found.tzinfo is None else found
            assert (key, found) == (key, expected[key])

    @pytest.mark.parametrize("name", ["features", "reduced_features"])
    def test_names_and_labels_are_unchanged(
        self, report: dict[str, Any], images: Path, data: Path, name: str
    ) -> None:
        rows = table(data, name)
        assert rows["label"].to_dict() == {key: key.split("/")[0] for key in AWKWARD}
        assert rows["path"].to_dict() == {key: f"{images}/{key}" for key in AWKWARD}

    def test_features_are_those_of_the_backbone(
        self, report: dict[str, Any], images: Path, data: Path
    ) -> None:
        extractor = FeatureExtractor(bundled_backbone().model)
        for key, row in table(data, "features").iterrows():
            content = (images / str(key)).read_bytes()
            (expected,) = extractor.extract([content], 10**6)
            assert row["features"] == pytest.approx(expected, abs=0)

    @pytest.mark.parametrize(
        ("name", "column"),
        [("features", "features"), ("reduced_features", "pca_features")],
    )
    def test_vectors_lie_in_parquet_without_inner_levels(
        self, report: dict[str, Any], data: Path, name: str, column: str
    ) -> None:
        """Else every number takes Java three times the calls."""
        (folder,) = data.glob(f"*/{name}")
        files = folder.rglob("*.parquet")
        schemas = [pq.ParquetFile(file).schema for file in files]
        paths = {s.column(n).path for s in schemas for n in range(len(s.names))}
        assert {p for p in paths if p.startswith(column)} == {f"{column}.array"}

    def test_report_has_all_it_should(self, report: dict[str, Any]) -> None:
        assert report["backbone"]["weights"] == "bundled"
        assert report["backbone"]["dimensions"] == 1280
        assert report["reduction"]["rows"] == len(AWKWARD)
        assert report["reduction"]["components"] == len(AWKWARD)
        assert report["reduction"]["cumulative"]["10"] == pytest.approx(1)
        stages = {"ingestion", "featurization", "reduction", "reporting", "total"}
        assert set(report["seconds"]) == stages
        assert all(seconds > 0 for seconds in report["seconds"].values())
        assert report["images_per_second"] > 0
        assert report["spark"]["master"] == "local[2,4]"
        assert report["spark"]["parallelism"] == 2
        assert report["environment"] == "local"
        assert report["started"] < report["finished"]
        assert {"python", "pyspark", "keras"} <= set(report["versions"])

    def test_reference_names_every_field_and_reason(
        self, report: dict[str, Any]
    ) -> None:
        assert set(report["quarantine_reasons"]) == set(REASONS)
        assert fields(report) == set(FIELDS) - set(ON_YARN)

    def test_page_shows_names_harmlessly(
        self, report: dict[str, Any], data: Path
    ) -> None:
        page = (data / "08_reporting" / "report.html").read_text()
        assert "<script>alert" not in page
        assert "bad/html.jpg" in page

    def test_every_dataset_loads(
        self, report: dict[str, Any], project: Path, images: Path, data: Path
    ) -> None:
        given = {"images": str(images), "data": str(data)}
        with KedroSession.create(project, runtime_params=given) as session:
            catalog = session.load_context().catalog
            counts = {
                name: catalog.load(name).count()
                for name in ("images", "features", "quarantine", "reduced_features")
            }
            assert catalog.load("pca_model").getK() == len(AWKWARD)
            assert catalog.load("backbone") == bundled_backbone()
            assert len(catalog.load("explained_variance")) == 1280
            assert catalog.load("projection_plot").data
            assert catalog.load("report").startswith("<!doctype html>")
        good, bad = len(AWKWARD), len(BAD)
        assert counts == {
            "images": good + bad,
            "features": good,
            "quarantine": bad,
            "reduced_features": good,
        }


def test_second_run_does_only_what_is_new(run: Run, tmp_path: Path) -> None:
    # The results are no images, wherever they lie.
    images, data = tmp_path / "images", tmp_path / "images/results"
    for number in range(6):
        write(images, f"apple/{number}.jpg", jpeg(number))
    write(images, "apple/bad.jpg", b"no image")
    first = run(images, data)
    before = table(data, "features")

    write(images, "apple/1.jpg", jpeg(77))
    os.utime(images / "apple/1.jpg", (1, 1))
    (images / "apple/2.jpg").unlink()
    write(images, "pear/new.jpg", jpeg(99))
    second = run(images, data)
    after = table(data, "features")

    assert first["images"]["featurized"] == 6
    assert second["images"] == {
        "found": 7,
        "featurized": 2,
        "unchanged": 4,
        "quarantined": 1,
    }
    assert list(after.index) == [
        *(f"apple/{n}.jpg" for n in (0, 1, 3, 4, 5)),
        "pear/new.jpg",
    ]
    assert list(table(data, "reduced_features").index) == list(after.index)
    assert "apple/2.jpg" not in table(data, "images").index
    unchanged = ["apple/0.jpg", "apple/3.jpg", "apple/4.jpg", "apple/5.jpg"]
    pd.testing.assert_frame_equal(after.loc[unchanged], before.loc[unchanged])
    assert (
        after.loc["apple/1.jpg", "features"] != before.loc["apple/1.jpg", "features"]
    ).any()

    tables = [*data.glob("0[24]*/**/*.parquet"), data / "08_reporting/run_state.json"]
    written = {file: file.stat().st_mtime_ns for file in tables}
    write(tmp_path / "other", "apple/0.jpg", jpeg(0))
    with pytest.raises(
        ImageFolderError, match=f"lay in '{images}', .*{tmp_path}/other"
    ):
        run(tmp_path / "other", data)
    (images / "apple").rename(tmp_path / "not mounted")
    with pytest.raises(
        ImageFolderError, match=f"6 of 7 images .* gone from '{images}'"
    ):
        run(images, data)
    assert {file: file.stat().st_mtime_ns for file in tables} == written

    (tmp_path / "not mounted").rename(images / "apple")
    (tmp_path / "link").symlink_to("images")
    third = run(tmp_path / "other/../link", data)
    assert third["images"] == {**second["images"], "featurized": 0, "unchanged": 6}
    pd.testing.assert_frame_equal(table(data, "features"), after)


def test_quarantined_images_are_tried_again_when_asked(
    run: Run, tmp_path: Path
) -> None:
    images, data = tmp_path / "images", tmp_path / "data"
    for number in range(3):
        write(images, f"apple/{number}.jpg", jpeg(number))
    write(images, "apple/wide.png", encoded(picture(side=300), "PNG"))
    write(images, "apple/long.jpg", jpeg(50) + bytes(100_000))
    first = run(
        images,
        data,
        featurization={"max_pixels": 50_000},
        ingestion={"max_bytes": 100_000},
    )
    assert first["quarantine_reasons"] == {"too_large": 2}
    assert first["quarantine_examples"]["too_large"]["image_key"] == "apple/long.jpg"
    assert run(images, data)["images"]["quarantined"] == 2

    retried = run(images, data, featurization={"retry_quarantined": True})
    assert retried["images"] == {
        "found": 5,
        "featurized": 2,
        "unchanged": 3,
        "quarantined": 0,
    }
    assert table(data, "quarantine").empty
    assert sorted(table(data, "images").index) == sorted(table(data, "features").index)


def test_each_pipeline_runs_alone(run: Run, tmp_path: Path) -> None:
    images, data = tmp_path / "images", tmp_path / "data"
    for number in range(5):
        write(images, f"apple/{number}.jpg", jpeg(number))
    reporting = data / "08_reporting"
    reporting.mkdir(parents=True)
    (reporting / "run_report.json").write_text("{}")
    for pipeline in ("ingestion", "featurization", "reduction", "reporting"):
        report = run(images, data, pipeline)
    assert report["images"]["featurized"] == 5
    assert report["reduction"]["components"] == 5

    write(images, "apple/new.jpg", jpeg(50))
    run(images, data, "ingestion")
    run(images, data, "featurization")
    run(images, data, "reduction", reduction={"refit": False})
    summary = json.loads((data / "06_models" / "pca_summary.json").read_text())
    assert summary == {**summary, "rows": 5, "components": 5}
    assert len(table(data, "reduced_features")) == 6


def test_limit_grows_without_doing_work_again(run: Run, tmp_path: Path) -> None:
    images, data = tmp_path / "images", tmp_path / "data"
    for number in range(12):
        write(images, f"{'ab'[number % 2]}/{number}.jpg", jpeg(number))
    first = run(images, data, ingestion={"limit": 4})
    assert first["images"]["found"] == 4
    assert table(data, "features")["label"].value_counts().to_dict() == {"a": 2, "b": 2}
    second = run(images, data, ingestion={"limit": 8})
    assert second["images"] == {
        "found": 8,
        "featurized": 4,
        "unchanged": 4,
        "quarantined": 0,
    }


def test_not_one_readable_image_ends_the_run_after_the_quarantine(
    run: Run, tmp_path: Path
) -> None:
    images, data = tmp_path / "images", tmp_path / "data"
    write(images, "a/1.jpg", b"")
    write(images, "a/2.jpg", b"x")
    for _ in range(2):
        with pytest.raises(NoFeaturesError, match=r"\(1 empty, 1 not_an_image\)"):
            run(images, data)
    assert len(table(data, "quarantine")) == 2


def test_stored_model_of_another_backbone_is_refused(run: Run, tmp_path: Path) -> None:
    images, data = tmp_path / "images", tmp_path / "data"
    for number in range(3):
        write(images, f"a/{number}.jpg", jpeg(number))
    run(images, data)
    summary = data / "06_models" / "pca_summary.json"
    summary.write_text(summary.read_text().replace("mobilenet_v2", "other"))
    with pytest.raises(ModelMismatchError, match="features of other_0"):
        run(images, data, "reduction", reduction={"refit": False})
    shutil.rmtree(data / "06_models" / "pca_model")
    with pytest.raises(ModelMismatchError, match="no fitted model is stored"):
        run(images, data, "reduction", reduction={"refit": False})
