"""Small charts as SVG, for the page: styled by its CSS, light, dark and printed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

WIDTH, HEIGHT = 440, 280
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 14, 44

# As many points draw any curve of this width.
POINTS = 300


class Mark(NamedTuple):
    """A point of a curve, with a word beside it."""

    x: float
    y: float
    text: str


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
    *,
    alt: str,
    x_name: str,
    marks: Sequence[Mark] = (),
    kept: float | None = None,
    percent: bool = True,
    steps: bool = False,
) -> Markup:
    """Draw a curve.

    Args:
        x: Ascending.
        y: As many, from 0 up.
        alt: What it shows, for those who cannot see it.
        x_name: What stands below the axis.
        marks: Points of the curve to name; each has a line from the y axis.
        kept: Where a line stands that says what is kept.
        percent: Whether y is a share.
        steps: Whether every x has a place of its own, at equal distances.
    """
    places: list[float] = [*range(len(x))] if steps else [*x]
    first = places[0] if steps else 0
    across = Scale(first, places[-1], LEFT + 10 * steps, WIDTH - RIGHT - 10 * steps)
    top = max(*y, *(mark.y for mark in marks), 0) * 1.04 or 1.0
    up = Scale(0, top, HEIGHT - BOTTOM, TOP)
    parts = [_y_axis(up, percent), _x_axis(across, x, steps, x_name)]
    for mark in marks:
        parts.append(_line("threshold", LEFT, up(mark.y), across(mark.x), up(mark.y)))
    if kept is not None:
        parts.append(_line("kept", across(kept), up(0), across(kept), TOP))
        parts.append(_text("kept", across(kept), TOP + 10, f"kept {kept:g}", "end", -4))
    chosen = np.unique(np.linspace(0, len(x) - 1, POINTS).astype(int))
    path = " ".join(f"{across(places[n]):.1f},{up(y[n]):.1f}" for n in chosen)
    parts.append(Markup('<polyline class="curve" points="{}"/>').format(path))
    if steps:
        parts += [_dot(across(n), up(value), "curve") for n, value in enumerate(y)]
    for mark in marks:
        parts.append(_dot(across(mark.x), up(mark.y), "mark"))
        parts.append(_text("mark", across(mark.x), up(mark.y) + 13, mark.text, dx=6))
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
    parts = [_y_axis(up, True), _x_axis(across, numbers, False, x_name)]
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


def ticks(top: float, wanted: int = 5) -> list[float]:
    """Return round numbers from 0 to ``top``, some five of them."""
    if not top > 0:
        return [0.0]
    raw = top / wanted
    power = 10.0 ** np.floor(np.log10(raw))
    step = power * next(n for n in (1, 2, 2.5, 5, 10) if raw <= n * power * 1.0001)
    return [float(n * step) for n in range(int(top / step + 1e-9) + 1)]


def _y_axis(up: Scale, percent: bool) -> Markup:
    values = ticks(up.last)
    digits = 0 if not percent or all(v * 100 == round(v * 100) for v in values) else 1
    parts = []
    for value in values:
        said = f"{value:.{digits}%}" if percent else f"{value:g}"
        parts.append(_line("grid", LEFT, up(value), WIDTH - RIGHT, up(value)))
        parts.append(_text("tick", LEFT - 6, up(value) + 4, said, "end"))
    return Markup("").join(parts)


def _x_axis(across: Scale, x: Sequence[float], steps: bool, name: str) -> Markup:
    if steps:
        named = [(across(n), f"{value:,.0f}") for n, value in enumerate(x)]
    else:
        inside = [v for v in ticks(across.last) if v >= across.first]
        named = [(across(value), f"{value:,.0f}") for value in inside]
    parts = [_text("tick", place, HEIGHT - 26, said, "middle") for place, said in named]
    middle = (LEFT + WIDTH - RIGHT) / 2
    return Markup("").join([*parts, _text("name", middle, HEIGHT - 6, name, "middle")])


def _svg(parts: Sequence[Markup], alt: str) -> Markup:
    opening = '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">'
    start = Markup(opening).format(WIDTH, HEIGHT, alt)
    return start + Markup("").join(parts) + Markup("</svg>")


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    line = '<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>'
    return Markup(line).format(kind, x1, y1, x2, y2)


def _text(
    kind: str, x: float, y: float, said: str, anchor: str = "start", dx: float = 0
) -> Markup:
    text = '<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>'
    return Markup(text).format(kind, x + dx, y, anchor, said)


def _dot(x: float, y: float, kind: str) -> Markup:
    circle = '<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="4"/>'
    return Markup(circle).format(kind, x, y)
