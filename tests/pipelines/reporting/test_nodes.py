import base64
import datetime as dt
import html.parser
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pyspark.sql import DataFrame, SparkSession

from fruit_features.backbone.spec import Backbone
from fruit_features.exceptions import CountError
from fruit_features.pipelines.reporting.nodes import (
    plot_projection,
    render_report,
    summarise_run,
)
from fruit_features.pipelines.reporting.parameters import ReportingParameters
from fruit_features.pipelines.reporting.storage import measure_storage
from fruit_features.pipelines.reporting.thumbnails import shrink_images
from fruit_features.privacy.parameters import RetentionParameters

ALL_KEPT = RetentionParameters(images_days=90, features_days=100, logs_days=30)
BACKBONE = Backbone("b1", "bundled", 0.35, 96, 1280, "ab", b"model")
BEGUN = dt.datetime(2026, 5, 1, 12, tzinfo=dt.timezone.utc)
MISSING = "1 missing from both, such as 'b'"
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
DATA = {
    "explained_variance": pd.read_csv(
        io.StringIO("component,ratio,cumulative\n1,.7,.7\n2,.2,.9\n3,.1,1")
    ),
    "variance_plot_svg": "<svg>variance</svg>",
    "reduction_quality": pd.read_csv(
        io.StringIO(
            "components,variance,reconstruction_error,between_within,knn_accuracy,"
            "images,held_out\n2,.9,.1,2.5,.75,3,1\n3,1,0,2,.8,3,1"
        )
    ),
    "quality_plot_svg": "<svg>quality</svg>",
    "storage": pd.read_csv(
        io.StringIO(
            "table,format,bytes_per_image,gigabytes_at_50_million,images,sampled\n"
            "features,as stored,3634.1,181.7,3,False"
        )
    ),
    "projection_points": pd.DataFrame(
        {"label": ["a"], "image_key": ["a/1"], "x": [1.0], "y": [2.0]}
    ),
    "thumbnails": pd.DataFrame(
        columns=["image_key", "label", "jpeg", "quarantined"]
    ).astype({"quarantined": bool}),
}
DRIFT = {
    "refit": True,
    "fitted": {"images": 3, "error": 0.1},
    "new": None,
    "ratio": None,
}
SUMMARY = {
    "backbone_id": "b1",
    "rows": 3,
    "dimensions": 3,
    "components": 2,
    "variance_retained": 0.9,
    "standardised": False,
    "fitted": "2026-05-01T12:00:05.000+00:00",
    "blas": "openblas 1",
    "lapack": "openblas 1",
}
FACTS = {
    "environment": "local",
    "started": "2026-05-01T11:59:50+00:00",
    "finished": "2026-05-01T12:00:10+00:00",
    "seconds": 20.0,
    "stages": {
        "ingestion": {"started": "2026-05-01T11:59:51+00:00", "seconds": 4.0},
        "featurization": {
            "started": BEGUN.isoformat(),
            "seconds": 8.0,
            "nodes": {"featurize_images_node": 4.0},
        },
    },
}


def listing(spark: SparkSession, keys: str, left_out: str = "") -> DataFrame:
    rows = [(key, f"label {key}", True) for key in keys]
    rows += [(key, "left out", False) for key in left_out]
    schema = "image_key string, label string, selected boolean"
    return spark.createDataFrame(rows, schema)


def features(spark: SparkSession, new: str, old: str = "") -> DataFrame:
    hour = dt.timedelta(hours=1)
    rows = [(key, "b1", BEGUN) for key in new]
    rows += [(key, "b1", BEGUN - hour) for key in old]
    # Another backbone's rows must not count.
    rows += [(key, "b2", BEGUN) for key in new + old]
    schema = "image_key string, backbone_id string, featurized_at timestamp"
    return spark.createDataFrame(rows, schema)


def quarantine(spark: SparkSession, reasons: dict[str, str]) -> DataFrame:
    rows = [(key, "label", reason, "detail") for key, reason in reasons.items()]
    schema = "image_key string, label string, reason string, detail string"
    return spark.createDataFrame(rows, schema)


def summarise(
    spark: SparkSession,
    found: str,
    new: str,
    old: str = "",
    bad: dict[str, str] | None = None,
    left_out: str = "",
    **given: Any,
) -> dict[str, Any]:
    listed = given.get("listed")
    return summarise_run(
        listing(spark, found, left_out) if listed is None else listed,
        listing(spark, given.get("expired", "")),
        features(spark, new, old),
        quarantine(spark, bad or {}),
        BACKBONE,
        SUMMARY,
        DRIFT,
        given.get("kept_runs", pytest.fail),
        FACTS,
        ReportingParameters(
            points=1,
            quarantine_rows=given.get("rows", 10),
            dollars_per_hour=given.get("dollars_per_hour"),
        ),
        given.get("retention", RetentionParameters()),
    )


def test_cost_is_that_of_the_time(spark: SparkSession) -> None:
    report = summarise(spark, "a", new="a", dollars_per_hour=9.0)
    assert report["dollars"] == pytest.approx(0.05)  # 20 seconds of an hour.
    assert "<b>$0.05</b>" in rendered(report)


def test_counts_are_of_what_was_written(spark: SparkSession) -> None:
    bad = {"x": "empty", "y": "empty", "z": "truncated", "o": "empty"}
    report = summarise(spark, "abcdxyz", new="ab", old="cdo", bad=bad, left_out="o")
    counts = {"found": 7, "featurized": 2, "quarantined": 3, "unchanged": 2}
    assert report["images"] == counts
    assert report["quarantine_reasons"] == {"empty": 2, "truncated": 1}
    assert report["images_per_second"] == 0.5
    assert report["seconds"] == {"ingestion": 4.0, "featurization": 8.0, "total": 20.0}
    assert report["labels"] == 7
    assert report["expired"] == 0
    assert report["dollars"] is None
    assert report["reduction"]["drift"] == DRIFT
    # Whether the machine's own, Java's vectors or plain Java.
    assert report["reduction"]["mllib_blas"].endswith("BLAS")
    assert json.loads(json.dumps(report)) == report


def test_what_has_expired_is_counted_and_what_goes_next_is_said(
    spark: SparkSession,
) -> None:
    now = dt.datetime.now(dt.timezone.utc)

    def day(days: float) -> str:
        return f"{now + dt.timedelta(days=days):%Y-%m-%d}"

    ages = [("a", 80), ("b", 59), ("c", 61), ("d", 1)]
    rows = [
        (key, "a", key == "a", now - dt.timedelta(days=age, hours=-1))
        for key, age in ages
    ]
    schema = "image_key string, label string, selected boolean, {} timestamp"
    listed = spark.createDataFrame(rows, schema.format("modification_time"))
    runs = [f"{now - dt.timedelta(days=age):%Y-%m-%dT%H.%M.%S.000Z}" for age in (25, 2)]
    # Of x, which was no usable image, there are no features; a is still there. All
    # were made in May, too long ago.
    report = summarise(
        spark,
        "",
        new="a",
        old="pq",
        listed=listed,
        expired="pqx",
        kept_runs=lambda: dict.fromkeys(runs),
        retention=ALL_KEPT,
    )
    assert report["expired"] == 2
    assert report["retention"] == {
        "reckoned": day(0),
        "datasets": [
            dict(zip(("dataset", "days", "next", "in_30_days"), row, strict=True))
            for row in (
                ("raw_images", 90, day(10 + 1 / 24), 2),
                ("features", 100, day(0), 6),
                # This run's own page counts as well.
                ("report_history", 30, day(5), 3),
            )
        ],
    }
    page = rendered(report)
    assert "<b>2</b>gone for their age, features kept" in page
    assert f'<td>{day(5)}</td><td class="number">3</td>' in page


def test_without_retention_nothing_is_said_of_it(spark: SparkSession) -> None:
    report = summarise(spark, "a", new="", old="a")
    assert report["expired"] == 0
    assert report["retention"] is None
    assert report["images_per_second"] is None  # Nothing is new.
    page = rendered(report)
    assert "retention" not in page.lower()


@pytest.mark.parametrize(
    ("new", "old", "bad", "said"),
    [
        ("a", "", {}, "2 missing from both, such as 'b', 'c'"),
        ("abc", "b", {}, "1 twice in one, such as 'b'"),
        ("ac", "", {"c": "empty", "b": "empty"}, "1 in both, such as 'c'"),
        # As many rows as images, or more of one fault than of another.
        ("aa", "", {"c": "empty"}, f"{MISSING}; 1 twice in one, such as 'a'"),
        ("a", "c", {"c": "empty"}, f"{MISSING}; 1 in both, such as 'c'"),
    ],
)
def test_counts_that_do_not_add_up_end_the_run(
    spark: SparkSession, new: str, old: str, bad: dict[str, str], said: str
) -> None:
    message = rf"of 3 images found, .* in quarantine; {said}: run the featurization"
    with pytest.raises(CountError, match=message):
        summarise(spark, "abc", new, old, bad)


def test_projection_shows_the_same_few_points_each_time(spark: SparkSession) -> None:
    # Of a single component: they lie on a line.
    rows = [(f"a/{n}", "a", [n + 0.5]) for n in range(50)]
    schema = "image_key string, label string, pca_features array<float>"
    few = ReportingParameters(points=7, quarantine_rows=0, dollars_per_hour=None)
    first, again = (
        plot_projection(frame, few)
        for frame in (
            spark.createDataFrame(rows, schema),
            spark.createDataFrame(rows[::-1], schema).repartition(3),
        )
    )
    assert len(first["points"]) == 7
    assert set(first["points"]["image_key"]) == set(again["points"]["image_key"])
    (trace,) = first["plot"].data
    assert {f"a/{x - 0.5:.0f}" for x in trace.x} == set(trace.text)
    assert set(trace.y) == {0}


def picture(colour: str = "red", **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(written, "JPEG", **options)
    return written.getvalue()


@pytest.fixture(scope="module")
def packed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    sound = picture(exif=exif, comment=b"a secret comment")
    rows = [(f"{label}/{n}", label, sound, None) for label in "ab" for n in range(3)]
    rows += [
        ("a/cut", "a", sound[:700], None),
        ("a/html", "a", b"<html>", None),
        ("a/gone", "a", None, "unreadable"),
        ("c/bad", "c", b"nothing", None),
    ]
    schema = "image_key string, label string, bytes binary, reason string"
    place = str(tmp_path_factory.mktemp("packed") / "images")
    spark.createDataFrame(rows, schema).repartition(3).write.parquet(place)
    return spark.read.parquet(place)


@pytest.fixture(scope="module")
def thumbnails(spark: SparkSession, packed: DataFrame) -> pd.DataFrame:
    bad = dict.fromkeys(("a/cut", "a/html", "a/gone", "c/bad"), "damaged")
    return shrink_images(packed, quarantine(spark, bad))


def test_a_thumbnail_a_label_and_what_can_be_seen_of_bad_files(
    thumbnails: pd.DataFrame,
) -> None:
    shown = thumbnails.set_index("image_key")["quarantined"]
    assert shown["a/cut"]
    assert sorted(key[0] for key in shown[~shown].index) == ["a", "b"]
    assert len(shown) == 3
    for jpeg in thumbnails["jpeg"]:
        assert Image.open(io.BytesIO(jpeg)).size == (96, 64)


def test_thumbnails_keep_no_note_of_the_file(thumbnails: pd.DataFrame) -> None:
    for jpeg in thumbnails["jpeg"]:
        assert b"secret" not in jpeg
        assert not Image.open(io.BytesIO(jpeg)).getexif()


def test_no_image_makes_no_thumbnail(spark: SparkSession, packed: DataFrame) -> None:
    nothing = shrink_images(packed.limit(0).where("label = 'x'"), quarantine(spark, {}))
    assert nothing.empty
    assert list(nothing) == ["image_key", "label", "jpeg", "quarantined"]


def test_storage_is_measured(spark: SparkSession, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [
        (f"a/{n}", "a", "b1", random.random(64).astype(float).tolist())
        for n in range(40)
    ]
    schema = "image_key string, label string, backbone_id string, {} array<float>"
    tables = {}
    for name in ("features", "pca_features"):
        frame = spark.createDataFrame(rows, schema.format(name))
        frame.coalesce(1).write.parquet(f"{tmp_path}/{name}", compression="zstd")
        tables[name] = spark.read.parquet(f"{tmp_path}/{name}")
    measured = measure_storage(tables["features"], BACKBONE, tables["pca_features"])
    size = {
        (row.table, row.format): row.bytes_per_image for row in measured.itertuples()
    }
    (file,) = tmp_path.glob("features/*.parquet")
    assert size["features", "as stored"] == round(file.stat().st_size / 40, 1)
    assert size["features", "CSV"] > 64 * 8
    assert size["features", "Parquet, uncompressed"] > 64 * 4
    assert size["features", "Parquet, zstd"] < size["features", "CSV"]
    gigabytes = measured["gigabytes_at_50_million"]
    np.testing.assert_allclose(gigabytes, measured["bytes_per_image"] / 20, rtol=0.01)
    assert set(measured["images"]) == {40}
    (file,) = tmp_path.glob("pca_features/*.parquet")
    assert size["reduced_features", "as stored"] == round(file.stat().st_size / 40, 1)


class Tags(html.parser.HTMLParser):
    """Collects what a browser would take for tags, and what loads from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [v or "" for k, v in attrs if k in ("src", "href")]
        if tag in ("img", "svg", "canvas"):
            self.pictures.append(dict(attrs))


def rendered(
    report: dict[str, Any], before: dict[str, Any] | None = None, **tables: pd.DataFrame
) -> str:
    """Render a page; tables that are not given are small."""
    page = render_report(report, lambda: before, **{**DATA, **tables})
    assert page["kept_page"] == page["page"]
    assert page["kept_report"] == report
    return page["page"]


@pytest.fixture(scope="module")
def hostile_report(spark: SparkSession) -> dict[str, Any]:
    report = summarise(spark, "abx", new="ab", bad={"x": "empty"})
    row = {"image_key": HOSTILE, "label": HOSTILE, "reason": "empty", "detail": HOSTILE}
    report["quarantined"] = [row]
    return report


@pytest.fixture(scope="module")
def page(hostile_report: dict[str, Any]) -> str:
    thumbnails = pd.DataFrame(
        {
            "image_key": ["a/1", HOSTILE],
            "label": [HOSTILE, HOSTILE],
            "jpeg": [picture(), picture()],
            "quarantined": [False, True],
        }
    )
    points = DATA["projection_points"].assign(label=HOSTILE, image_key=HOSTILE)
    return rendered(hostile_report, projection_points=points, thumbnails=thumbnails)


def test_page_is_whole_without_a_network(page: str) -> None:
    loads = [place for place in Tags(page).loads if not place.startswith("#")]
    kinds = [place.partition(",")[0] for place in loads]
    plots = ["data:image/svg+xml;base64"] * 2
    assert sorted(kinds) == ["data:image/jpeg;base64"] * 2 + plots
    drawn = base64.b64encode(b"<svg>variance</svg>").decode()
    assert f"base64,{drawn}" in page
    assert "http:" not in page
    assert "https:" not in page


def test_page_shows_hostile_names_as_text(page: str) -> None:
    tags = Tags(page).tags
    assert tags.count("script") == 2
    assert tags.count("img") == 4
    assert "&lt;img src=x onerror" in page


def test_pictures_have_text_alternatives(page: str) -> None:
    pictures = Tags(page).pictures
    assert len(pictures) == 2 + 2 + 2
    for attributes in pictures:
        said = attributes.get("alt") or attributes.get("aria-label")
        assert said or attributes.get("aria-hidden") == "true"


def test_page_says_what_the_run_did(page: str) -> None:
    for said in ("90.0%", "1 empty", "b1", "local", "openblas 1", "75.0%", "3,634"):
        assert said in page
    assert "This is the first run that is kept here" in page


def test_page_says_what_changed(hostile_report: dict[str, Any]) -> None:
    before = json.loads(json.dumps(hostile_report))
    before["images"]["quarantined"] = 4
    before["reduction"]["fitted"] = "2026-04-01T12:00:05.000+00:00"
    page = rendered(hostile_report, before)
    assert "Against the run of 2026-05-01 11:59:50 UTC" in page
    assert "−3" in page
    assert "2026-04-01T12:00:05 on 3 images" in page


@pytest.mark.parametrize(("ratio", "news"), [(1.1, False), (3.0, True)])
def test_page_says_how_far_new_images_drift(
    hostile_report: dict[str, Any], ratio: float, news: bool
) -> None:
    drift = {
        "refit": False,
        "fitted": {"images": 3, "error": 0.1},
        "new": {"images": 1, "error": 0.1 * ratio},
        "ratio": ratio,
    }
    reduction = {**hostile_report["reduction"], "drift": drift}
    page = rendered({**hostile_report, "reduction": reduction})
    assert f"{ratio:.2f} times as much" in page
    assert ("fit it anew" in page) is news


def test_20000_points_stay_below_10_megabytes(hostile_report: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    many = pd.DataFrame(random.normal(size=(20_000, 2)) * 10, columns=["x", "y"])
    many["label"] = [f"A label of usual length {n % 131}" for n in range(20_000)]
    many["image_key"] = [f"{label}/{n}_100.jpg" for n, label in many["label"].items()]
    noise = random.integers(0, 255, (96, 96, 3), dtype=np.uint8)
    written = io.BytesIO()
    # As large as a thumbnail can be.
    Image.fromarray(noise).save(written, "JPEG", quality=80)
    thumbnails = pd.DataFrame(
        {
            "image_key": [f"{n}" for n in range(300)],
            "label": [f"label {n}" for n in range(300)],
            "jpeg": [written.getvalue()] * 300,
            "quarantined": False,
        }
    )
    page = rendered(hostile_report, projection_points=many, thumbnails=thumbnails)
    assert len(page) < 10_000_000
    assert base64.b64encode(written.getvalue()).decode() in page


def test_quarantine_list_is_bounded(spark: SparkSession) -> None:
    bad = dict.fromkeys("xyz", "empty")
    report = summarise(spark, "abxyz", "ab", bad=bad, rows=2)
    page = rendered(report)
    assert [row["image_key"] for row in report["quarantined"]] == ["x", "y"]
    assert page.count("<td>detail</td>") == 2
    assert "The first 2 are listed" in page
