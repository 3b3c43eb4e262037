"""Plots of the catalog and of the page, and the colours they share.

Matplotlib and Plotly are imported when a plot is drawn: if nothing changed, a run
renders its page without them.
"""

import colorsys
import html
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Cumulative shares of variance that plots and page mark.
THRESHOLDS = (0.75, 0.80, 0.90, 0.95)

# More bars would be too thin and too low to see.
BARS = 50

BLUE, RED, GREEN = "#4c78a8", "#e45756", "#54a24b"

QUALITY_PLOTS = (
    ("reconstruction_error", "Reconstruction error", RED),
    ("between_within", "Variance between / within labels", GREEN),
    ("knn_accuracy", "Accuracy of 5 neighbours", BLUE),
)

LIGHTNESS = (0.38, 0.52, 0.66)

# Steps of the golden ratio never repeat a hue and keep successive hues far apart.
GOLDEN = (5**0.5 - 1) / 2


def components_reaching(variance: "pd.DataFrame", threshold: float) -> int | None:
    """Return how many components reach a cumulative share; ``None`` if none do."""
    reached = variance[variance["cumulative"] >= threshold]
    return int(reached["component"].iloc[0]) if len(reached) else None


def label_colours(count: int) -> list[str]:
    """Return ``count`` colours as ``#rrggbb``; hues of neighbours are far apart."""
    colours = []
    for number in range(count):
        lightness = LIGHTNESS[number % len(LIGHTNESS)]
        rgb = colorsys.hls_to_rgb(number * GOLDEN % 1, lightness, 0.7)
        colours.append("#" + "".join(f"{round(part * 255):02x}" for part in rgb))
    return colours


def draw_variance(variance: "pd.DataFrame", components: int) -> "Figure":
    """Draw the variance by component, individual left and cumulative right.

    Args:
        variance: Columns ``component``, ``ratio``, ``cumulative``.
        components: How many are kept.
    """
    from matplotlib.ticker import PercentFormatter

    title = f"Variance of {len(variance):,} features explained by components"
    figure, (left, right) = _figure(title, 2)
    first = variance.head(BARS)
    left.bar(first["component"], first["ratio"], color=BLUE)
    left.set(title="Individual", xlabel="component")
    _draw_cumulative(right, variance, components)
    for axes in (left, right):
        axes.set_ylabel("share of variance")
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    return figure


def _draw_cumulative(axes: "Axes", variance: "pd.DataFrame", components: int) -> None:
    axes.plot(variance["component"], variance["cumulative"], color=BLUE, lw=2)
    axes.set(title="Cumulative", xlabel="components kept")
    for threshold in THRESHOLDS:
        if needed := components_reaching(variance, threshold):
            axes.axhline(threshold, color="#999999", lw=0.8, ls="--")
            axes.plot(needed, threshold, "o", color=RED, ms=6)
            axes.annotate(
                f"{threshold:.0%}: {needed}",
                (needed, threshold),
                textcoords="offset points",
                xytext=(7, -14),
                fontsize=12,
            )
    axes.axvline(components, color=GREEN, lw=1.2, label=f"kept: {components}")
    # Beyond 99 % the line is flat.
    shown = components_reaching(variance, 0.99) or len(variance)
    axes.set_xlim(0, max(shown, components) * 1.05 + 1)
    axes.set_ylim(0, 1.03)
    axes.legend(loc="lower right", fontsize=12)


def draw_quality(quality: "pd.DataFrame") -> "Figure":
    """Draw the quality table by number of components, one axes a column."""
    from matplotlib.ticker import PercentFormatter

    images = int(quality["images"].iloc[0])
    title = f"What principal components keep, {images:,} images"
    figure, panels = _figure(title, len(QUALITY_PLOTS))
    for axes, (column, name, colour) in zip(panels, QUALITY_PLOTS, strict=True):
        axes.plot(quality["components"], quality[column], "o-", color=colour)
        axes.set(title=name, xlabel="components (last: all features)", xscale="log")
        axes.set_xticks(quality["components"], map(str, quality["components"]))
        axes.minorticks_off()
        if column != "between_within":
            axes.yaxis.set_major_formatter(PercentFormatter(1))
            axes.set_ylim(top=min(axes.get_ylim()[1], 1.01))
    return figure


def _figure(title: str, columns: int) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.8), layout="constrained")
    figure.suptitle(title, fontsize=15)
    panels = list(figure.subplots(1, columns))
    for axes in panels:
        axes.grid(axis="y", alpha=0.3)
        axes.tick_params(labelsize=12)
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            text.set_fontsize(13)
    return figure, panels


def to_svg(figure: "Figure") -> str:
    """Return a figure as SVG; its text stays text, in the reader's font."""
    import matplotlib as mpl

    file = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(file, format="svg")
    return file.getvalue()


def draw_projection(points: "pd.DataFrame", total: int) -> "go.Figure":
    """Draw images as points on the first two components, one trace a label.

    File names and labels are escaped, since Plotly interprets HTML.

    Args:
        points: Columns ``label``, ``image_key``, ``x``, ``y``.
        total: How many images there are, drawn or not.
    """
    import plotly.graph_objects as go

    groups = list(points.groupby("label"))
    figure = go.Figure()
    for colour, (label, group) in zip(label_colours(len(groups)), groups, strict=True):
        figure.add_scattergl(
            x=group["x"],
            y=group["y"],
            name=html.escape(str(label)) or "(no label)",
            text=[html.escape(key) for key in group["image_key"]],
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            mode="markers",
            marker={"size": 5, "opacity": 0.7, "color": colour},
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
