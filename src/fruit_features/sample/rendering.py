"""The camera: draw a cloud of points in a pose, lit from the upper left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fruit_features.sample.surfaces import Array, Cloud, turned

SIZE = 100
"""Width and height of a picture in pixels."""

# Drawn three times as large and averaged, which smooths the edges.
_OVER = 3
_WIDE = SIZE * _OVER
# Beyond this many drawn pixels per unit, gaps would open between the points.
_CLOSEST = 165.0
_KEY_LIGHT = np.float32([-0.48, 0.52, 0.71])
_FILL_LIGHT = np.float32([0.80, -0.10, 0.59])


@dataclass(frozen=True)
class Pose:
    """How a fruit stands in front of the camera.

    Attributes:
        spin: Degrees around its own axis.
        tilt: Degrees its top leans towards the camera.
        roll: Degrees the picture is turned clockwise.
        fill: Share of the frame taken by the longer side of the fruit.
        tint: Factors for red, green and blue.
    """

    spin: float
    tilt: float
    roll: float
    fill: float
    tint: tuple[float, float, float]


def render(cloud: Cloud, pose: Pose) -> NDArray[np.uint8]:
    """Draw a fruit on a white background.

    Args:
        cloud: The fruit.
        pose: Where it is turned to.

    Returns:
        The picture, shaped (SIZE, SIZE, 3).
    """
    rotation = turned(2, -pose.roll) @ turned(0, pose.tilt) @ turned(1, pose.spin)
    rotation = rotation.astype(np.float32)
    nearest, depth = _nearest_points(cloud, rotation, pose.fill)
    seen = np.flatnonzero(nearest >= 0)
    picked = nearest[seen]
    shade = _occlusion(nearest.reshape(_WIDE, _WIDE) >= 0, depth).ravel()[seen]
    normals = cloud.normals[picked] @ rotation.T
    colours = cloud.colours[picked] * np.float32(pose.tint)
    canvas = np.ones((_WIDE * _WIDE, 3), np.float32)
    canvas[seen] = _lit(colours, normals, cloud.gloss[picked], shade)
    blocks = canvas.reshape(SIZE, _OVER, SIZE, _OVER, 3)
    picture: NDArray[np.uint8] = np.rint(255 * blocks.mean(axis=(1, 3))).astype("u1")
    return picture


def _nearest_points(
    cloud: Cloud, rotation: Array, fill: float
) -> tuple[NDArray[np.int64], Array]:
    """Find which point each drawn pixel shows (-1 for none) and its depth."""
    points = cloud.points @ rotation.T
    low, high = points.min(axis=0), points.max(axis=0)
    scale = min(fill * _WIDE / float((high - low)[:2].max()), _CLOSEST)
    front = np.flatnonzero(cloud.normals @ rotation[2] > 0)
    flat = (points[front, :2] - (low + high)[:2] / 2) * scale
    place = (flat * np.float32([1, -1]) + _WIDE / 2).astype(np.int64)
    # Depth in the high bits and the point in the low bits: one maximum per
    # pixel finds the nearest point and remembers which one it was.
    depth = (1 + (points[front, 2] - low[2]) * 4096).astype(np.int64)
    best = np.zeros((_WIDE + 1, _WIDE + 1), np.int64)
    cell = place[:, 1] * (_WIDE + 1) + place[:, 0]
    np.maximum.at(best.reshape(-1), cell, (depth << 32) | front)
    # Each point covers 2 x 2 pixels, which leaves no gaps.
    best[:-1] = np.maximum(best[:-1], best[1:])
    best = np.maximum(best[:-1, :-1], best[:-1, 1:])
    nearest = np.where(best > 0, best & 0xFFFFFFFF, -1).ravel()
    return nearest, (best >> 32).astype(np.float32) / 4096


def _occlusion(seen: NDArray[np.bool_], depth: Array) -> Array:
    """Light that reaches each pixel past the nearer things around it."""
    nearby = _blurred(depth) / _blurred(seen.astype(np.float32)).clip(1e-3)
    light: Array = 1 - (3.2 * (nearby - depth)).clip(0, 0.55)
    return light


def _blurred(image: Array, reach: int = 9) -> Array:
    """Mean over a square window."""
    for axis in (0, 1):
        width = [(reach + 1, reach) if i == axis else (0, 0) for i in (0, 1)]
        total = np.pad(image, width).cumsum(axis=axis, dtype=np.float32)
        last = np.arange(2 * reach + 1, total.shape[axis])
        image = total.take(last, axis) - total.take(last - 2 * reach - 1, axis)
        image /= 2 * reach + 1
    return image


def _lit(colours: Array, normals: Array, gloss: Array, shade: Array) -> Array:
    """Colours as they look under the lights."""
    facing = normals[:, 2]
    key = ((normals @ _KEY_LIGHT + 0.2) / 1.2).clip(0)
    fill = (normals @ _FILL_LIGHT).clip(0)
    light = (0.28 + 0.80 * key + 0.10 * fill) * (0.72 + 0.28 * facing) * shade
    middle = _KEY_LIGHT + np.float32([0, 0, 1])
    mirror = (normals @ (middle / np.linalg.norm(middle))).clip(0)
    sparkle = gloss * shade * (0.75 * mirror**70 + 0.22 * mirror**14)
    lit: Array = (colours * light[:, None] + sparkle[:, None]).clip(0, 1)
    return lit
