"""Whether a JPEG is whole: it may decode all the same where it is not, to garbage."""

import zlib

from PIL import Image

from fruit_features.backbone.container import (
    JPEG_END,
    JPEG_SCAN,
    is_arithmetic,
    jpeg_segments,
    lacks_end,
)
from fruit_features.backbone.opening import open_image

# A Huffman code has a bit or more for every block of 64 pixels.
PIXELS_PER_BYTE = 8 * 64

_COEFFICIENTS = 64
_RESTARTS = [bytes([0xFF, 0xD0 + number]) for number in range(8)]
# Bytes that would be other pixels, long enough for the last blocks.
_DARK, _LIGHT = b"\x00" * 64, b"\xfe" * 64
# So many of its last bytes are pixels for sure.
_LAST = 4


def is_unfinished(image: Image.Image, content: bytes) -> bool:
    """Tell a JPEG that ends too early.

    An unfinished download can have its full length, filled up with zeros. One that
    lacks no more than the marker of its end is whole.

    Args:
        image: As Pillow opened it.
        content: The file's bytes.
    """
    if image.width * image.height > len(content) * PIXELS_PER_BYTE:
        return not is_arithmetic(content)
    if content.endswith(JPEG_END) or not lacks_end("JPEG", content):
        return False
    pixels = content.rstrip(b"\xff")  # Half an end.
    return not (
        _has_all_scans(image, pixels)
        and _is_enough(pixels)
        and not _is_enough(pixels[:-_LAST])
    )


def _is_enough(content: bytes) -> bool:
    """Tell whether the pixels are the same, whatever follows."""
    # Where a file ends at a restart marker, only pixels behind the next one count.
    last = max(range(8), key=lambda number: content.rfind(_RESTARTS[number]))
    first = 0 if content.rfind(_RESTARTS[last]) < 0 else (last + 1) % 8
    following = (_DARK, _LIGHT, _RESTARTS[first] + _LIGHT)
    images = (open_image(content + each) for each in following)
    return len({zlib.crc32(image.tobytes()) for image in images}) == 1


def _has_all_scans(image: Image.Image, content: bytes) -> bool:
    """Tell whether each bit of each coefficient is in one of the scans."""
    components = {layer[0] for layer in getattr(image, "layer", ())}
    missing = {(name, place) for name in components for place in range(_COEFFICIENTS)}
    *_, scans = jpeg_segments(content)  # Without that of a thumbnail in a segment.
    for scan in scans.split(JPEG_SCAN)[1:]:
        names = scan[3 : 3 + 2 * scan[2] : 2]
        first, last, bits = scan[3 + 2 * scan[2] :][:3]
        if not bits & 15:
            missing -= {(n, place) for n in names for place in range(first, last + 1)}
    return not missing
