"""Shapes: a fruit is a set of parts, each a profile revolved around an axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Profile: TypeAlias = tuple[tuple[float, float], ...]
"""(radius, height) of points along the outline, from the bottom to the top."""

# A fruit spans about 2 units and is drawn 200 pixels wide, so this leaves about
# one point per drawn pixel where the skin is not stretched.
STEP = 0.0135


@dataclass(frozen=True)
class Surface:
    """A grid of points on a surface of revolution, ring by ring from the bottom.

    Attributes:
        points: Position of each point, shaped (rings, columns, 3).
        normals: Outward direction at each point, of the same shape.
        angle: Angle around the axis in radians, shaped (rings, columns).
        along: Distance along the outline, 0 at the bottom and 1 at the top.
        radius: Distance of each ring from the axis, shaped (rings, 1).
    """

    points: Array
    normals: Array
    angle: Array
    along: Array
    radius: Array

    @property
    def height(self) -> Array:
        """Height of each point on the axis, shaped (rings, columns)."""
        height: Array = self.points[..., 1]
        return height


@dataclass(frozen=True)
class Paint:
    """What a skin puts on a surface.

    Attributes:
        colour: Red, green and blue from 0 to 1, shaped (rings, columns, 3).
        relief: How far each point is pushed out, shaped (rings, columns).
        gloss: Strength of the highlight from 0 (matt) to 1 (wet).
    """

    colour: Array
    relief: Array
    gloss: float


Skin: TypeAlias = Callable[[Surface, np.random.Generator], Paint]


@dataclass(frozen=True)
class Part:
    """One piece of a fruit; the fields apply in the order they are listed.

    Attributes:
        profile: The outline that is revolved around the vertical axis.
        skin: Colours the surface and gives it relief.
        stretch: Factor for each axis; a small first one makes a flat leaf.
        bend: Curvature of the axis, towards x when positive.
        lean: Degrees the axis leans towards x.
        turn: Degrees the leaning part is turned around the vertical.
        at: Where the foot of the axis ends up.
    """

    profile: Profile
    skin: Skin
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bend: float = 0.0
    lean: float = 0.0
    turn: float = 0.0
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Cloud:
    """Coloured points of a whole fruit, ready to be drawn from any side.

    Attributes:
        points: Positions, shaped (3, number of points).
        normals: Outward directions, of the same shape.
        colours: Red, green and blue, of the same shape.
        gloss: Strength of the highlight at each point.
    """

    points: Array
    normals: Array
    colours: Array
    gloss: Array


def build(parts: tuple[Part, ...], rng: np.random.Generator) -> Cloud:
    """Lay dense points on all parts of a fruit."""
    clouds = [_build_part(part, rng) for part in parts]
    return Cloud(
        np.concatenate([cloud.points for cloud in clouds], axis=1),
        np.concatenate([cloud.normals for cloud in clouds], axis=1),
        np.concatenate([cloud.colours for cloud in clouds], axis=1),
        np.concatenate([cloud.gloss for cloud in clouds]),
    )


def vector(*values: float) -> Array:
    """Make a vector in the precision of the points."""
    return np.array(values, dtype=np.float32)


def turned(axis: int, degrees: float) -> Array:
    """Make the 3 x 3 matrix that turns counter-clockwise around axis 0, 1 or 2."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cos
    matrix[second, first], matrix[first, second] = sin, -sin
    return matrix


def revolve(profile: Profile) -> Surface:
    """Revolve an outline around the vertical axis, in a grid about `STEP` wide."""
    radius, height, along = _outline(profile)
    columns = max(12, int(2 * np.pi * radius.max() / STEP))
    angle = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    shape = (len(radius), columns)
    points = np.empty((*shape, 3), np.float32)
    points[..., 0] = np.outer(radius, np.cos(angle))
    points[..., 1] = height[:, None]
    points[..., 2] = np.outer(radius, np.sin(angle))
    return Surface(
        points,
        _normals(points),
        np.broadcast_to(angle.astype(np.float32), shape),
        np.broadcast_to(along[:, None].astype(np.float32), shape),
        radius[:, None],
    )


def _build_part(part: Part, rng: np.random.Generator) -> Cloud:
    """Lay points on one part."""
    surface = revolve(part.profile)
    paint = part.skin(surface, rng)
    points = surface.points + surface.normals * paint.relief[..., None]
    points = _bent(points * vector(*part.stretch), part.bend)
    placing = turned(1, part.turn) @ turned(2, -part.lean)
    points = np.einsum("ij,rcj->rci", placing.astype(np.float32), points)
    points += vector(*part.at)
    keep = _even(surface)
    place, normals, colours = (
        np.ascontiguousarray(grid[keep].T, np.float32)
        for grid in (points, _normals(points), paint.colour)
    )
    gloss = np.full(colours.shape[1], paint.gloss, np.float32)
    return Cloud(place, normals, colours, gloss)


def _outline(profile: Profile) -> tuple[Array, Array, Array]:
    """Draw a smooth curve through a profile, in even steps."""
    knots = np.array(profile, dtype=float)
    ends = 2 * knots[:1] - knots[1:2], 2 * knots[-1:] - knots[-2:-1]
    a, b, c, d = (
        np.concatenate([ends[0], knots, ends[1]])[i : i + len(knots) - 1, None]
        for i in range(4)
    )
    t = np.linspace(0, 1, 40)[:, None]
    # Catmull-Rom spline: it goes through every knot.
    curve = b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d))
    curve += t**3 / 2 * (3 * (b - c) + d - a)
    line = curve.reshape(-1, 2)
    length = np.r_[0, np.hypot(*np.diff(line, axis=0).T).cumsum()]
    even = np.linspace(0, length[-1], max(8, int(length[-1] / STEP)))
    radius = np.interp(even, length, line[:, 0]).clip(1e-3)
    return radius, np.interp(even, length, line[:, 1]), even / length[-1]


def _normals(points: Array) -> Array:
    """Outward directions of a grid of points that closes around its axis."""
    upwards = np.gradient(points, axis=0)
    around = np.roll(points, -1, axis=1) - np.roll(points, 1, axis=1)
    normals = np.cross(upwards, around)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    units: Array = (normals / length.clip(1e-12)).astype(np.float32)
    return units


def _bent(points: Array, bend: float) -> Array:
    """Bend the vertical axis into an arc."""
    if not bend:
        return points
    x, y, z = np.moveaxis(points, -1, 0)
    arm, angle = 1 / bend - x, bend * y
    arc = [1 / bend - arm * np.cos(angle), arm * np.sin(angle), z]
    return np.stack(arc, axis=-1)


def _even(surface: Surface) -> NDArray[np.bool_]:
    """Pick points so that narrow rings are not crowded."""
    share = (surface.radius / surface.radius.max() * 1.15).clip(0.02, 1)
    columns = surface.angle.shape[1]
    place = np.floor(np.arange(columns + 1) * share)
    picked: NDArray[np.bool_] = place[:, 1:] > place[:, :-1]
    return picked
