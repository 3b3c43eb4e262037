"""The kinds of fruit, each declared as parts with a shape and a skin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fruit_features.sample import skins
from fruit_features.sample.surfaces import Part, Profile, Skin
from fruit_features.sample.texture import GOLDEN_ANGLE


@dataclass(frozen=True)
class Kind:
    """A kind of fruit and how it is shown.

    Attributes:
        name: Its name without the mark that it is generated.
        parts: What it is made of; about 2 units across in all.
        tilt: Degrees its top leans to the camera, on average.
        swing: How far that lean goes up and down during a turn.
        roll: Degrees it is turned clockwise in the picture.
    """

    name: str
    parts: tuple[Part, ...]
    tilt: float = 14.0
    swing: float = 16.0
    roll: float = 0.0

    @property
    def label(self) -> str:
        """Name of its folder; says that the pictures are generated."""
        return f"{self.name} (generated)"


_WOOD = skins.plain("4a331a", "7a5a33")
_GREEN_STEM = skins.plain("6b8f3a", "4f6f2a")
_LEAF = skins.plain("5c9a34", "3f7a28")


def _stem(length: float, radius: float, skin: Skin = _WOOD, **place: object) -> Part:
    """A stem that widens a little to its end."""
    profile = ((0.0, 0.0), (radius, 0.01), (radius, 0.6 * length))
    tip = ((1.35 * radius, length), (0.0, 1.01 * length))
    return replace(Part(profile + tip, skin), **place)  # type: ignore[arg-type]


def _leaves(
    count: int,
    length: float,
    width: float,
    height: float,
    lean: float,
    bend: float,
    skin: Skin = _LEAF,
    thick: float = 0.14,
) -> tuple[Part, ...]:
    """A ring of pointed leaves around the axis."""
    outline = ((0.0, 0.0), (0.8, 0.22), (1.0, 0.42), (0.55, 0.75), (0.0, 1.0))
    profile = tuple((r * width / 2, y * length) for r, y in outline)
    leaf = Part(profile, skin, (thick, 1, 1), bend, lean, at=(0, height, 0))
    return tuple(replace(leaf, turn=360 * i / count) for i in range(count))


def _ball(radius: float, stretch: float = 1.0) -> Profile:
    """Outline of a ball around the origin."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 9)
    return tuple(
        (float(radius * np.cos(a)), float(stretch * radius * np.sin(a))) for a in angles
    )


def _bunch() -> tuple[Part, ...]:
    """Grapes hanging in a cone, with a stem."""
    rows = ((0.62, 7, 0.40), (0.40, 9, 0.58), (0.10, 9, 0.60), (-0.20, 8, 0.50))
    rows += ((-0.48, 6, 0.36), (-0.74, 3, 0.17), (-0.92, 1, 0.0))
    skin = skins.smooth("2b2350", "4b3478", 0.3, bloom=0.35)
    grape = Part(_ball(0.235, 1.12), skin)
    grapes = []
    for row, (height, count, reach) in enumerate(rows):
        for i in range(count):
            angle = 2 * np.pi * i / count + GOLDEN_ANGLE * row
            wave = 0.06 * np.sin(5 * angle + row)
            place = (reach * np.cos(angle), height + wave, reach * np.sin(angle))
            grapes.append(replace(grape, at=place))
    return (*grapes, _stem(0.62, 0.05, at=(0, 0.68, 0), bend=0.5))


def _crown() -> tuple[Part, ...]:
    """The tuft on a pineapple."""
    skin = skins.plain("7d9a6a", "3f6b3a")
    rings = ((8, 0.34, 0.16, 62.0), (7, 0.46, 0.15, 42.0), (6, 0.54, 0.14, 24.0))
    rings += ((4, 0.58, 0.12, 8.0),)
    leaves: list[Part] = []
    for row, (count, length, width, lean) in enumerate(rings):
        ring = _leaves(count, length, width, 0.34, lean, 0.5, skin)
        leaves += [replace(part, turn=part.turn + 25 * row) for part in ring]
    return tuple(leaves)


_APPLE: Profile = (
    ((0.0, -0.70), (0.16, -0.78), (0.38, -0.84), (0.72, -0.62), (0.94, -0.15))
    + ((1.0, 0.22), (0.90, 0.60), (0.62, 0.82), (0.32, 0.79), (0.12, 0.62))
    + ((0.0, 0.54),)
)
_APPLE_STEM = _stem(0.52, 0.04, at=(0, 0.5, 0), lean=8, bend=0.7)
_LEMON: Profile = (
    ((0.0, -0.98), (0.10, -0.96), (0.19, -0.86), (0.42, -0.70), (0.66, -0.38))
    + ((0.73, 0.0), (0.65, 0.40), (0.40, 0.70), (0.22, 0.80), (0.13, 0.88))
    + ((0.0, 0.91),)
)
_STONE: Profile = (
    ((0.0, -0.93), (0.30, -0.88), (0.72, -0.62), (0.96, -0.10), (0.92, 0.36))
    + ((0.64, 0.72), (0.30, 0.80), (0.10, 0.72), (0.0, 0.66))
)
_PEAR: Profile = (
    ((0.0, -0.86), (0.14, -0.93), (0.42, -0.92), (0.70, -0.66), (0.74, -0.32))
    + ((0.60, 0.08), (0.40, 0.42), (0.31, 0.68), (0.22, 0.82), (0.0, 0.82))
)
_STRAWBERRY: Profile = (
    ((0.0, -0.98), (0.16, -0.92), (0.42, -0.58), (0.66, -0.10), (0.76, 0.32))
    + ((0.60, 0.60), (0.28, 0.66), (0.0, 0.62))
)
_RASPBERRY: Profile = (
    ((0.0, -0.92), (0.28, -0.84), (0.52, -0.50), (0.66, 0.0), (0.68, 0.42))
    + ((0.52, 0.70), (0.34, 0.66), (0.24, 0.40), (0.0, 0.30))
)
_PEPPER: Profile = (
    ((0.0, -0.78), (0.22, -0.88), (0.52, -0.84), (0.72, -0.40), (0.82, 0.20))
    + ((0.80, 0.58), (0.54, 0.78), (0.24, 0.70), (0.0, 0.60))
)
_TOMATO: Profile = (
    ((0.0, -0.78), (0.40, -0.76), (0.82, -0.46), (1.0, 0.0), (0.88, 0.46))
    + ((0.54, 0.68), (0.22, 0.66), (0.0, 0.58))
)
_BANANA: Profile = (
    ((0.0, -1.30), (0.05, -1.29), (0.075, -1.18), (0.20, -0.98), (0.28, -0.55))
    + ((0.30, 0.0), (0.28, 0.55), (0.19, 0.92), (0.085, 1.08), (0.07, 1.28))
    + ((0.09, 1.40), (0.0, 1.41))
)
_CARROT: Profile = (
    ((0.0, -1.30), (0.03, -1.2), (0.12, -0.70), (0.22, 0.0), (0.31, 0.48))
    + ((0.27, 0.64), (0.12, 0.66), (0.0, 0.62))
)
_COB: Profile = (
    ((0.0, -1.0), (0.26, -0.94), (0.38, -0.5), (0.38, 0.1), (0.30, 0.65))
    + ((0.16, 1.0), (0.0, 1.1))
)
_EGGPLANT: Profile = (
    ((0.0, -1.05), (0.25, -1.0), (0.50, -0.72), (0.54, -0.36), (0.44, 0.10))
    + ((0.32, 0.50), (0.26, 0.74), (0.12, 0.86), (0.0, 0.88))
)
_BLUEBERRY: Profile = (
    ((0.0, -0.80), (0.45, -0.74), (0.88, -0.38), (1.0, 0.02), (0.86, 0.46))
    + ((0.52, 0.72), (0.36, 0.78), (0.30, 0.66), (0.0, 0.60))
)
_PINEAPPLE: Profile = (
    ((0.0, -1.0), (0.30, -0.98), (0.50, -0.72), (0.56, -0.35), (0.53, 0.05))
    + ((0.38, 0.32), (0.16, 0.40), (0.0, 0.40))
)
_CHERRY = Part(_ball(0.52, 0.93), skins.smooth("7d0a1c", "b01226", 0.9))
_HUSK = skins.plain("8fb04e", "b9cc78")

KINDS: tuple[Kind, ...] = (
    Kind(
        "Apple Green",
        (
            Part(_APPLE, skins.apple("8fb531", "b9cf5a", "6f9a2c", 0.5)),
            _APPLE_STEM,
        ),
    ),
    Kind(
        "Apple Red",
        (Part(_APPLE, skins.apple("a3131f", "e0963c", "c2a040", 0.75)), _APPLE_STEM),
    ),
    Kind("Banana", (Part(_BANANA, skins.banana, bend=0.75),), 5, 15, 40),
    Kind(
        "Blueberry",
        (
            Part(_BLUEBERRY, skins.blueberry),
            *_leaves(5, 0.30, 0.34, 0.68, 18, 0.9, skins.plain("37426f", "20284a")),
        ),
        30,
        22,
    ),
    Kind(
        "Carrot",
        (
            Part(_CARROT, skins.carrot),
            *_leaves(5, 0.62, 0.10, 0.58, 22, 0.5, _LEAF, 0.6),
            *_leaves(3, 0.75, 0.10, 0.58, 8, -0.4, _LEAF, 0.6),
        ),
        0,
        14,
        40,
    ),
    Kind(
        "Cherry",
        (
            replace(_CHERRY, at=(-0.50, -0.52, 0)),
            replace(_CHERRY, at=(0.52, -0.40, 0.1)),
            _stem(1.22, 0.03, _GREEN_STEM, at=(-0.50, -0.08, 0), lean=28, bend=-0.3),
            _stem(1.08, 0.03, _GREEN_STEM, at=(0.52, 0.02, 0.1), lean=-26, bend=0.3),
        ),
        8,
        12,
    ),
    Kind(
        "Corn",
        (
            Part(_COB, skins.corn),
            *_leaves(4, 1.35, 0.75, -1.05, 24, -0.45, _HUSK, 0.10),
            *_leaves(3, 1.1, 0.6, -1.05, 38, -0.3, _HUSK, 0.10),
        ),
        0,
        14,
        32,
    ),
    Kind(
        "Eggplant",
        (
            Part(_EGGPLANT, skins.smooth("25102b", "3a1740", 0.75), bend=0.25),
            *_leaves(5, 0.42, 0.28, 0.86, 152, 0.6, _GREEN_STEM),
            _stem(0.34, 0.09, _GREEN_STEM, at=(0.08, 0.82, 0), lean=14),
        ),
        6,
        16,
        30,
    ),
    Kind("Grape Blue", _bunch(), 2, 10),
    Kind("Kiwi", (Part(_ball(0.78, 1.22), skins.kiwi), _stem(0.08, 0.07, at=(0, 0.93, 0))), 8, 24, 50),
    Kind("Lemon", (Part(_LEMON, skins.citrus("f7d02c", "e3b11c", "b9b03a")),), 5, 18, 60),
    Kind(
        "Orange",
        (
            Part(_ball(1.0, 0.97), skins.citrus("f28a14", "d8690a", "c46a12")),
            *_leaves(5, 0.14, 0.10, 0.955, 85, 0.5, _GREEN_STEM),
        ),
        28,
        24,
    ),
    Kind("Peach", (Part(_STONE, skins.peach), _stem(0.16, 0.05, at=(0, 0.66, 0)))),
    Kind("Pear", (Part(_PEAR, skins.pear), _stem(0.34, 0.035, at=(0, 0.78, 0), lean=6, bend=1.0)), 6, 16, 8),
    Kind(
        "Pepper Red",
        (
            Part(_PEPPER, skins.lobed("d0121a", "8a0610", 4, 0.20, 0.85)),
            _stem(0.48, 0.09, _GREEN_STEM, at=(0, 0.55, 0), lean=6, bend=0.8),
        ),
        18,
    ),
    Kind("Pineapple", (Part(_PINEAPPLE, skins.pineapple), *_crown()), 4, 14),
    Kind(
        "Plum",
        (
            Part(_STONE, skins.smooth("3a1440", "6d1a3c", 0.4, 0.45, 0.06), (0.86, 1, 0.86)),
            _stem(0.3, 0.03, at=(0, 0.62, 0), bend=1.0),
        ),
    ),
    Kind("Raspberry", (Part(_RASPBERRY, skins.raspberry),), 10, 28),
    Kind(
        "Strawberry",
        (
            Part(_STRAWBERRY, skins.strawberry),
            *_leaves(9, 0.60, 0.26, 0.60, 78, 0.9),
            _stem(0.32, 0.035, _GREEN_STEM, at=(0, 0.6, 0), bend=0.8),
        ),
        12,
    ),
    Kind(
        "Tomato",
        (
            Part(_TOMATO, skins.lobed("d62414", "a8140c", 5, 0.045, 0.8)),
            *_leaves(6, 0.55, 0.15, 0.60, 72, 0.7, _GREEN_STEM),
            _stem(0.26, 0.045, _GREEN_STEM, at=(0, 0.58, 0), bend=0.8),
        ),
        28,
        18,
    ),
    Kind("Watermelon", (Part(_ball(0.98, 0.97), skins.watermelon), _stem(0.14, 0.03, at=(0, 0.93, 0))), 12, 20, 20),
)
