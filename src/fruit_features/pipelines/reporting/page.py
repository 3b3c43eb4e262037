"""The page of a run, as one HTML file."""

import base64
from collections.abc import Mapping
from typing import Any

import jinja2
import pandas as pd

from fruit_features.pipelines.reporting.plots import (
    THRESHOLDS,
    components_reaching,
    label_colours,
)
from fruit_features.pipelines.reporting.summary import compare_runs

# The page points out a mean reconstruction error of new images above this multiple of
# that of the fitted images.
DRIFT = 1.25


def render_page(
    report: dict[str, Any], before: dict[str, Any] | None, data: Mapping[str, Any]
) -> str:
    """Fill the template; every value in it is escaped.

    Args:
        report: The run report.
        before: The report of the run before, if any.
        data: The datasets of ``PAGE_DATA`` by name: tables, and plots as SVG.

    Returns:
        HTML with embedded pictures, styles and scripts; it needs no network.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__ or "", "template"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["base64"] = _base64
    variance, thumbnails = data["explained_variance"], data["thumbnails"]
    return environment.get_template("report.html").render(
        report=report,
        variance_plot=data["variance_plot_svg"],
        quality_plot=data["quality_plot_svg"],
        projection=_projection(data["projection_points"]),
        thresholds=[(t, components_reaching(variance, t)) for t in THRESHOLDS],
        quality=_records(data["reduction_quality"]),
        storage=_records(data["storage"]),
        classes=_records(thumbnails[~thumbnails["quarantined"]]),
        thumbnail=dict(zip(thumbnails["image_key"], thumbnails["jpeg"], strict=True)),
        before=before,
        changes=compare_runs(before, report) if before else [],
        drift_is_news=DRIFT,
    )


def _projection(points: pd.DataFrame) -> dict[str, Any]:
    """Encode the points compactly: four digits, labels as indices into a list."""
    labels = pd.Categorical(points["label"].fillna(""))
    return {
        **{axis: [float(f"{n:.4g}") for n in points[axis]] for axis in ("x", "y")},
        "label": labels.codes.tolist(),
        "key": points["image_key"].to_list(),
        "labels": labels.categories.astype(str).to_list(),
        "colours": label_colours(len(labels.categories)),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a table into rows; missing values become ``None``."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _base64(content: bytes | str) -> str:
    content = content.encode() if isinstance(content, str) else content
    return base64.b64encode(content).decode()
