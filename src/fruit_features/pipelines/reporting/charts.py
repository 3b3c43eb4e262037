"""Small charts as SVG, for the page: styled by its CSS, light, dark and printed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

WIDTH, HEIGHT = 400, 260
LEFT, RIGHT, TOP, BOTTOM = 54, 14, 12, 44

# Between the lines of marks that lie close together.
LINE = 14

# As many points draw any curve of this width.
POINTS = 300


class Mark(NamedTuple):
    """A point of a curve, with a word beside it."""

    x: float
    y: float
    text: str


class Axes(NamedTuple):
    """What stands at the axes of a curve.

    Attributes:
        x_name: Stands below the x axis.
        steps: Whether every x has a place of its own, at equal distances.
        percent: Whether y is a share.
        lowest: Where the y axis begins.
    """

    x_name: str
    steps: bool = False
    percent: bool = True
    lowest: float = 0.0


class Scale(NamedTuple):
    """From values to places: ``first`` of the values lies at ``start``."""

    first: float
    last: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        span = (self.last - self.first) or 1.0
        share = (value - self.first) / span
        return self.start + share * (self.end - self.start)


def curve(
    x: Sequence[float],
    y: Sequence[float],
    axes: Axes,
    *,
    alt: str,
    marks: Sequence[Mark] = (),
    kept: float | None = None,
) -> Markup:
    """Draw a curve.

    Args:
        x: Ascending.
        y: As many.
        axes: What stands at them.
        alt: What it shows, for those who cannot see it.
        marks: Points of the curve to name; each has a line from the y axis.
        kept: Where a line stands that says what is kept.
    """
    steps, lowest = axes.steps, axes.lowest
    places: list[float] = [*range(len(x))] if steps else [*x]
    first = places[0] if steps else 0
    across = Scale(first, places[-1], LEFT + 10 * steps, WIDTH - RIGHT - 10 * steps)
    top = lowest + 1.04 * (max(*y, lowest) - lowest) or 1.0
    up = Scale(lowest, top, HEIGHT - BOTTOM, TOP)
    parts = [_y_axis(up, axes.percent), _x_axis(across, x, axes)]
    for mark in marks:
        parts.append(_line("threshold", LEFT, up(mark.y), across(mark.x), up(mark.y)))
    if kept is not None:
        foot = HEIGHT - BOTTOM
        parts.append(_line("kept", across(kept), foot, across(kept), TOP))
        left = across(kept) > WIDTH / 2
        at, anchor = across(kept) + (-5 if left else 5), "end" if left else "start"
        parts.append(_text("kept", at, foot - 8, f"kept: {kept:g}", anchor))
    chosen = np.unique(np.linspace(0, len(x) - 1, POINTS).astype(int))
    path = " ".join(f"{across(places[n]):.1f},{up(y[n]):.1f}" for n in chosen)
    parts.append(Markup('<polyline class="curve" points="{}"/>').format(path))
    if steps:
        parts += [_dot(across(n), up(value), "curve") for n, value in enumerate(y)]
    written = 0.0
    for mark in sorted(marks, reverse=True):
        parts.append(_dot(across(mark.x), up(mark.y), "mark"))
        # Below the curve, and below the mark to the right of it.
        written = max(written + LINE, up(mark.y) + LINE)
        parts.append(_text("mark", across(mark.x) + 7, written, mark.text))
    return _svg(parts, alt)


def bars(y: Sequence[float], *, alt: str, x_name: str) -> Markup:
    """Draw a bar for each share, numbered from 1.

    Args:
        y: Shares.
        alt: What they are, for those who cannot see it.
        x_name: What stands below the axis.
    """
    numbers = range(1, len(y) + 1)
    across = Scale(0.5, len(y) + 0.5, LEFT, WIDTH - RIGHT)
    up = Scale(0, max(y) * 1.04 or 1.0, HEIGHT - BOTTOM, TOP)
    parts = [_y_axis(up, True), _x_axis(across, numbers, Axes(x_name))]
    width = 0.8 * (across(2) - across(1))
    for number, share in zip(numbers, y, strict=True):
        rectangle = (
            '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
        )
        place = across(number) - width / 2
        parts.append(
            Markup(rectangle).format(place, up(share), width, up(0) - up(share))
        )
    return _svg(parts, alt)


def ticks(bottom: float, top: float, wanted: int = 5) -> list[float]:
    """Return round numbers from ``bottom`` to ``top``, some five of them."""
    if not top > bottom:
        return [bottom]
    raw = (top - bottom) / wanted
    power = 10.0 ** np.floor(np.log10(raw))
    step = power * next(n for n in (1, 2, 2.5, 5, 10) if raw <= n * power * 1.0001)
    first = int(np.ceil(bottom / step - 1e-9))
    return [float(n * step) for n in range(first, int(top / step + 1e-9) + 1)]


def _y_axis(up: Scale, percent: bool) -> Markup:
    values = ticks(up.first, up.last)
    digits = 0 if not percent or all(f"{v:.3f}".endswith("0") for v in values) else 1
    parts = []
    for value in values:
        said = f"{value:.{digits}%}" if percent else f"{value:g}"
        parts.append(_line("grid", LEFT, up(value), WIDTH - RIGHT, up(value)))
        parts.append(_text("tick", LEFT - 6, up(value) + 4, said, "end"))
    return Markup("").join(parts)


def _x_axis(across: Scale, x: Sequence[float], axes: Axes) -> Markup:
    if axes.steps:
        named = [(across(n), f"{value:,.0f}") for n, value in enumerate(x)]
    else:
        inside = ticks(across.first, across.last)
        named = [(across(value), f"{value:,.0f}") for value in inside]
    parts = [_text("tick", place, HEIGHT - 26, said, "middle") for place, said in named]
    middle = (LEFT + WIDTH - RIGHT) / 2
    name = _text("name", middle, HEIGHT - 6, axes.x_name, "middle")
    return Markup("").join([*parts, name])


def _svg(parts: Sequence[Markup], alt: str) -> Markup:
    opening = '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">'
    start = Markup(opening).format(WIDTH, HEIGHT, alt)
    return start + Markup("").join(parts) + Markup("</svg>")


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    line = '<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>'
    return Markup(line).format(kind, x1, y1, x2, y2)


def _text(kind: str, x: float, y: float, said: str, anchor: str = "start") -> Markup:
    text = '<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>'
    return Markup(text).format(kind, x, y, anchor, said)


def _dot(x: float, y: float, kind: str) -> Markup:
    circle = '<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="4"/>'
    return Markup(circle).format(kind, x, y)
