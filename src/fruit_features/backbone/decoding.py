"""Decode an image file's bytes to the pixels that the backbone takes."""

import io
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from fruit_features.backbone.containers import (
    format_of,
    lacks_end,
    other_format_of,
    without_blanks,
    without_notes,
)
from fruit_features.backbone.opening import (
    DAMAGE,
    UnsupportedError,
    is_unfinished,
    load_image,
    open_image,
)

# Clearer words for some of Pillow's messages.
MEANINGS = {
    "not a PNG file": "its first bytes are damaged",
    "not identified by this driver": "no usable size or kind of pixels in its header",
    "cannot load this image": "no pixels after its header",
    "could not create decoder object": "its parts do not fit together",
    "decoder error -2": "its pixels cannot be decoded",
    "unknown pixel mode": "pixels of such colours, bits and bands cannot be shown",
    "34712": "compression JPEG 2000 (34712)",
    "34887": "compression LERC (34887)",
}

# Pillow's messages about files that are unsupported, not damaged.
UNSUPPORTED = re.compile(
    "nsupported|not (yet )?supported|cannot handle|unknown data org|samples per pixel"
)

# Phones of "64 MP" have up to 64.5 million.
MAX_PIXELS = 70_000_000

# A sound file hardly ends in this many zeros.
MANY_ZEROS = 64

TILE_WIDTH, TILE_LENGTH = 322, 323

# By EXIF orientation.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pixels converted at a time: some steps take 30 bytes a pixel.
STRIP_PIXELS = 2**18


class DecodeFailure(NamedTuple):
    """Why bytes are no usable image.

    Attributes:
        reason: ``empty``, ``not_an_image``, ``unsupported``, ``truncated``,
            ``damaged`` or ``too_large``.
        detail: What was found, for a person to act on.
    """

    reason: str
    detail: str


def decode_image(
    content: bytes, input_size: int, max_pixels: int = MAX_PIXELS
) -> npt.NDArray[np.uint8] | DecodeFailure:
    """Decode an image, turn it upright and resize it to a square of ``input_size``.

    Resizing is bicubic and ignores the aspect ratio, as in the Keras recipe. Only the
    first frame of an animation is used; transparent pixels become white, the background
    of a studio photograph. More than ``max_pixels``, width times height, is a failure.

    Returns:
        RGB pixels ``(input_size, input_size, 3)`` from 0 to 255, or the failure.
    """
    whole = decode_whole(content, max_pixels)
    if isinstance(whole, DecodeFailure):
        return whole
    return np.asarray(whole.resize((input_size, input_size)))


def decode_whole(
    content: bytes, max_pixels: int = MAX_PIXELS
) -> Image.Image | DecodeFailure:
    """Decode an image to RGB at its own size, turned upright."""
    if not content:
        return DecodeFailure("empty", "the file has 0 bytes")
    content = without_blanks(content)
    result = _decode(content, max_pixels)
    if not _is_broken(result):
        return result
    # Pillow rejects sound images for damaged metadata; viewers do not.
    bare = without_notes(format_of(content), content)
    again = result if bare == content else _decode(bare, max_pixels)
    return result if _is_broken(again) else again


def _is_broken(result: Image.Image | DecodeFailure) -> bool:
    return isinstance(result, DecodeFailure) and result.reason in (
        "damaged",
        "truncated",
    )


def _decode(content: bytes, max_pixels: int) -> Image.Image | DecodeFailure:
    try:
        image = open_image(content)
        width, height = _largest_piece(image)
        if width * height > max_pixels:
            size = f"{width} x {height} pixels"
            return DecodeFailure("too_large", f"{size}, more than {max_pixels:,}")
        if image.format in ("JPEG", "MPO") and is_unfinished(image, content):
            return _truncated("JPEG", content)
        return to_rgb(upright(load_image(image, len(content))))
    except DAMAGE as error:
        return _failure(content, error)
    except MemoryError:
        return DecodeFailure("too_large", "takes more memory than there is")


def _largest_piece(image: Image.Image) -> tuple[int, int]:
    """Return the size of the largest piece that is decoded at once."""
    # A TIFF tile may be far larger than the image that is cut out of it.
    tags = getattr(image, "tag_v2", {})
    width, length = tags.get(TILE_WIDTH), tags.get(TILE_LENGTH)
    if not isinstance(width, int) or not isinstance(length, int):
        return image.size
    return max(image.size, (width, length), key=lambda size: size[0] * size[1])


def _failure(content: bytes, error: Exception) -> DecodeFailure:
    kind = format_of(content)
    if kind is None:
        other = other_format_of(content)
        if other:
            return DecodeFailure("unsupported", f"{other}: convert it to JPEG or PNG")
        return DecodeFailure("not_an_image", f"starts with {content[:12]!r}")
    if isinstance(error, UnidentifiedImageError):
        error = _why_unidentified(kind, content) or error
    if lacks_end(kind, content) or _wants_more(error):
        return _truncated(kind, content)
    text = str(error)
    if _is_unsupported(kind, error):
        found = f"compression {text}" if text.isdigit() else text
        found = MEANINGS.get(text, found)
        return DecodeFailure("unsupported", f"{kind}: {found}; convert it to PNG")
    found = MEANINGS.get(text, f"{type(error).__name__}: {text}")
    return DecodeFailure("damaged", f"{kind}: {found}")


def _is_unsupported(kind: str, error: Exception) -> bool:
    """Return whether an error means an unsupported file, not a damaged one."""
    if isinstance(error, UnsupportedError) or UNSUPPORTED.search(str(error)):
        return True
    # Pillow looks up compressions and pixel types in dictionaries.
    return kind == "TIFF" and isinstance(error.__cause__, KeyError)


def _why_unidentified(kind: str, content: bytes) -> Exception | None:
    """Reopen a file that Pillow cannot identify, for the error that it swallows."""
    try:
        Image.OPEN[kind][0](io.BytesIO(content), "")
    except DAMAGE as error:
        return error
    return None


def _wants_more(error: Exception) -> bool:
    """Return whether a decoder ran out of bytes."""
    if isinstance(error.__cause__, (EOFError, IndexError, struct.error)):
        return True
    text = str(error).lower()
    return isinstance(error, OSError) and ("truncated" in text or "not enough" in text)


def _truncated(kind: str, content: bytes) -> DecodeFailure:
    detail = f"{kind} that ends too early, after {len(content):,} bytes"
    zeros = len(content) - len(content.rstrip(b"\0"))
    if zeros >= MANY_ZEROS:
        detail += f", the last {zeros:,} of them zeros"
    return DecodeFailure("truncated", detail)


def lies(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 is upright."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except DAMAGE:
        # Damaged EXIF on a sound image.
        return 1
    return orientation if isinstance(orientation, int) and orientation in TURNS else 1


def upright(image: Image.Image) -> Image.Image:
    """Turn an image by its EXIF orientation."""
    turn = TURNS.get(lies(image))
    return image if turn is None else image.transpose(turn)


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert to RGB, transparent pixels to white."""
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    white = _white(image)
    rgb = Image.new("RGB", image.size)
    for top, strip in _strips(image):
        rgb.paste(_grey_to_rgb(strip, white) if white else _opaque(strip), (0, top))
    return rgb


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    height = max(STRIP_PIXELS // image.width, 1)
    for top in range(0, image.height, height):
        box = (0, top, image.width, min(top + height, image.height))
        yield top, image.crop(box)


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    if image.mode == "La":
        image = image.convert("LA")  # Pillow converts it to no other mode.
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")


def _grey_to_rgb(image: Image.Image, white: float) -> Image.Image:
    # Pillow's own convert clips values over 255 to white: scale them instead.
    values = _numbers(image)
    if image.info.get("inverted"):
        values = white - values
    grey = np.clip(values / white * 255, 0, 255).round().astype(np.uint8)
    if "transparency" in image.info:
        grey[values == image.info["transparency"]] = 255
    return Image.fromarray(grey).convert("RGB")


def _numbers(image: Image.Image) -> npt.NDArray[np.float64]:
    return np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0, neginf=0)


def _white(image: Image.Image) -> float | None:
    """Return the value of white in grey of more than 8 bits."""
    if image.mode.startswith("I;16"):
        return image.info.get("white") or 65535.0
    if image.mode not in ("I", "F"):
        return None
    brightest = max(float(_numbers(strip).max()) for _, strip in _strips(image))
    steps = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    return next((step for step in steps if brightest <= step), brightest)
