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

    JPEG, PNG and WebP lose parts of the file; of other formats, and of files whose
    parts are not as they should be, the pixels are encoded anew, as PNG. A file that
    cannot be decoded is packed with the reason, and with a small picture of what can
    be seen.

    Args:
        read: The file as it was read, or why it was not.
        max_pixels: Width times height above which nothing is decoded.
    """
    if not read.bytes:
        return read
    stripped = strip_notes(read.bytes)
    if stripped is not None:
        return Content(stripped, None, None)
    whole = decode_whole(read.bytes, max_pixels)
    if isinstance(whole, DecodeFailure):
        seen = None
        if whole.reason in ("truncated", "damaged"):
            seen = make_thumbnail(read.bytes, SEEN_SIDE)
        return Content(seen, whole.reason, whole.detail)
    written = io.BytesIO()
    whole.info.clear()
    whole.save(written, "PNG", compress_level=PNG_LEVEL)
    return Content(written.getvalue(), None, None)
