"""Pictures made on the spot, sound and damaged."""

import io
from typing import Any

import numpy as np
from PIL import Image


def picture(seed: int = 0, side: int = 100) -> Image.Image:
    """A shaded, coloured disc on white: smooth like a fruit, different by seed."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    radius = x**2 + y**2 * random.uniform(0.8, 1.5)
    light = np.clip(1 - radius + 0.4 * x * random.normal() - 0.3 * y, 0.1, 1)
    colour = random.uniform(60, 255, 3)
    pixels = np.where(radius[..., None] < 0.7, light[..., None] * colour, 255)
    return Image.fromarray(pixels.round().astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(seed: int = 0, side: int = 100) -> bytes:
    """The bytes of a JPEG file."""
    return encoded(picture(seed, side), quality=90)
