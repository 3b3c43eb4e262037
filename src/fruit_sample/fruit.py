"""The kinds of fruit, each declared as parts with a shape and a skin."""

from __future__ import annotations

from dataclasses import dataclass

from fruit_sample import own_skins, shapes, skins
from fruit_sample.shapes import ball, leaf, ring, stem
from fruit_sample.surfaces import Part


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


_FLAT = (0.14, 1.0, 1.0)
_FLATTER = (0.10, 1.0, 1.0)
_THICK = (0.6, 1.0, 1.0)

_WOOD = skins.plain("4a331a", "7a5a33")
_GREEN = skins.plain("6b8f3a", "4f6f2a")
_LEAF = skins.plain("5c9a34", "3f7a28")
_HUSK = skins.plain("8fb04e", "b9cc78")
_SEPAL = skins.plain("37426f", "4a5785")
_TUFT = skins.plain("7d9a6a", "3f6b3a")
_GREEN_APPLE = skins.apple("8fb531", "b9cf5a", "6f9a2c", 0.5)
_RED_APPLE = skins.apple("a0121e", "e08a3a", "c2a040", 0.6)
_CHERRY = skins.smooth("7d0a1c", "b01226", 0.9)
_GRAPE = skins.smooth("3d1f5c", "5b2c6f", 0.45, bloom=0.3)
_EGGPLANT = skins.smooth("25102b", "3a1740", 0.75)
_PLUM = skins.smooth("34123c", "6a1a40", 0.4, bloom=0.4, groove=0.06)
_LEMON = skins.citrus("f7d02c", "e3b11c", "b9b03a")
_ORANGE = skins.citrus("f28a14", "d8690a", "c46a12")
_PEPPER = skins.lobed("d0121a", "8a0610", 4, 0.20, 0.85)
_TOMATO = skins.lobed("d62414", "b0180e", 6, 0.035, 0.8)

_APPLE_STEM = Part(stem(0.52, 0.04), _WOOD, bend=0.7, lean=8, at=(0, 0.5, 0))

KINDS: tuple[Kind, ...] = (
    Kind("Apple Green", (Part(shapes.APPLE, _GREEN_APPLE), _APPLE_STEM)),
    Kind("Apple Red", (Part(shapes.APPLE, _RED_APPLE), _APPLE_STEM)),
    Kind(
        "Banana",
        (Part(shapes.BANANA, own_skins.banana, bend=0.75),),
        tilt=5,
        swing=15,
        roll=40,
    ),
    Kind(
        "Blueberry",
        (
            Part(shapes.BLUEBERRY, own_skins.blueberry),
            *ring(5, Part(leaf(0.66, 0.34), _SEPAL, _FLAT, 0.5, 30, at=(0, 0.42, 0))),
        ),
        tilt=30,
        swing=22,
    ),
    Kind(
        "Carrot",
        (
            Part(shapes.CARROT, own_skins.carrot),
            *ring(6, Part(leaf(0.56, 0.13), _LEAF, _THICK, 0.5, 28, at=(0, 0.62, 0))),
            *ring(4, Part(leaf(0.66, 0.13), _LEAF, _THICK, -0.4, 10, at=(0, 0.62, 0))),
        ),
        tilt=0,
        swing=14,
        roll=40,
    ),
    Kind(
        "Cherry",
        (
            Part(ball(0.62, 0.94), _CHERRY, at=(-0.52, -0.48, 0)),
            Part(ball(0.62, 0.94), _CHERRY, at=(0.54, -0.34, 0.1)),
            Part(stem(1.12, 0.035), _GREEN, bend=0.7, lean=6, at=(-0.52, 0.05, 0)),
            Part(stem(1.0, 0.035), _GREEN, bend=-0.85, lean=-6, at=(0.54, 0.15, 0.1)),
            Part(leaf(0.8, 0.42), _LEAF, _FLAT, 0.6, 65, at=(0, 1.05, 0)),
        ),
        tilt=8,
        swing=12,
    ),
    Kind(
        "Corn",
        (
            Part(shapes.COB, own_skins.corn),
            *ring(5, Part(leaf(1.45, 0.75), _HUSK, _FLATTER, -0.95, 62, at=(0, -1, 0))),
            *ring(3, Part(leaf(1.25, 0.6), _HUSK, _FLATTER, -0.85, 75, at=(0, -1, 0))),
            Part(stem(0.25, 0.14), _HUSK, at=(0, -1.2, 0)),
        ),
        tilt=0,
        swing=14,
        roll=32,
    ),
    Kind(
        "Eggplant",
        (
            Part(shapes.EGGPLANT, _EGGPLANT),
            *ring(6, Part(leaf(0.58, 0.32), _GREEN, _FLAT, 2.0, 80, at=(0, 0.92, 0))),
            Part(stem(0.36, 0.09), _GREEN, bend=1.2, at=(0, 0.84, 0)),
        ),
        tilt=6,
        roll=30,
    ),
    Kind(
        "Grape Blue",
        (
            *shapes.bunch(Part(ball(0.28, 1.10), _GRAPE)),
            Part(stem(0.55, 0.05), _WOOD, bend=0.5, at=(0, 0.65, 0)),
        ),
        tilt=2,
        swing=10,
    ),
    Kind("Kiwi", (Part(shapes.KIWI, own_skins.kiwi),), tilt=42, swing=14, roll=12),
    Kind("Lemon", (Part(shapes.LEMON, _LEMON),), tilt=5, swing=18, roll=60),
    Kind(
        "Orange",
        (
            Part(ball(1.0, 0.97), _ORANGE),
            *ring(5, Part(leaf(0.14, 0.1), _GREEN, _FLAT, 0.5, 85, at=(0, 0.955, 0))),
        ),
        tilt=28,
        swing=24,
    ),
    Kind(
        "Peach",
        (
            Part(shapes.STONE_FRUIT, own_skins.peach),
            Part(stem(0.16, 0.05), _WOOD, at=(0, 0.66, 0)),
        ),
    ),
    Kind(
        "Pear",
        (
            Part(shapes.PEAR, own_skins.pear),
            Part(stem(0.34, 0.035), _WOOD, bend=1.0, lean=6, at=(0, 0.78, 0)),
        ),
        tilt=6,
        roll=8,
    ),
    Kind(
        "Pepper Red",
        (
            Part(shapes.PEPPER, _PEPPER),
            Part(stem(0.48, 0.09), _GREEN, bend=0.8, lean=6, at=(0, 0.55, 0)),
        ),
        tilt=18,
    ),
    Kind(
        "Pineapple",
        (Part(shapes.PINEAPPLE, own_skins.pineapple), *shapes.crown(_TUFT)),
        tilt=4,
        swing=14,
    ),
    Kind(
        "Plum",
        (
            Part(shapes.STONE_FRUIT, _PLUM, (0.82, 1, 0.82)),
            Part(stem(0.3, 0.03), _WOOD, bend=1.0, at=(0, 0.62, 0)),
        ),
    ),
    Kind(
        "Raspberry", (Part(shapes.RASPBERRY, own_skins.raspberry),), tilt=10, swing=28
    ),
    Kind(
        "Strawberry",
        (
            Part(shapes.STRAWBERRY, own_skins.strawberry),
            *ring(9, Part(leaf(0.72, 0.3), _LEAF, _FLAT, 1.25, 62, at=(0, 0.6, 0))),
            Part(stem(0.32, 0.035), _GREEN, bend=0.8, at=(0, 0.6, 0)),
        ),
        tilt=12,
    ),
    Kind(
        "Tomato",
        (
            Part(shapes.TOMATO, _TOMATO),
            *ring(6, Part(leaf(0.55, 0.15), _GREEN, _FLAT, 0.7, 72, at=(0, 0.6, 0))),
            Part(stem(0.26, 0.045), _GREEN, bend=0.8, at=(0, 0.58, 0)),
        ),
        tilt=28,
        swing=18,
    ),
    Kind(
        "Watermelon",
        (
            Part(ball(0.98, 0.97), own_skins.watermelon),
            Part(stem(0.14, 0.03), _WOOD, at=(0, 0.93, 0)),
        ),
        tilt=12,
        swing=20,
        roll=20,
    ),
)
