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
    """A skin with streaks along it, for stems, leaves and husks.

    Args:
        dark: Colour of the foot.
        light: Colour of the tip.
        gloss: Strength of the highlight.

    Returns:
        The skin.
    """

    def skin(surface: Surface, rng: np.random.Generator) -> Paint:
        streaks = noise(surface, rng, 40, (1, 0.1, 1))
        colour = blend(rgb(dark), rgb(light), surface.along + 0.15 * streaks)
        colour = colour * (1 + 0.08 * streaks[..., None])
        return Paint(colour, 0.004 * streaks, gloss)

    return skin


def smooth(
    low: str, high: str, gloss: float, bloom: float = 0.0, groove: float = 0.0
) -> Skin:
    """A taut skin such as that of a plum.

    Args:
        low: One colour of its patches.
        high: The other colour.
        gloss: Strength of the highlight.
        bloom: Strength of the pale wax on it.
        groove: Depth of the seam down one side.

    Returns:
        The skin.
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
    """An apple skin: streaks from the stem, pale dots, a tinted hollow.

    Args:
        base: Main colour.
        streak: Colour of the streaks.
        top: Colour around the stem.
        streaky: How much of the skin the streaks take, from 0 to 1.

    Returns:
        The skin.
    """

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
    """A peel with pores.

    Args:
        flesh: Main colour.
        shade: Colour of darker patches and of the pores.
        tip: Colour of the two ends.

    Returns:
        The skin.
    """

    def skin(surface: Surface, rng: np.random.Generator) -> Paint:
        pores = noise(surface, rng, 48)
        patches = 0.2 * noise(surface, rng, 2.5)
        colour = blend(rgb(flesh), rgb(shade), 0.25 + patches + 0.09 * pores)
        ends = ramp(abs(surface.along - 0.5), 0.42, 0.5)
        colour = blend(colour, rgb(tip), 0.7 * ends)
        return Paint(colour, -0.0035 * pores.clip(-1, 2.5), 0.4)

    return skin


def lobed(colour: str, deep: str, lobes: int, depth: float, gloss: float) -> Skin:
    """A glossy skin over a fruit with lobes, such as a pepper.

    Args:
        colour: Main colour.
        deep: Colour in the furrows.
        lobes: How many.
        depth: Depth of the furrows between them.
        gloss: Strength of the highlight.

    Returns:
        The skin.
    """

    def skin(surface: Surface, rng: np.random.Generator) -> Paint:
        wander = 0.35 * noise(surface, rng, 0.9)
        furrow = 1 - abs(np.sin(lobes * surface.angle / 2 + wander))
        furrow = furrow**2 * np.sin(np.pi * surface.along)
        patches = 0.15 * noise(surface, rng, 2.5)
        paint = blend(rgb(colour), rgb(deep), 0.15 + 0.6 * furrow + patches)
        bumps: Array = 0.02 * noise(surface, rng, 2.5)
        return Paint(paint, bumps - depth * furrow, gloss)

    return skin
