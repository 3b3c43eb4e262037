"""Skins that several kinds of fruit share: their colour and relief."""

from __future__ import annotations

import numpy as np

from fruit_sample.surfaces import Array, Paint, Skin, Surface
from fruit_sample.texture import (
    blend,
    noise,
    ramp,
    rgb,
    spots,
)


def plain(dark: str, light: str, gloss: float = 0.15) -> Skin:
    """Make a skin with streaks from foot to tip, for stems, leaves and husks."""

    def skin(surface: Surface, rng: np.random.Generator) -> Paint:
        streaks = noise(surface, rng, 40, (1, 0.1, 1))
        colour = blend(rgb(dark), rgb(light), surface.along + 0.15 * streaks)
        colour = colour * (1 + 0.08 * streaks[..., None])
        return Paint(colour, 0.004 * streaks, gloss)

    return skin


def smooth(
    low: str, high: str, gloss: float, bloom: float = 0.0, groove: float = 0.0
) -> Skin:
    """Make a taut skin such as that of a plum.

    Args:
        low: One colour of its patches.
        high: The other colour.
        gloss: Strength of the highlight.
        bloom: Strength of the pale wax on it.
        groove: Depth of the seam down one side.
    """

    def skin(surface: Surface, rng: np.random.Generator) -> Paint:
        patches = noise(surface, rng, 1.6) + 0.25 * noise(surface, rng, 14)
        colour = blend(rgb(low), rgb(high), 0.5 + 0.4 * patches)
        wax = ramp(noise(surface, rng, 3) + 0.4 * noise(surface, rng, 14), -1.5, 2.5)
        colour = blend(colour, rgb("a9adc9"), bloom * wax)
        seam = np.exp(-(((surface.angle - 2.0) / 0.16) ** 2))
        depth = groove * seam * np.sin(np.pi * surface.along)
        colour = colour * (1 - 3 * depth[..., None])
        return Paint(colour, -depth, gloss)

    return skin


def apple(base: str, streak: str, top: str, streaky: float) -> Skin:
    """Make a skin with streaks (a share of it, 0 to 1), pale dots, a tinted hollow."""

    def skin(surface: Surface, rng: np.random.Generator) -> Paint:
        lines = noise(surface, rng, 38, (1, 0.05, 1)) + 0.7 * noise(surface, rng, 2)
        colour = blend(rgb(base), rgb(streak), streaky * ramp(lines, -0.8, 2.8))
        dots = spots(surface, rng, 130, 0.02)
        colour = blend(colour, rgb("ecdc9e"), 0.6 * dots)
        hollow = ramp(surface.along + 0.015 * lines, 0.72, 0.95)
        colour = blend(colour, rgb(top), 0.85 * hollow)
        shoulders = np.cos(5 * surface.angle) * ramp(surface.along, 0.5, 0.1)
        return Paint(colour, 0.018 * shoulders, 0.55)

    return skin


def citrus(flesh: str, shade: str, tip: str) -> Skin:
    """Make a peel with darker patches and pores, and a tip at each end."""

    def skin(surface: Surface, rng: np.random.Generator) -> Paint:
        pores = noise(surface, rng, 48)
        patches = 0.2 * noise(surface, rng, 2.5)
        colour = blend(rgb(flesh), rgb(shade), 0.25 + patches + 0.09 * pores)
        ends = ramp(abs(surface.along - 0.5), 0.42, 0.5)
        colour = blend(colour, rgb(tip), 0.7 * ends)
        return Paint(colour, -0.0035 * pores.clip(-1, 2.5), 0.4)

    return skin


def lobed(colour: str, deep: str, lobes: int, depth: float, gloss: float) -> Skin:
    """Make a glossy skin with furrows between lobes, such as a pepper's."""

    def skin(surface: Surface, rng: np.random.Generator) -> Paint:
        wander = 0.35 * noise(surface, rng, 0.9)
        furrow = 1 - abs(np.sin(lobes * surface.angle / 2 + wander))
        furrow = furrow**2 * np.sin(np.pi * surface.along)
        patches = 0.15 * noise(surface, rng, 2.5)
        paint = blend(rgb(colour), rgb(deep), 0.15 + 0.6 * furrow + patches)
        bumps: Array = 0.02 * noise(surface, rng, 2.5)
        return Paint(paint, bumps - depth * furrow, gloss)

    return skin
