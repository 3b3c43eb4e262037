"""The plots of the catalog: variance for slides, the projection for kedro-viz."""

import html

import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from fruit_features.pipelines.reporting.colours import label_colours
from fruit_features.pipelines.reporting.variance import (
    THRESHOLDS,
    components_reaching,
)

# Bars beyond this many components are too thin and too low to see.
BARS = 50


def draw_variance(variance: pd.DataFrame, components: int) -> Figure:
    """Draw the variance by component, individual left and cumulative right.

    Args:
        variance: Columns ``component``, ``ratio``, ``cumulative``.
        components: How many components are kept.

    Returns:
        A figure of two axes with the 75, 80, 90 and 95 % thresholds marked.
    """
    figure = Figure(figsize=(12, 4.8), layout="constrained")
    figure.suptitle(
        f"Variance of {len(variance):,} features explained by components", fontsize=15
    )
    left, right = figure.subplots(1, 2)
    first = variance.head(BARS)
    left.bar(first["component"], first["ratio"], color="#4c78a8")
    left.set(title="Individual", xlabel="component", ylabel="share of variance")
    _draw_cumulative(right, variance, components)
    for axes in (left, right):
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(axis="y", alpha=0.3)
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            text.set_fontsize(13)
        axes.tick_params(labelsize=12)
    return figure


def _draw_cumulative(axes: Axes, variance: pd.DataFrame, components: int) -> None:
    axes.plot(variance["component"], variance["cumulative"], color="#4c78a8", lw=2)
    axes.set(title="Cumulative", xlabel="components kept", ylabel="share of variance")
    for threshold in THRESHOLDS:
        needed = components_reaching(variance, threshold)
        if needed is None:
            continue
        axes.axhline(threshold, color="#999999", lw=0.8, ls="--")
        axes.plot(needed, threshold, "o", color="#e45756", ms=6)
        axes.annotate(
            f"{threshold:.0%}: {needed}",
            (needed, threshold),
            textcoords="offset points",
            xytext=(7, -14),
            fontsize=12,
        )
    axes.axvline(components, color="#54a24b", lw=1.2, label=f"kept: {components}")
    # What follows 99 % is a flat line.
    shown = components_reaching(variance, 0.99) or len(variance)
    axes.set_xlim(0, max(shown, components) * 1.05 + 1)
    axes.set_ylim(0, 1.03)
    axes.legend(loc="lower right", fontsize=12)


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
    colours = label_colours(len(groups))
    figure = go.Figure(
        [
            go.Scattergl(
                x=group["x"],
                y=group["y"],
                name=html.escape(label) or "(no label)",
                text=[html.escape(key) for key in group["image_key"]],
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
                mode="markers",
                marker={"size": 5, "opacity": 0.7, "color": colour},
            )
            for colour, (label, group) in zip(colours, groups, strict=True)
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
