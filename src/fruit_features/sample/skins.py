"""Skins: the colour and relief of each kind of fruit."""

from __future__ import annotations

import numpy as np

from fruit_features.sample.surfaces import Array, Paint, Skin, Surface
from fruit_features.sample.texture import (
    blend,
    distance,
    noise,
    ramp,
    rgb,
    scattered,
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
        wax = ramp(noise(surface, rng, 5) + 0.5 * noise(surface, rng, 22), -0.4, 1.6)
        colour = blend(colour, rgb("a9adc9"), bloom * wax)
        seam = np.exp(-(((surface.angle - 2.0) / 0.16) ** 2))
        depth = groove * seam * np.sin(np.pi * surface.along)
        colour = colour * (1 - 3 * depth[..., None])
        return Paint(colour, -depth, gloss)

    return skin


def peach(surface: Surface, rng: np.random.Generator) -> Paint:
    """Yellow with a red blush on one side, downy, with a seam."""
    side = np.cos(surface.angle - 3.4) + 0.7 * noise(surface, rng, 2.2)
    fine = noise(surface, rng, 9, (1, 0.5, 1)) + 0.6 * noise(surface, rng, 30)
    blush = ramp(side + 0.3 * fine, -0.9, 1.2)
    colour = blend(rgb("f7b851"), rgb("c9372e"), blush)
    seam = np.exp(-(((surface.angle - 2.0) / 0.17) ** 2))
    depth = 0.07 * seam * np.sin(np.pi * surface.along) ** 0.7
    colour = colour * (1 - 2.5 * depth[..., None])
    down = 0.0012 * noise(surface, rng, 120)
    return Paint(colour, down - depth, 0.05)


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
        lines = noise(surface, rng, 26, (1, 0.09, 1)) + noise(surface, rng, 3)
        colour = blend(rgb(base), rgb(streak), streaky * ramp(lines, -0.6, 2.2))
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
        pores = noise(surface, rng, 42)
        patches = 0.35 * noise(surface, rng, 2.5)
        colour = blend(rgb(flesh), rgb(shade), 0.25 + patches + 0.13 * pores)
        ends = ramp(abs(surface.along - 0.5), 0.42, 0.5)
        colour = blend(colour, rgb(tip), 0.7 * ends)
        return Paint(colour, -0.0065 * pores.clip(-1, 2), 0.38)

    return skin


def banana(surface: Surface, rng: np.random.Generator) -> Paint:
    """Yellow with five edges, green necks, dark tips and brown flecks."""
    colour = blend(rgb("f6d02f"), rgb("e0ae1c"), 0.4 + 0.3 * noise(surface, rng, 4))
    edges = np.cos(5 * surface.angle)
    colour = colour * (1 - 0.13 * ramp(edges, 0.75, 1.0)[..., None])
    ends = ramp(abs(surface.along - 0.5), 0.30, 0.43)
    colour = blend(colour, rgb("a8a83a"), 0.6 * ends)
    flecks = ramp(noise(surface, rng, 22, (1, 0.35, 1)), 1.9, 2.5)
    colour = blend(colour, rgb("6b4416"), 0.75 * flecks)
    tips = ramp(surface.along, 0.055, 0.03) + ramp(surface.along, 0.955, 0.985)
    colour = blend(colour, rgb("4a3420"), tips)
    return Paint(colour, 0.02 * edges * ramp(surface.radius, 0.08, 0.25), 0.22)


def strawberry(surface: Surface, rng: np.random.Generator) -> Paint:
    """Glossy red with yellow seeds in dimples, paler under the leaves."""
    colour = blend(rgb("cf1520"), rgb("a80d1b"), 0.5 + 0.4 * noise(surface, rng, 2))
    colour = blend(colour, rgb("f0b295"), 0.75 * ramp(surface.along, 0.70, 0.86))
    gaps = distance(surface, scattered(surface, 190), (1, 0.62, 1))
    dimple = np.exp(-((gaps / 0.05) ** 2))
    colour = colour * (1 - 0.35 * dimple[..., None])
    seed = ramp(gaps, 0.027, 0.018)
    colour = blend(colour, rgb("f3cf62"), seed)
    relief = 0.02 * seed - 0.045 * dimple + 0.015 * noise(surface, rng, 4)
    return Paint(colour, relief, 0.6)


def raspberry(surface: Surface, rng: np.random.Generator) -> Paint:
    """Round beads packed together, dark between them."""
    gaps = distance(surface, scattered(surface, 105))
    bead = np.sqrt((1 - (gaps / 0.215) ** 2).clip(0))
    colour = blend(rgb("5e0a1c"), rgb("d8304f"), bead * 1.1)
    colour = blend(colour, rgb("f0a0ae"), 0.12 + 0.08 * noise(surface, rng, 60))
    return Paint(colour, 0.15 * bead, 0.42)


def watermelon(surface: Surface, rng: np.random.Generator) -> Paint:
    """Pale green with jagged dark stripes from pole to pole."""
    wobble = 0.55 * noise(surface, rng, 7) + 0.35 * noise(surface, rng, 20)
    stripe = ramp(np.cos(10 * surface.angle) + 0.75 * wobble, -0.15, 0.35)
    net = ramp(abs(noise(surface, rng, 16)), 0.35, 0.0)
    colour = blend(rgb("a9c46b"), rgb("6d9a48"), 0.75 * net)
    dark = blend(rgb("1c4a23"), rgb("2b6131"), net)
    colour = blend(colour, dark, stripe)
    colour = blend(colour, rgb("c9c77c"), 0.7 * ramp(surface.along, 0.06, 0.0))
    return Paint(colour, 0.004 * noise(surface, rng, 5), 0.4)


def kiwi(surface: Surface, rng: np.random.Generator) -> Paint:
    """Brown felt."""
    hairs = noise(surface, rng, 70, (1, 0.3, 1)) + noise(surface, rng, 45, (1, 0.5, 1))
    patches = noise(surface, rng, 3)
    colour = blend(rgb("b08c55"), rgb("6e5029"), 0.4 + 0.2 * hairs + 0.15 * patches)
    ends = ramp(abs(surface.along - 0.5), 0.43, 0.5)
    colour = blend(colour, rgb("4b3518"), 0.8 * ends)
    return Paint(colour, 0.005 * hairs, 0.0)


def pineapple(surface: Surface, rng: np.random.Generator) -> Paint:
    """Diamond eyes on crossing spirals, each with a dry spike."""
    turns = surface.angle * 8 / (2 * np.pi)
    rise = surface.along * 7.5
    right = (turns + rise) % 1 - 0.5
    left = (turns - rise) % 1 - 0.5
    edge = np.maximum(abs(right), abs(left))
    dome = ramp(edge, 0.5, 0.15)
    colour = blend(rgb("5a3a14"), rgb("d9962b"), dome)
    green = ramp(noise(surface, rng, 4) + 1.6 * (surface.along - 0.5), -0.2, 1.4)
    colour = blend(colour, rgb("7d8a35"), 0.6 * green * dome)
    spike = ramp(np.hypot(right, left), 0.17, 0.06)
    colour = blend(colour, rgb("4a2c14"), 0.9 * spike)
    dry = noise(surface, rng, 50)
    colour = colour * (1 + 0.10 * dry[..., None])
    return Paint(colour, 0.055 * dome + 0.035 * spike + 0.004 * dry, 0.15)


def pear(surface: Surface, rng: np.random.Generator) -> Paint:
    """Yellow green with brown freckles and a faint blush."""
    colour = blend(rgb("c3c148"), rgb("98a83a"), 0.5 + 0.35 * noise(surface, rng, 3))
    blush = np.cos(surface.angle - 1) + 0.5 * noise(surface, rng, 3)
    colour = blend(colour, rgb("d28a3e"), 0.45 * ramp(blush, 0.2, 1.6))
    colour = blend(colour, rgb("6d5a24"), 0.75 * spots(surface, rng, 420, 0.021))
    rust = ramp(surface.along + 0.03 * noise(surface, rng, 12), 0.90, 0.97)
    return Paint(blend(colour, rgb("8d6b34"), 0.7 * rust), rust * 0, 0.25)


def carrot(surface: Surface, rng: np.random.Generator) -> Paint:
    """Orange with dark rings across it."""
    rings = noise(surface, rng, 30, (0.12, 1, 0.12))
    broken = noise(surface, rng, 4)
    crease = ramp(rings, 0.7, 1.8) * ramp(broken, -0.3, 0.8)
    colour = blend(rgb("f08a24"), rgb("e06a14"), 0.5 + 0.3 * rings)
    colour = blend(colour, rgb("a4480f"), 0.6 * crease)
    colour = blend(colour, rgb("8a7a30"), 0.8 * ramp(surface.along, 0.955, 1.0))
    return Paint(colour, 0.006 * rings - 0.016 * crease, 0.25)


def corn(surface: Surface, rng: np.random.Generator) -> Paint:
    """Yellow kernels in straight rows."""
    rows = surface.angle * 14 / (2 * np.pi)
    # Neighbouring rows are shifted, as kernels are on a real cob.
    level = surface.height * 10 + 0.5 * (np.floor(rows) % 2)
    across, upwards = abs(rows % 1 - 0.5), abs(level % 1 - 0.5)
    edge = (across**3 + upwards**3) ** (1 / 3)
    dome = ramp(edge, 0.54, 0.28)
    pick = rng.uniform(size=(14, 64))
    shade = pick[np.floor(rows).astype(int) % 14, np.floor(level).astype(int) % 64]
    kernel = blend(rgb("fbd84a"), rgb("eeb01e"), shade)
    colour = blend(rgb("a8761a"), kernel, dome)
    return Paint(colour, 0.045 * dome, 0.4)


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


def blueberry(surface: Surface, rng: np.random.Generator) -> Paint:
    """Dark blue under pale wax, with a star where the flower was."""
    wax = noise(surface, rng, 3) + 0.5 * noise(surface, rng, 12)
    colour = blend(rgb("2a3566"), rgb("7f90c2"), 0.42 + 0.22 * wax)
    crater = ramp(surface.along, 0.86, 0.93)
    colour = blend(colour, rgb("151a30"), crater)
    return Paint(colour, 0.004 * wax, 0.12)
