"""Skins that only one kind of fruit has: their colour and relief."""

from __future__ import annotations

import numpy as np

from fruit_sample.surfaces import Array, Paint, Surface
from fruit_sample.texture import (
    blend,
    distance,
    noise,
    ramp,
    rgb,
    scattered,
    spots,
)


def peach(surface: Surface, rng: np.random.Generator) -> Paint:
    """Yellow with a red blush on one side, downy, with a seam."""
    side = np.cos(surface.angle - 3.4) + 0.5 * noise(surface, rng, 2)
    fine = noise(surface, rng, 9, (1, 0.4, 1)) + noise(surface, rng, 34)
    blush = ramp(side + 0.16 * fine, -1.8, 1.7)
    colour = blend(rgb("f8bf63"), rgb("cf3a34"), blush)
    seam = np.exp(-(((surface.angle - 2.0) / 0.17) ** 2))
    depth = 0.08 * seam * np.sin(np.pi * surface.along)
    colour = colour * (1 - 2 * depth[..., None])
    down = 0.0012 * noise(surface, rng, 120)
    return Paint(colour, down - depth, 0.05)


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
    gaps = distance(surface, scattered(surface, 190), 0.15, (1, 0.62, 1))
    dimple = np.exp(-((gaps / 0.05) ** 2))
    colour = colour * (1 - 0.35 * dimple[..., None])
    seed = ramp(gaps, 0.027, 0.018)
    colour = blend(colour, rgb("f3cf62"), seed)
    relief = 0.02 * seed - 0.045 * dimple + 0.015 * noise(surface, rng, 4)
    return Paint(colour, relief, 0.6)


def raspberry(surface: Surface, rng: np.random.Generator) -> Paint:
    """Round beads packed together, dark between them."""
    gaps = distance(surface, scattered(surface, 95), 0.22)
    bead = np.sqrt((1 - (gaps / 0.20) ** 2).clip(0))
    colour = blend(rgb("4a0616"), rgb("dc3350"), bead * 1.15 - 0.05)
    colour = blend(colour, rgb("f0a0ae"), 0.12 + 0.08 * noise(surface, rng, 60))
    return Paint(colour, 0.12 * bead, 0.42)


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
    """Brown felt; green flesh with black seeds where it is cut across."""
    hairs = noise(surface, rng, 70, (1, 0.3, 1)) + noise(surface, rng, 40, (1, 0.5, 1))
    felt = blend(rgb("a98450"), rgb("6e5029"), 0.4 + 0.2 * hairs)
    x, _, z = np.moveaxis(surface.points, -1, 0)
    out = np.hypot(x, z) / surface.radius.max()
    rays = np.cos(26 * surface.angle + 2 * noise(surface, rng, 2))
    flesh = blend(rgb("8fc22f"), rgb("5d9a1c"), ramp(out, 0.3, 0.95))
    flesh = blend(flesh, rgb("d5e38a"), (0.25 + 0.25 * rays) * ramp(out, 0.8, 0.3))
    flesh = blend(flesh, rgb("eef0c4"), ramp(out + 0.03 * rays, 0.30, 0.20))
    seed = ramp(_seeds(surface, out), 1.0, 0.6)
    flesh = blend(flesh, rgb("1c1710"), seed)
    cut = ramp(surface.normals[..., 1], 0.8, 0.9) * ramp(out, 0.97, 0.94)
    colour = blend(felt, flesh, cut)
    return Paint(colour, 0.005 * hairs * (1 - cut) + 0.01 * seed * cut, 0.12)


def _seeds(surface: Surface, out: Array) -> Array:
    """Distance to the nearest kiwi seed, 1 at its edge."""
    turns = surface.angle * 22 / (2 * np.pi)
    row = np.floor(turns) % 3
    aside = (turns % 1 - 0.5) * out * 2 * np.pi / 22
    return np.hypot(aside / 0.028, (out - 0.40 - 0.06 * row) / 0.055)


def pineapple(surface: Surface, rng: np.random.Generator) -> Paint:
    """Diamond eyes on crossing spirals, each with a dry spike."""
    turns = surface.angle * 7 / (2 * np.pi)
    rise = surface.along * 6
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
    colour = blend(colour, rgb("6d5a24"), 0.75 * spots(surface, rng, 420, 0.03))
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
    colour = blend(colour, rgb("8fb04e"), ramp(surface.along, 0.24, 0.20))
    return Paint(colour, 0.045 * dome, 0.4)


def blueberry(surface: Surface, rng: np.random.Generator) -> Paint:
    """Dark blue under pale wax, with a star where the flower was."""
    wax = noise(surface, rng, 3) + 0.5 * noise(surface, rng, 12)
    colour = blend(rgb("2a3566"), rgb("7f90c2"), 0.42 + 0.22 * wax)
    crater = ramp(surface.along, 0.86, 0.93)
    colour = blend(colour, rgb("151a30"), crater)
    return Paint(colour, 0.004 * wax, 0.12)
