"""The camera: draw a cloud of points in a pose, lit from the upper left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fruit_sample.surfaces import STEP, Array, Cloud, turned, vector

SIZE = 100
"""Width and height of a picture in pixels."""

# Drawn twice as large and averaged, which smooths the edges.
_OVER = 2
_WIDE = SIZE * _OVER
# Most drawn pixels per unit: any closer, gaps would open between the points.
_CLOSEST = 1.5 / STEP
_KEY_LIGHT = vector(-0.48, 0.52, 0.71)
_FILL_LIGHT = vector(0.80, -0.10, 0.59)


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
    tint: Array


def render(cloud: Cloud, pose: Pose) -> Image.Image:
    """Draw a fruit on white, SIZE pixels wide and high."""
    rotation = turned(2, -pose.roll) @ turned(0, pose.tilt) @ turned(1, pose.spin)
    rotation = rotation.astype(np.float32)
    nearest, depth = _nearest_points(cloud, rotation, pose.fill)
    seen = np.flatnonzero(nearest >= 0)
    picked = nearest.ravel()[seen]
    light = _occlusion(nearest >= 0, depth).ravel()[seen]
    normals = _rotated(rotation, cloud.normals.take(picked, axis=1))
    colours = cloud.colours.take(picked, axis=1) * vector(*pose.tint)[:, None]
    canvas = np.full((_WIDE * _WIDE, 3), 255, np.uint8)
    canvas[seen] = _lit(colours, normals, cloud.gloss.take(picked), light).T
    return Image.fromarray(canvas.reshape(_WIDE, _WIDE, 3)).reduce(_OVER)


def _nearest_points(
    cloud: Cloud, rotation: Array, fill: float
) -> tuple[NDArray[np.int64], Array]:
    """Find which point each drawn pixel shows (-1 for none) and its depth."""
    points = _rotated(rotation, cloud.points)
    low, high = points.min(axis=1), points.max(axis=1)
    scale = min(fill * _WIDE / float((high - low)[:2].max()), _CLOSEST)
    front = np.flatnonzero(rotation[2] @ cloud.normals > 0)
    x, y, z = points.take(front, axis=1)
    middle = (low + high) / 2
    column = ((x - middle[0]) * scale + _WIDE / 2).astype(np.int64)
    row = ((middle[1] - y) * scale + _WIDE / 2).astype(np.int64)
    # Depth in the high bits and the point in the low bits: one maximum per
    # pixel finds the nearest point and remembers which one it was.
    depth = (1 + (z - low[2]) * 4096).astype(np.int64)
    wide = _WIDE + 2
    best = np.zeros((wide, wide), np.int64)
    np.maximum.at(best.reshape(-1), (row + 1) * wide + column + 1, depth << 32 | front)
    # Each point covers 3 x 3 pixels, which leaves no gaps.
    best = np.maximum(np.maximum(best[:-2], best[1:-1]), best[2:])
    best = np.maximum(np.maximum(best[:, :-2], best[:, 1:-1]), best[:, 2:])
    nearest = np.where(best > 0, best & 0xFFFFFFFF, -1)
    return nearest, (best >> 32).astype(np.float32) / 4096


def _rotated(rotation: Array, vectors: Array) -> Array:
    """Rotate many vectors."""
    # The @ operator would start threads for this small job, which takes far
    # longer than the job on a machine that has other work.
    rotated: Array = np.einsum("ij,jk->ik", rotation, vectors)
    return rotated


def _occlusion(seen: NDArray[np.bool_], depth: Array) -> Array:
    """Light that reaches each pixel past the nearer things around it."""
    # What is nearby is a blur, so one drawn pixel per final pixel will do.
    coarse = (slice(None, None, _OVER),) * 2
    share = _blurred(seen[coarse].astype(np.float32)).clip(1e-3)
    nearby = _blurred(depth[coarse]) / share
    nearby = nearby.repeat(_OVER, axis=0).repeat(_OVER, axis=1)
    light: Array = 1 - (3.2 * (nearby - depth)).clip(0, 0.55)
    return light


def _blurred(image: Array, reach: int = 3) -> Array:
    """Mean over a square window."""
    for axis in (0, 1):
        width = [(reach + 1, reach) if i == axis else (0, 0) for i in (0, 1)]
        total = np.pad(image, width).cumsum(axis=axis, dtype=np.float32)
        last = np.arange(2 * reach + 1, total.shape[axis])
        image = total.take(last, axis) - total.take(last - 2 * reach - 1, axis)
        image /= 2 * reach + 1
    return image


def _lit(colours: Array, normals: Array, gloss: Array, light: Array) -> Array:
    """Colours from 0 to 255 as they look under the lights."""
    key = ((_KEY_LIGHT @ normals + 0.2) / 1.2).clip(0)
    fill = (_FILL_LIGHT @ normals).clip(0)
    diffuse = (0.30 + 0.80 * key + 0.12 * fill) * (0.80 + 0.20 * normals[2]) * light
    middle = _KEY_LIGHT + vector(0, 0, 1)
    mirror = ((middle / np.linalg.norm(middle)) @ normals).clip(0) ** 14
    sparkle = gloss * light * (0.75 * mirror**5 + 0.22 * mirror)
    lit: Array = (255 * (colours * diffuse + sparkle)).clip(0, 255)
    return lit
