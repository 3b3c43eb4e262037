"""Thumbnails for the report, without metadata."""

import io

from PIL import Image, ImageFile

from fruit_features.backbone.containers import without_blanks
from fruit_features.backbone.decoding import to_rgb, upright
from fruit_features.backbone.opening import DAMAGE, load_image, open_image

# Larger images get no thumbnail: it is not worth their memory.
MOST_PIXELS = 20_000_000

QUALITY = 80


def make_thumbnail(content: bytes, side: int) -> bytes | None:
    """Shrink an image, or the readable part of a damaged one, to a longer side.

    Returns:
        A newly encoded JPEG without metadata; ``None`` if nothing is readable.
    """
    try:
        image = open_image(without_blanks(content))
        # A JPEG can be decoded at a fraction of its size.
        image.draft("RGB", (side, side))
        if image.width * image.height > MOST_PIXELS:
            return None
        # A global of Pillow's: the worker decodes other images without it.
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        small = to_rgb(upright(load_image(image, len(content))))
        small.thumbnail((side, side))
    except (*DAMAGE, MemoryError):
        return None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    bare = Image.frombytes("RGB", small.size, small.tobytes())
    written = io.BytesIO()
    bare.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()
