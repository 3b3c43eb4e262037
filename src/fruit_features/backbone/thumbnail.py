"""Small pictures for the report: pixels alone, without any note of the file."""

import io

from PIL import Image, ImageFile

from fruit_features.backbone.containers import without_blanks
from fruit_features.backbone.decoding import to_rgb, upright
from fruit_features.backbone.opening import DAMAGE, load_image, open_image

# Larger ones are left out: a thumbnail is not worth their memory.
MOST_PIXELS = 20_000_000

QUALITY = 80


def make_thumbnail(content: bytes, side: int) -> bytes | None:
    """Shrink an image, or what can be seen of a damaged one, to a longer side.

    Returns:
        A JPEG made of pixels anew: no EXIF, comment, profile or other note of the
        file is in it. ``None`` where there is nothing to see.
    """
    try:
        image = open_image(without_blanks(content))
        # A JPEG can be decoded to a fraction of its size at once.
        image.draft("RGB", (side, side))
        if image.width * image.height > MOST_PIXELS:
            return None
        # Only here: a worker decodes other pictures as well.
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
