import datetime as dt
import html.parser
import json
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from pyspark.sql import DataFrame, SparkSession

from fruit_features.backbone.spec import Backbone
from fruit_features.exceptions import CountError, ParameterError
from fruit_features.pipelines.reporting.nodes import (
    plot_projection,
    render_report,
    summarise_run,
)
from fruit_features.pipelines.reporting.parameters import ReportingParameters
from fruit_features.pipelines.reporting.plots import draw_projection

BACKBONE = Backbone("b1", "bundled", 0.35, 96, 1280, "ab", b"model")
BEGUN = dt.datetime(2026, 5, 1, 12, tzinfo=dt.timezone.utc)
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
VARIANCE = pd.DataFrame(
    {"component": [1, 2, 3], "ratio": [0.7, 0.2, 0.1], "cumulative": [0.7, 0.9, 1.0]}
)
SUMMARY = {
    "backbone_id": "b1",
    "rows": 3,
    "dimensions": 3,
    "components": 2,
    "variance_retained": 0.9,
    "fitted": "2026-05-01T12:00:05+00:00",
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
    rows = [(key, True) for key in keys] + [(key, False) for key in left_out]
    return spark.createDataFrame(rows, "image_key string, selected boolean")


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
    rows: int = 10,
) -> dict[str, Any]:
    return summarise_run(
        listing(spark, found, left_out),
        features(spark, new, old),
        quarantine(spark, bad or {}),
        BACKBONE,
        VARIANCE,
        SUMMARY,
        FACTS,
        ReportingParameters(points=1, quarantine_rows=rows),
    )


def test_counts_are_of_what_was_written(spark: SparkSession) -> None:
    bad = {"x": "empty", "y": "empty", "z": "truncated", "o": "empty"}
    report = summarise(spark, "abcdxyz", new="ab", old="cdo", bad=bad, left_out="o")
    assert report["images"] == {
        "found": 7,
        "featurized": 2,
        "quarantined": 3,
        "unchanged": 2,
    }
    assert report["quarantine_reasons"] == {"empty": 2, "truncated": 1}
    assert report["images_per_second"] == 0.5
    assert report["seconds"] == {"ingestion": 4.0, "featurization": 8.0, "total": 20.0}
    assert report["reduction"]["cumulative"] == {}
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize(
    ("new", "old", "bad"),
    [
        ("a", "", {}),  # b is nowhere
        ("ab", "b", {}),  # b is there twice
        ("ab", "", {"b": "empty"}),  # b is in both
    ],
)
def test_counts_that_do_not_add_up_end_the_run(
    spark: SparkSession, new: str, old: str, bad: dict[str, str]
) -> None:
    with pytest.raises(CountError, match="2 images found, but"):
        summarise(spark, "ab", new, old, bad)


def test_nothing_new_has_no_rate(spark: SparkSession) -> None:
    assert summarise(spark, "ab", new="", old="ab")["images_per_second"] is None


def test_projection_of_one_component_lies_on_a_line(spark: SparkSession) -> None:
    rows = [("a/1", "a", [1.5]), ("a/2", "a", [2.5])]
    schema = "image_key string, label string, pca_features array<float>"
    reduced = spark.createDataFrame(rows, schema)
    figure = plot_projection(reduced, ReportingParameters(10, 10))
    assert sorted(figure.data[0].x) == [1.5, 2.5]
    assert list(figure.data[0].y) == [0, 0]


def test_projection_shows_the_same_few_points_each_time(spark: SparkSession) -> None:
    rows = [(f"a/{n}", "a", [float(n), 0.0]) for n in range(50)]
    schema = "image_key string, label string, pca_features array<float>"
    few = ReportingParameters(points=7, quarantine_rows=0)
    shown = [
        sorted(plot_projection(frame, few).data[0].text)
        for frame in (
            spark.createDataFrame(rows, schema),
            spark.createDataFrame(rows[::-1], schema).repartition(3),
        )
    ]
    assert len(shown[0]) == 7
    assert shown[0] == shown[1]


class Tags(html.parser.HTMLParser):
    """Collects what a browser would take for tags, and what loads from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [v or "" for k, v in attrs if k in ("src", "href")]


@pytest.fixture(scope="module")
def page(spark: SparkSession) -> str:
    points = pd.DataFrame(
        {"label": [HOSTILE], "image_key": [HOSTILE], "x": [1.0], "y": [2.0]}
    )
    report = summarise(spark, "abx", new="ab", bad={"x": "empty"})
    row = {"image_key": HOSTILE, "label": HOSTILE, "reason": "empty", "detail": HOSTILE}
    report["quarantined"] = [row]
    return render_report(report, VARIANCE, draw_projection(points, 1))


def test_page_is_whole_without_a_network(page: str) -> None:
    (picture,) = Tags(page).loads
    assert picture.startswith("data:image/png;base64,")


def test_page_shows_hostile_names_as_text(page: str) -> None:
    tags = Tags(page).tags
    assert tags.count("script") == 2
    assert tags.count("img") == 1
    assert "&lt;img src=x onerror" in page


def test_page_says_what_the_run_did(page: str) -> None:
    for said in ("90.0%", "1 empty", "b1", "local"):
        assert said in page


def test_quarantine_list_is_bounded(spark: SparkSession) -> None:
    bad = dict.fromkeys("xyz", "empty")
    report = summarise(spark, "abxyz", "ab", bad=bad, rows=2)
    page = render_report(report, VARIANCE, go.Figure())
    assert [row["image_key"] for row in report["quarantined"]] == ["x", "y"]
    assert page.count("<td>detail</td>") == 2
    assert "The first 2 are listed" in page


@pytest.mark.parametrize("given", [(0, 1), (1, -1), ("many", 1)])
def test_parameters_out_of_range(given: tuple[Any, Any]) -> None:
    with pytest.raises(ParameterError, match=r"reporting\."):
        ReportingParameters(*given)
