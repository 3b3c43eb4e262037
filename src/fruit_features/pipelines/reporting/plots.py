"""The plots of the report."""

import colorsys
import html

import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

THRESHOLDS = (0.80, 0.90, 0.95)

# Bars beyond this many components are too thin and too low to see.
BARS = 50


def draw_variance(variance: pd.DataFrame, components: int) -> Figure:
    """Draw the variance by component, individual left and cumulative right.

    Args:
        variance: Columns ``component``, ``ratio``, ``cumulative``.
        components: How many components are kept.

    Returns:
        A figure of two axes with the 80, 90 and 95 % thresholds marked.
    """
    figure = Figure(figsize=(12, 4.5), layout="constrained")
    figure.suptitle(f"Variance of {len(variance):,} features explained by components")
    left, right = figure.subplots(1, 2)
    first = variance.head(BARS)
    left.bar(first["component"], first["ratio"], color="#4c78a8")
    left.set(title="Individual", xlabel="component", ylabel="share of variance")
    right.plot(variance["component"], variance["cumulative"], color="#4c78a8", lw=2)
    right.set(title="Cumulative", xlabel="components kept", ylabel="share of variance")
    for threshold in THRESHOLDS:
        needed = components_reaching(variance, threshold)
        if needed is None:
            continue
        right.axhline(threshold, color="#999999", lw=0.8, ls="--")
        right.plot(needed, threshold, "o", color="#e45756", ms=5)
        right.annotate(
            f"{threshold:.0%}: {needed}",
            (needed, threshold),
            textcoords="offset points",
            xytext=(6, -12),
        )
    right.axvline(components, color="#54a24b", lw=1.2, label=f"kept: {components}")
    # What follows 99 % is a flat line.
    shown = components_reaching(variance, 0.99) or len(variance)
    right.set_xlim(0, max(shown, components) * 1.05 + 1)
    right.set_ylim(0, 1.03)
    right.legend(loc="lower right")
    for axes in (left, right):
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(axis="y", alpha=0.3)
    return figure


def components_reaching(variance: pd.DataFrame, threshold: float) -> int | None:
    """Count the components whose cumulative share reaches a threshold."""
    reached = variance[variance["cumulative"] >= threshold]
    return int(reached["component"].iloc[0]) if len(reached) else None


def draw_projection(points: pd.DataFrame, total: int) -> go.Figure:
    """Draw images as points on the first two components, coloured by label.

    Args:
        points: Columns ``label``, ``image_key``, ``x``, ``y``.
        total: How many images there are, drawn or not.

    Returns:
        A Plotly figure, one trace a label. File names and labels are escaped:
        Plotly would read them as HTML.
    """
    groups = [(str(label), rows) for label, rows in points.groupby("label")]
    figure = go.Figure(
        [
            go.Scattergl(
                x=group["x"],
                y=group["y"],
                name=html.escape(label) or "(no label)",
                text=[html.escape(key) for key in group["image_key"]],
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
                mode="markers",
                marker={"size": 5, "opacity": 0.7, "color": _colour(n, len(groups))},
            )
            for n, (label, group) in enumerate(groups)
        ]
    )
    drawn = "" if len(points) == total else f", {len(points):,} drawn"
    figure.update_layout(
        title=f"{total:,} images on the first two components{drawn}",
        xaxis_title="component 1",
        yaxis_title="component 2",
        template="plotly_white",
        legend={"title": {"text": "label"}, "itemsizing": "constant"},
        hovermode="closest",
        height=620,
    )
    return figure


def _colour(number: int, count: int) -> str:
    """Spread hues evenly; neighbours differ in lightness as well."""
    lightness = (0.38, 0.52, 0.66)[number % 3]
    red, green, blue = colorsys.hls_to_rgb(number / max(count, 1), lightness, 0.7)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
