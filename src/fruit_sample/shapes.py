"""Outlines of the parts of fruit, and parts put together in rings and bunches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fruit_sample.surfaces import Part, Profile, Skin
from fruit_sample.texture import GOLDEN_ANGLE

APPLE: Profile = (
    ((0.0, -0.70), (0.16, -0.78), (0.38, -0.84), (0.72, -0.62), (0.94, -0.15))
    + ((1.0, 0.22), (0.90, 0.60), (0.62, 0.82), (0.32, 0.79), (0.12, 0.62))
    + ((0.0, 0.54),)
)
LEMON: Profile = (
    ((0.0, -0.98), (0.10, -0.96), (0.19, -0.86), (0.42, -0.70), (0.66, -0.38))
    + ((0.73, 0.0), (0.65, 0.40), (0.40, 0.70), (0.22, 0.80), (0.13, 0.88))
    + ((0.0, 0.91),)
)
STONE_FRUIT: Profile = (
    (0.0, -0.93),
    (0.30, -0.88),
    (0.72, -0.62),
    (0.96, -0.10),
    (0.92, 0.36),
) + ((0.64, 0.72), (0.30, 0.80), (0.10, 0.72), (0.0, 0.66))
PEAR: Profile = (
    (0.0, -0.86),
    (0.14, -0.93),
    (0.42, -0.92),
    (0.70, -0.66),
    (0.74, -0.32),
) + ((0.60, 0.08), (0.40, 0.42), (0.31, 0.68), (0.22, 0.82), (0.0, 0.82))
STRAWBERRY: Profile = (
    (0.0, -0.98),
    (0.16, -0.92),
    (0.42, -0.58),
    (0.66, -0.10),
    (0.76, 0.32),
) + ((0.60, 0.60), (0.28, 0.66), (0.0, 0.62))
RASPBERRY: Profile = (
    (0.0, -0.92),
    (0.28, -0.84),
    (0.52, -0.50),
    (0.66, 0.0),
    (0.68, 0.42),
) + ((0.52, 0.70), (0.34, 0.66), (0.24, 0.40), (0.0, 0.30))
PEPPER: Profile = (
    (0.0, -0.78),
    (0.22, -0.88),
    (0.52, -0.84),
    (0.72, -0.40),
    (0.82, 0.20),
) + ((0.80, 0.58), (0.54, 0.78), (0.24, 0.70), (0.0, 0.60))
TOMATO: Profile = (
    (0.0, -0.78),
    (0.40, -0.76),
    (0.82, -0.46),
    (1.0, 0.0),
    (0.88, 0.46),
) + ((0.54, 0.68), (0.22, 0.66), (0.0, 0.58))
BANANA: Profile = (
    ((0.0, -1.30), (0.05, -1.29), (0.075, -1.18), (0.20, -0.98), (0.28, -0.55))
    + ((0.30, 0.0), (0.28, 0.55), (0.19, 0.92), (0.085, 1.08), (0.07, 1.28))
    + ((0.09, 1.40), (0.0, 1.41))
)
CARROT: Profile = (
    (0.0, -1.22),
    (0.04, -1.1),
    (0.17, -0.65),
    (0.32, 0.0),
    (0.44, 0.48),
) + ((0.38, 0.68), (0.16, 0.72), (0.0, 0.68))
COB: Profile = ((0.0, -1.0), (0.26, -0.94), (0.38, -0.5), (0.38, 0.1), (0.30, 0.65)) + (
    (0.16, 1.0),
    (0.0, 1.1),
)
EGGPLANT: Profile = (
    (0.0, -1.05),
    (0.25, -1.0),
    (0.50, -0.72),
    (0.54, -0.36),
    (0.44, 0.10),
) + ((0.32, 0.50), (0.26, 0.74), (0.12, 0.86), (0.0, 0.88))
BLUEBERRY: Profile = (
    (0.0, -0.80),
    (0.45, -0.74),
    (0.88, -0.38),
    (1.0, 0.02),
    (0.86, 0.46),
) + ((0.52, 0.72), (0.36, 0.78), (0.30, 0.66), (0.0, 0.60))
PINEAPPLE: Profile = (
    (0.0, -1.0),
    (0.30, -0.98),
    (0.50, -0.72),
    (0.56, -0.35),
    (0.53, 0.05),
) + ((0.38, 0.32), (0.16, 0.40), (0.0, 0.40))
KIWI: Profile = (
    (0.0, -0.82),
    (0.12, -0.86),
    (0.50, -0.70),
    (0.76, -0.30),
    (0.82, 0.10),
) + ((0.81, 0.22), (0.79, 0.25), (0.70, 0.26), (0.35, 0.27), (0.0, 0.27))

# Height, number of grapes and distance from the axis.
_GRAPE_ROWS = (
    (0.56, 6, 0.38),
    (0.32, 8, 0.60),
    (-0.02, 8, 0.58),
    (-0.36, 6, 0.44),
    (-0.68, 4, 0.25),
    (-0.95, 1, 0.0),
)
# Number of leaves, their length and width, and how far they lean.
_CROWN_ROWS = (
    (9, 0.55, 0.20, 66.0),
    (8, 0.72, 0.19, 46.0),
    (7, 0.82, 0.18, 28.0),
    (5, 0.88, 0.16, 10.0),
)


def ball(radius: float, stretch: float = 1.0) -> Profile:
    """Outline of a ball around the origin.

    Args:
        radius: Half its width.
        stretch: Its height as a multiple of its width.

    Returns:
        The outline.
    """
    angles = np.linspace(-np.pi / 2, np.pi / 2, 9)
    across, upwards = radius * np.cos(angles), stretch * radius * np.sin(angles)
    return tuple(zip(across.tolist(), upwards.tolist(), strict=True))


def stem(length: float, radius: float) -> Profile:
    """Outline of a stem that widens a little to its end.

    Args:
        length: From its foot at the origin to its end.
        radius: Half its thickness.

    Returns:
        The outline.
    """
    shaft = ((0.0, 0.0), (radius, 0.01), (radius, 0.6 * length))
    return (*shaft, (1.35 * radius, length), (0.0, 1.01 * length))


def leaf(length: float, width: float) -> Profile:
    """Outline of a pointed leaf; a small first `stretch` makes it flat.

    Args:
        length: From its foot at the origin to its tip.
        width: Its largest width.

    Returns:
        The outline.
    """
    outline = ((0.0, 0.0), (0.8, 0.22), (1.0, 0.42), (0.55, 0.75), (0.0, 1.0))
    return tuple((r * width / 2, y * length) for r, y in outline)


def ring(count: int, part: Part) -> tuple[Part, ...]:
    """Copies of a part all around the axis.

    Args:
        count: How many.
        part: The first of them.

    Returns:
        The copies.
    """
    turns = (part.turn + 360 * i / count for i in range(count))
    return tuple(replace(part, turn=turn) for turn in turns)


def bunch(grape: Part) -> tuple[Part, ...]:
    """Grapes hanging in a cone.

    Args:
        grape: One of them.

    Returns:
        All of them.
    """
    grapes = []
    for row, (height, count, reach) in enumerate(_GRAPE_ROWS):
        for i in range(count):
            angle = 2 * np.pi * i / count + GOLDEN_ANGLE * row
            wave = 0.06 * np.sin(5 * angle + row)
            place = (reach * np.cos(angle), height + wave, reach * np.sin(angle))
            grapes.append(replace(grape, at=place))
    return tuple(grapes)


def crown(skin: Skin) -> tuple[Part, ...]:
    """The tuft on a pineapple.

    Args:
        skin: Skin of its leaves.

    Returns:
        The leaves.
    """
    leaves: list[Part] = []
    for row, (count, length, width, lean) in enumerate(_CROWN_ROWS):
        first = Part(leaf(length, width), skin, (0.14, 1, 1), 0.6, lean, 25.0 * row)
        leaves += ring(count, replace(first, at=(0, 0.30, 0)))
    return tuple(leaves)
