"""What of an image file is kept in ``images``: its pixels."""

import io
from typing import NamedTuple

from fruit_features.backbone.decoding import DecodeFailure, decode_whole
from fruit_features.backbone.stripping import strip_notes
from fruit_features.backbone.thumbnail import make_thumbnail

# A picture of a file that is damaged shows a person what is wrong; no more is kept.
SEEN_SIDE = 96

# zlib's fastest: at its default a large picture takes seconds.
PNG_LEVEL = 1


class Content(NamedTuple):
    """A file's bytes, or the reason why there are none and what was found."""

    bytes: bytes | None
    reason: str | None
    detail: str | None


def pack(read: Content, max_pixels: int) -> Content:
    """Leave out of a file what is no pixel: EXIF, places, comments, previews.

    JPEG, PNG and WebP lose parts of the file; other formats, and files whose parts are
    not as they should be, are encoded anew as PNG. What cannot be decoded gets a reason
    and, where something can be seen, a small picture.
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
