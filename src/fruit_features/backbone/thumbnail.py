"""Small pictures for the report: pixels alone, without any note of the file."""

import contextlib
import io
from collections.abc import Iterator

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
        with _damage_allowed():
            whole = load_image(image, len(content))
        small = to_rgb(upright(whole))
        small.thumbnail((side, side))
    except (*DAMAGE, MemoryError):
        return None
    bare = Image.frombytes("RGB", small.size, small.tobytes())
    written = io.BytesIO()
    bare.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()


@contextlib.contextmanager
def _damage_allowed() -> Iterator[None]:
    """Let Pillow decode what there is; only here, since a worker does other work."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
