"""Markdown tables, and numbers as a median with its range."""

from collections.abc import Iterable, Sequence
from statistics import median


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a Markdown table with columns of even width."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruled = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return "\n".join(
        f"| {' | '.join(map(str.ljust, line, widths))} |" for line in ruled
    )


def spread(values: Sequence[float | None]) -> str:
    """Write the median, and the range where there are several."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    middle = figure(median(known))
    if len(known) == 1:
        return middle
    return f"{middle} ({figure(min(known))}–{figure(max(known))})"


def figure(value: float) -> str:
    """Write a number with three digits that count, or as a whole."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
