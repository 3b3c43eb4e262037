"""Patterns that the skins are made of."""

from __future__ import annotations

import numpy as np

from fruit_sample.surfaces import Array, Surface, vector

GOLDEN_ANGLE = 2.39996323

_WAVES = 32


def rgb(code: str) -> Array:
    """Read six hexadecimal digits as red, green and blue from 0 to 1."""
    return np.frombuffer(bytes.fromhex(code), np.uint8).astype(np.float32) / 255


def blend(first: Array, second: Array, share: Array) -> Array:
    """Go from one colour, or grid of them, to another by a share, clipped to 0..1."""
    share = share.clip(0, 1)[..., None]
    mixed: Array = first * (1 - share) + second * share
    return mixed


def ramp(values: Array, start: float, end: float) -> Array:
    """Rise smoothly from 0 at `start` to 1 at `end`; with `start` above `end`, fall."""
    t = ((values - start) / (end - start)).clip(0, 1)
    risen: Array = t * t * (3 - 2 * t)
    return risen


def noise(
    surface: Surface,
    rng: np.random.Generator,
    detail: float,
    grain: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Array:
    """Give random smooth bumps with mean 0 and deviation 1.

    Args:
        surface: Where to compute them.
        rng: Source of the pattern.
        detail: Larger numbers give smaller bumps.
        grain: Factor on the detail for each axis; streaks have a small one.
    """
    waves = rng.normal(size=(_WAVES, 3)) * detail * np.array(grain)
    phases = rng.uniform(0, 2 * np.pi, _WAVES)
    total = np.zeros(surface.angle.shape, np.float32)
    for wave, phase in zip(waves.astype(np.float32), phases, strict=True):
        total += np.cos(surface.points @ wave + np.float32(phase))
    return total / np.float32(np.sqrt(_WAVES / 2))


def scattered(surface: Surface, count: int) -> Array:
    """Spread centres, shaped (count, 3), over a surface in spirals as plants do."""
    area = surface.radius[:, 0].cumsum()
    shares = (np.arange(count) + 0.5) / count
    rings = np.searchsorted(area, shares * area[-1])
    columns = surface.angle.shape[1]
    turns = np.arange(count) * GOLDEN_ANGLE / (2 * np.pi) % 1
    centres: Array = surface.points[rings, (turns * columns).astype(int)]
    return centres


def distance(
    surface: Surface,
    centres: Array,
    reach: float,
    squeeze: tuple[float, float, float] = (1, 1, 1),
) -> Array:
    """Measure how far each point is from the nearest centre.

    Args:
        surface: The points.
        centres: The centres.
        reach: Largest distance of interest, and returned; it saves time.
        squeeze: Factor on each axis; below 1 the spots get longer there.
    """
    points = surface.points * vector(*squeeze)
    best = np.full(surface.angle.shape, reach**2, np.float32)
    heights = points[:, 0, 1]
    for centre in centres * vector(*squeeze):
        rings = np.flatnonzero(abs(heights - centre[1]) < reach)
        offset = points[rings] - centre
        near = np.einsum("...i,...i", offset, offset)
        best[rings] = np.minimum(best[rings], near)
    return np.sqrt(best)


def spots(surface: Surface, rng: np.random.Generator, count: int, size: float) -> Array:
    """Draw spots at random: 1 in the middle of each, 0 outside; `size` is a radius."""
    centres = scattered(surface, count)
    centres = centres + rng.normal(scale=0.06, size=centres.shape)
    return ramp(distance(surface, centres.astype(np.float32), size), size, size / 3)
