"""Boxes on a grid and arrows between them, as SVG in the page's own colours.

Drawn at every build: a drawing library would be fetched from another host by whoever
reads the page.
"""

from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 170, 50
STEP_X, STEP_Y = 208, 88
MARGIN = 14


class Box(NamedTuple):
    """A box with its name, and what it is in a few words.

    Attributes:
        column: Place in the grid, from the left.
        row: Place in the grid, from the top.
        name: The first line.
        said: The second line.
        kind: A class for ``style.css``: ``stage``, ``data``, ``code``.
    """

    column: float
    row: float
    name: str
    said: str
    kind: str

    @property
    def x(self) -> float:
        """The left side, in pixels."""
        return MARGIN + self.column * STEP_X

    @property
    def y(self) -> float:
        """The upper side, in pixels."""
        return MARGIN + self.row * STEP_Y


class Arrow(NamedTuple):
    """From one box to another, with a word beside it; ``around`` others if asked."""

    source: str
    target: str
    word: str = ""
    around: bool = False


class Frame(NamedTuple):
    """A frame around places of the grid, with a heading."""

    row: float
    rows: float
    columns: int
    heading: str


def draw(
    title: str, boxes: list[Box], arrows: list[Arrow], frames: tuple[Frame, ...] = ()
) -> str:
    """Draw a picture of boxes and arrows.

    Args:
        title: What the picture shows, for those who cannot see it.
        boxes: With names of their own.
        arrows: Between names of boxes.
        frames: Behind the boxes.

    Returns:
        An ``svg`` element, on lines without blank ones: Markdown leaves it alone.
    """
    by_name = {box.name: box for box in boxes}
    around = 26 if any(arrow.around for arrow in arrows) else 0
    width = max(box.x for box in boxes) + WIDTH + MARGIN + around
    height = max(box.y for box in boxes) + HEIGHT + MARGIN + (10 if frames else 0)
    parts = [
        f'<svg class="drawing" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(title)}">',
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker>',
        *(_frame(frame) for frame in frames),
        *(_arrow(by_name[a.source], by_name[a.target], a) for a in arrows),
        *(_box(box) for box in boxes),
        "</svg>",
    ]
    return "\n".join(parts)


def _box(box: Box) -> str:
    radius = {"stage": 4, "data": HEIGHT / 2, "code": 4}[box.kind]
    middle = box.x + WIDTH / 2
    name_y = box.y + (22 if box.said else 30)
    said = f'<text x="{middle:g}" y="{box.y + 39:g}">{escape(box.said)}</text>'
    return (
        f'<g class="{box.kind}"><rect x="{box.x:g}" y="{box.y:g}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="{radius:g}"/><text class="name" x="{middle:g}" '
        f'y="{name_y:g}">{escape(box.name)}</text>{said if box.said else ""}</g>'
    )


def _arrow(source: Box, target: Box, arrow: Arrow) -> str:
    if arrow.around:
        side = source.x + WIDTH + 22
        y = target.y + HEIGHT / 2
        path = (
            f"M{source.x + WIDTH:g} {source.y + HEIGHT / 2:g}H{side:g}V{y:g}"
            f"H{target.x + WIDTH:g}"
        )
        return f'<path class="arrow" d="{path}"/>'
    if source.row == target.row:
        right = source.column < target.column
        x1, x2 = source.x + WIDTH * right, target.x + WIDTH * (not right)
        y1 = y2 = source.y + HEIGHT / 2
    else:
        down = source.row < target.row
        x1, x2 = source.x + WIDTH / 2, target.x + WIDTH / 2
        y1, y2 = source.y + HEIGHT * down, target.y + HEIGHT * (not down)
    line = f'<path class="arrow" d="M{x1:g} {y1:g}L{x2:g} {y2:g}"/>'
    if not arrow.word:
        return line
    level = y1 == y2
    x, y = (x1 + x2) / 2 + (0 if level else 8), (y1 + y2) / 2 + (-7 if level else 4)
    kind = "word" if level else "word beside"
    word = escape(arrow.word)
    return f'{line}<text class="{kind}" x="{x:g}" y="{y:g}">{word}</text>'


def _frame(frame: Frame) -> str:
    y = MARGIN + frame.row * STEP_Y - 30
    width = (frame.columns - 1) * STEP_X + WIDTH + MARGIN
    height = (frame.rows - 1) * STEP_Y + HEIGHT + 40
    return (
        f'<rect class="frame" x="{MARGIN / 2:g}" y="{y:g}" width="{width:g}" '
        f'height="{height:g}" rx="6"/><text class="heading" x="{MARGIN + 4}" '
        f'y="{y + 20:g}">{escape(frame.heading)}</text>'
    )
