"""Outlines of the parts of fruit, and parts put together in rings and bunches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fruit_sample.surfaces import Part, Profile, Skin
from fruit_sample.texture import GOLDEN_ANGLE


def _profile(radii: list[float], heights: list[float]) -> Profile:
    return tuple(zip(radii, heights, strict=True))


APPLE = _profile(
    radii=[0.0, 0.16, 0.38, 0.72, 0.94, 1.0, 0.90, 0.62, 0.32, 0.12, 0.0],
    heights=[-0.70, -0.78, -0.84, -0.62, -0.15, 0.22, 0.60, 0.82, 0.79, 0.62, 0.54],
)
LEMON = _profile(
    radii=[0.0, 0.10, 0.19, 0.42, 0.66, 0.73, 0.65, 0.40, 0.22, 0.13, 0.0],
    heights=[-0.98, -0.96, -0.86, -0.70, -0.38, 0.0, 0.40, 0.70, 0.80, 0.88, 0.91],
)
STONE_FRUIT = _profile(
    radii=[0.0, 0.30, 0.72, 0.96, 0.92, 0.64, 0.30, 0.10, 0.0],
    heights=[-0.93, -0.88, -0.62, -0.10, 0.36, 0.72, 0.80, 0.72, 0.66],
)
PEAR = _profile(
    radii=[0.0, 0.14, 0.42, 0.70, 0.74, 0.60, 0.40, 0.31, 0.22, 0.0],
    heights=[-0.86, -0.93, -0.92, -0.66, -0.32, 0.08, 0.42, 0.68, 0.82, 0.82],
)
STRAWBERRY = _profile(
    radii=[0.0, 0.16, 0.42, 0.66, 0.76, 0.60, 0.28, 0.0],
    heights=[-0.98, -0.92, -0.58, -0.10, 0.32, 0.60, 0.66, 0.62],
)
RASPBERRY = _profile(
    radii=[0.0, 0.28, 0.52, 0.66, 0.68, 0.52, 0.34, 0.24, 0.0],
    heights=[-0.92, -0.84, -0.50, 0.0, 0.42, 0.70, 0.66, 0.40, 0.30],
)
PEPPER = _profile(
    radii=[0.0, 0.22, 0.52, 0.72, 0.82, 0.80, 0.54, 0.24, 0.0],
    heights=[-0.78, -0.88, -0.84, -0.40, 0.20, 0.58, 0.78, 0.70, 0.60],
)
TOMATO = _profile(
    radii=[0.0, 0.40, 0.82, 1.0, 0.88, 0.54, 0.22, 0.0],
    heights=[-0.78, -0.76, -0.46, 0.0, 0.46, 0.68, 0.66, 0.58],
)
BANANA = _profile(
    radii=[0.0, 0.05, 0.075, 0.20, 0.28, 0.30, 0.28, 0.19, 0.085, 0.07, 0.09, 0.0],
    heights=[-1.3, -1.29, -1.18, -0.98, -0.55, 0, 0.55, 0.92, 1.08, 1.28, 1.4, 1.41],
)
CARROT = _profile(
    radii=[0.0, 0.04, 0.17, 0.32, 0.44, 0.38, 0.16, 0.0],
    heights=[-1.22, -1.1, -0.65, 0.0, 0.48, 0.68, 0.72, 0.68],
)
COB = _profile(
    radii=[0.0, 0.26, 0.38, 0.38, 0.30, 0.16, 0.0],
    heights=[-1.0, -0.94, -0.5, 0.1, 0.65, 1.0, 1.1],
)
EGGPLANT = _profile(
    radii=[0.0, 0.25, 0.50, 0.54, 0.44, 0.32, 0.26, 0.12, 0.0],
    heights=[-1.05, -1.0, -0.72, -0.36, 0.10, 0.50, 0.74, 0.86, 0.88],
)
BLUEBERRY = _profile(
    radii=[0.0, 0.45, 0.88, 1.0, 0.86, 0.52, 0.36, 0.30, 0.0],
    heights=[-0.80, -0.74, -0.38, 0.02, 0.46, 0.72, 0.78, 0.66, 0.60],
)
PINEAPPLE = _profile(
    radii=[0.0, 0.30, 0.50, 0.56, 0.53, 0.38, 0.16, 0.0],
    heights=[-1.0, -0.98, -0.72, -0.35, 0.05, 0.32, 0.40, 0.40],
)
KIWI = _profile(
    radii=[0.0, 0.12, 0.50, 0.76, 0.82, 0.81, 0.79, 0.70, 0.35, 0.0],
    heights=[-0.82, -0.86, -0.70, -0.30, 0.10, 0.22, 0.25, 0.26, 0.27, 0.27],
)

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
    """Outline a ball around the origin; `stretch` is its height by its width."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 9)
    across, upwards = radius * np.cos(angles), stretch * radius * np.sin(angles)
    return tuple(zip(across.tolist(), upwards.tolist(), strict=True))


def stem(length: float, radius: float) -> Profile:
    """Outline a stem from the origin up that widens a little to its end."""
    shaft = ((0.0, 0.0), (radius, 0.01), (radius, 0.6 * length))
    return (*shaft, (1.35 * radius, length), (0.0, 1.01 * length))


def leaf(length: float, width: float) -> Profile:
    """Outline a pointed leaf from the origin up; `Part.stretch` makes it flat."""
    outline = ((0.0, 0.0), (0.8, 0.22), (1.0, 0.42), (0.55, 0.75), (0.0, 1.0))
    return tuple((r * width / 2, y * length) for r, y in outline)


def ring(count: int, part: Part) -> tuple[Part, ...]:
    """Copy a part all around the axis."""
    turns = (part.turn + 360 * i / count for i in range(count))
    return tuple(replace(part, turn=turn) for turn in turns)


def bunch(grape: Part) -> tuple[Part, ...]:
    """Hang grapes in a cone."""
    grapes = []
    for row, (height, count, reach) in enumerate(_GRAPE_ROWS):
        for i in range(count):
            angle = 2 * np.pi * i / count + GOLDEN_ANGLE * row
            wave = 0.06 * np.sin(5 * angle + row)
            place = (reach * np.cos(angle), height + wave, reach * np.sin(angle))
            grapes.append(replace(grape, at=place))
    return tuple(grapes)


def crown(skin: Skin) -> tuple[Part, ...]:
    """Make the tuft of leaves on a pineapple."""
    leaves: list[Part] = []
    for row, (count, length, width, lean) in enumerate(_CROWN_ROWS):
        first = Part(leaf(length, width), skin, (0.14, 1, 1), 0.6, lean, 25.0 * row)
        leaves += ring(count, replace(first, at=(0, 0.30, 0)))
    return tuple(leaves)
