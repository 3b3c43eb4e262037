"""An image file's bytes to the pixels that the backbone sees."""

import io
import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

# Formats that Pillow decodes itself. EPS, for one, would start Ghostscript.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")

# What Pillow's decoders raise on damaged files, besides OSError.
DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    struct.error,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
)

# The limit is decode_image's own, on the same declared size.
Image.MAX_IMAGE_PIXELS = None


class DecodeFailure(NamedTuple):
    """Why bytes are no usable image.

    Attributes:
        reason: One word of the quarantine's list: ``empty``, ``not_an_image``,
            ``truncated``, ``damaged`` or ``too_large``.
        detail: What was found, for a person to act on.
    """

    reason: str
    detail: str


def decode_image(
    content: bytes, input_size: int, max_pixels: int = 50_000_000
) -> npt.NDArray[np.uint8] | DecodeFailure:
    """Decode an image, turn it upright and resize it to a square.

    Resizing is bicubic and ignores the aspect ratio, as in
    ``Image.resize((n, n))`` of Pillow, so that features compare with those of
    the Keras recipe. Only the first frame of an animation is used; transparent
    pixels become white, the background of a studio photograph.

    Args:
        content: The file's bytes.
        input_size: Side of the square, in pixels.
        max_pixels: Width times height above which nothing is decoded.

    Returns:
        RGB pixels ``(input_size, input_size, 3)`` from 0 to 255, or why not.
    """
    if not content:
        return DecodeFailure("empty", "the file has 0 bytes")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > max_pixels:
            size = f"{image.width} x {image.height} pixels"
            return DecodeFailure("too_large", f"{size}, more than {max_pixels:,}")
        image.load()
        square = _to_rgb(_upright(image)).resize((input_size, input_size))
    except UnidentifiedImageError:
        return DecodeFailure("not_an_image", f"starts with {content[:12]!r}")
    except DAMAGE as error:
        return DecodeFailure(_reason(error), f"{type(error).__name__}: {error}")
    return np.asarray(square)


def _reason(error: Exception) -> str:
    text = str(error).lower()
    short = isinstance(error, EOFError) or "truncated" in text or "not enough" in text
    return "truncated" if short else "damaged"


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except DAMAGE:
        # A mistyped EXIF tag on a sound picture: take it as it lies.
        return image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _grey_to_rgb(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _grey_to_rgb(image: Image.Image) -> Image.Image:
    # Pillow's own convert clips values over 255 to white: scale them instead.
    values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0, neginf=0)
    grey = np.clip(values / _white(image.mode, values) * 255, 0, 255)
    return Image.fromarray(grey.round().astype(np.uint8)).convert("RGB")


def _white(mode: str, values: npt.NDArray[np.float64]) -> float:
    """Return the value that stands for white: 16-bit modes say it, others do not."""
    brightest = float(values.max(initial=0))
    if mode.startswith("I;16"):
        return 65535.0
    steps = (1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0)
    return next((step for step in steps if brightest <= step), brightest)
