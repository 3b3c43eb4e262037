"""The page that shows a run, as one file of HTML."""

import base64
import math
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from fruit_features.pipelines.reporting.changes import compare_runs
from fruit_features.pipelines.reporting.charts import Axes, Mark, bars, curve
from fruit_features.pipelines.reporting.colours import label_colours
from fruit_features.pipelines.reporting.variance import THRESHOLDS, components_reaching
from fruit_features.privacy.script import script_json

# Bars beyond this many components are too thin and too low to see.
BARS = 50

# A curve that is all above this is drawn without what lies far below it.
HIGH = 0.5

# New images that are reconstructed by so much worse than those of the fit are news.
DRIFT = 1.25


def render_page(
    report: dict[str, Any],
    before: dict[str, Any] | None,
    *,
    explained_variance: pd.DataFrame,
    reduction_quality: pd.DataFrame,
    storage: pd.DataFrame,
    projection_points: pd.DataFrame,
    thumbnails: pd.DataFrame,
) -> str:
    """Fill the template; every value in it is escaped.

    Args:
        report: The run report.
        before: The report of the run before, if any.
        explained_variance: The share of every component.
        reduction_quality: What components keep of the labels' differences.
        storage: What features take.
        projection_points: Images on the first two components.
        thumbnails: One a label, and of quarantined images.

    Returns:
        HTML with pictures, styles and scripts in it, so that it needs no network.
    """
    loader = jinja2.PackageLoader("fruit_features.pipelines.reporting", "template")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    components = report["reduction"]["components"]
    pictures = dict(zip(thumbnails["image_key"], thumbnails["jpeg"], strict=True))
    return environment.get_template("report.html").render(
        report=report,
        style=_source(environment, "style.css"),
        script=_source(environment, "projection.js"),
        projection=Markup(script_json(_projection(projection_points))),
        points=len(projection_points),
        variance_charts=_variance_charts(explained_variance, components),
        thresholds=[
            (t, components_reaching(explained_variance, t)) for t in THRESHOLDS
        ],
        quality=_records(reduction_quality),
        quality_charts=_quality_charts(reduction_quality),
        storage=_records(storage),
        classes=[
            (row.image_key, row.label, _data_url(row.jpeg))
            for row in thumbnails[~thumbnails["quarantined"]].itertuples()
        ],
        thumbnail={key: _data_url(jpeg) for key, jpeg in pictures.items()},
        before=before,
        changes=compare_runs(before, report) if before else [],
        drift_is_news=DRIFT,
    )


def _source(environment: jinja2.Environment, name: str) -> Markup:
    """Read a file of the package that stands in the page as it is."""
    assert environment.loader is not None  # noqa: S101  Set above.
    return Markup(environment.loader.get_source(environment, name)[0])


def _variance_charts(variance: pd.DataFrame, components: int) -> list[Markup]:
    cumulative = variance["cumulative"].to_list()
    marks = [
        Mark(needed, cumulative[needed - 1], f"{share:.0%}: {needed}")
        for share in THRESHOLDS
        if (needed := components_reaching(variance, share))
    ]
    # What follows 99 % is a flat line.
    shown = max(components_reaching(variance, 0.99) or len(variance), components)
    shown = min(math.ceil(shown * 1.05), len(variance))
    first = variance["ratio"].head(BARS).to_list()
    said = ", ".join(mark.text for mark in marks)
    return [
        bars(
            first,
            alt=f"Bars: the share of variance of the first {len(first)} components, "
            f"from {first[0]:.1%} down to {first[-1]:.2%}",
            x_name="component",
        ),
        curve(
            variance["component"].head(shown).to_list(),
            cumulative[:shown],
            Axes("components kept"),
            alt=f"Curve: the cumulative share of variance, components for {said}",
            marks=marks,
            kept=components,
        ),
    ]


def _quality_charts(quality: pd.DataFrame) -> list[tuple[str, Markup]]:
    named = (
        ("knn_accuracy", "Accuracy of 5 neighbours", True),
        ("reconstruction_error", "Reconstruction error", True),
        ("between_within", "Variance between / within labels", False),
    )
    x = quality["components"].to_list()
    charts = []
    for column, title, percent in named:
        y = quality[column]
        if y.notna().all():
            pairs = zip(x, y, strict=True)
            said = ", ".join(f"{v:.3g} at {n}" for n, v in pairs)
            # Accuracies lie close together, and far from 0.
            high = percent and y.min() > HIGH
            lowest = math.floor(10 * y.min() - 0.5) / 10 if high else 0.0
            axes = Axes("components; the last: all features", True, percent, lowest)
            alt = f"Curve: {title.lower()}, {said} components"
            chart = curve(x, y.to_list(), axes, alt=alt)
            charts.append((title, chart))
    return charts


def _projection(points: pd.DataFrame) -> dict[str, Any]:
    """Spell the points shortly: numbers to four digits, labels by their place."""
    labels = pd.Categorical(points["label"].fillna(""))
    return {
        "x": [float(f"{x:.4g}") for x in points["x"]],
        "y": [float(f"{y:.4g}") for y in points["y"]],
        "label": labels.codes.tolist(),
        "key": points["image_key"].to_list(),
        "labels": labels.categories.astype(str).to_list(),
        "colours": label_colours(len(labels.categories)),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a table into rows; what is not there is ``None``."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _data_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
