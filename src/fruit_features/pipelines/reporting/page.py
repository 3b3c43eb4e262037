"""The page that shows a run, as one file of HTML."""

import base64
import io
import json
from importlib import resources
from typing import Any

import jinja2
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from plotly.offline import get_plotlyjs

from fruit_features.pipelines.reporting.plots import (
    components_reaching,
    draw_variance,
)


def render_page(
    report: dict[str, Any], variance: pd.DataFrame, projection: go.Figure
) -> str:
    """Fill the template; every value in it is escaped.

    Args:
        report: The run report.
        variance: The share of every component.
        projection: The projection plot.

    Returns:
        HTML with plots, styles and scripts in it, so that it needs no network.
    """
    template = resources.files(__package__).joinpath("report.html").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(template).render(
        report=report,
        variance_png=_png(draw_variance(variance, report["reduction"]["components"])),
        projection=_script_json(projection),
        plotly=get_plotlyjs(),
        thresholds=_thresholds(variance),
    )


def _thresholds(variance: pd.DataFrame) -> list[tuple[str, int | None]]:
    return [
        (f"{share:.0%}", components_reaching(variance, share))
        for share in (0.75, 0.80, 0.90, 0.95)
    ]


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return base64.b64encode(buffer.getvalue()).decode()


def _script_json(figure: go.Figure) -> str:
    """Spell a figure so that no label can end the script it stands in."""
    text = json.dumps(json.loads(figure.to_json()), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
