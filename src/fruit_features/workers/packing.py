"""What ``images`` keeps of an image file: its pixels, no metadata."""

import io
from typing import NamedTuple

from fruit_features.backbone.decoding import DecodeFailure, decode_whole
from fruit_features.backbone.stripping import strip_notes
from fruit_features.backbone.thumbnail import make_thumbnail

# Side of the small picture kept of a damaged file, for people to look at.
SEEN_SIDE = 96

# zlib's fastest: at its default a large picture takes seconds.
PNG_LEVEL = 1


class Content(NamedTuple):
    """A file's bytes, or the reason why there are none and its detail."""

    bytes: bytes | None
    reason: str | None
    detail: str | None


def pack(read: Content, max_pixels: int) -> Content:
    """Remove metadata from a file: EXIF, GPS, comments, previews.

    JPEG, PNG and WebP lose segments; other or malformed files are re-encoded as PNG.
    What cannot be decoded gets a reason and, if partly readable, a small picture.
    """
    if not read.bytes:
        return read
    stripped = strip_notes(read.bytes)
    if stripped is not None:
        return Content(stripped, None, None)
    whole = decode_whole(read.bytes, max_pixels)
    if isinstance(whole, DecodeFailure):
        visible = whole.reason in ("truncated", "damaged")
        seen = make_thumbnail(read.bytes, SEEN_SIDE) if visible else None
        return Content(seen, whole.reason, whole.detail)
    written = io.BytesIO()
    whole.info.clear()
    whole.save(written, "PNG", compress_level=PNG_LEVEL)
    return Content(written.getvalue(), None, None)
