"""Open image files with Pillow, and correct what it decodes wrongly."""

import io
import struct
import sys
import zlib

import PIL
from PIL import Image, ImageFile, ImagePalette, TiffImagePlugin

from fruit_features.backbone.containers import (
    JPEG_END,
    JPEG_SCAN,
    JPEG_START,
    format_of,
    is_arithmetic,
    jpeg_scans,
    lacks_end,
)

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

# TIFF's tags.
_BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, _PLANAR = 258, 259, 262, 266, 284
_COLOURS, _EXTRA, _SAMPLE_FORMAT = 320, 338, 339
_PIECES = ((273, 279), (324, 325))  # Offsets and lengths of strips, of tiles.
_WHITE_IS_ZERO, _GREY, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_NONE, _OLD_JPEG, _SEPARATE, _SIGNED = 1, 6, 2, 2

# A compression of BMP of which Pillow 12 drops half bytes.
_RLE_4, _RLE_4_IS_SHOWN = 2, int(PIL.__version__.split(".")[0]) > 12  # noqa: PLR2004

# Those whose pixels the tests check: none, CCITT's, LZW, JPEG of both kinds,
# deflate, PackBits, LZMA, Zstandard.
_COMPRESSIONS = (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34925, 50000)

# A block of 64 pixels takes at least one bit of Huffman code.
PIXELS_PER_BYTE = 8 * 64

_COEFFICIENTS = 64
_RESTARTS = [bytes([0xFF, 0xD0 + number]) for number in range(8)]
# Two different continuations, long enough for the last blocks.
_DARK, _LIGHT = b"\x00" * 64, b"\xfe" * 64
# The last bytes that are certainly pixels.
_LAST = 4

# decode_image checks the declared size itself.
Image.MAX_IMAGE_PIXELS = None

# Pillow's big-endian modes, and the same in little-endian.
_NATIVE = {"I;16BS": "I;16S", "I;32BS": "I;32S", "F;32BF": "F;32F"}


class UnsupportedError(ValueError):
    """A sound file that Pillow would decode wrongly."""


def open_image(content: bytes) -> ImageFile.ImageFile:
    """Open an image without decoding its pixels.

    A JPEG without an end marker gets one; see ``is_unfinished``.

    Raises:
        UnsupportedError: If Pillow would decode the pixels wrongly.
    """
    if content.startswith(JPEG_START) and not content.endswith(JPEG_END):
        content += JPEG_END
    if format_of(content) == "TIFF":
        return _open_tiff(content)
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    if image.format == "BMP":
        _prepare_bmp(image, content)
    elif image.format == "PNG":
        _prepare_png(image, content)
    elif image.format in ("JPEG", "MPO"):
        # Arithmetic decoding needs all bytes at once.
        image.decodermaxblock = max(image.decodermaxblock, len(content))
    return image


def load_image(image: ImageFile.ImageFile, length: int) -> Image.Image:
    """Decode the pixels of an opened image, of a file of ``length`` bytes."""
    frame = image.tile[0].extents if image.format == "GIF" and image.tile else None
    try:
        image.load()
    except OSError as error:
        if isinstance(image, TiffImagePlugin.TiffImageFile) and _is_cut(image, length):
            message = "truncated: its strips or tiles end behind the file's end"
            raise OSError(message) from error
        raise
    if image.format == "BMP" and image.mode == "RGBA":
        if image.getchannel("A").getextrema() == (0, 0):
            return image.convert("RGB")  # No alpha is meant.
        return image
    if frame not in (None, (0, 0, *image.size)) and "transparency" not in image.info:
        # Viewers leave empty what an animation's first frame does not cover.
        whole = Image.new("RGB", image.size, "white")
        whole.paste(image.crop(frame).convert("RGB"), frame)
        return whole
    return image


def is_unfinished(image: Image.Image, content: bytes) -> bool:
    """Return whether a JPEG is truncated.

    An interrupted download may be padded with zeros to its full length. A JPEG that
    lacks only its end marker is complete.
    """
    if image.width * image.height > len(content) * PIXELS_PER_BYTE:
        return not is_arithmetic(content)
    if content.endswith(JPEG_END) or not lacks_end("JPEG", content):
        return False
    pixels = content.rstrip(b"\xff")  # Half an end marker.
    return not (
        _has_all_scans(image, pixels)
        and _is_enough(pixels)
        and not _is_enough(pixels[:-_LAST])
    )


def _is_enough(content: bytes) -> bool:
    """Return whether the pixels are the same, whatever follows."""
    # If a file ends at a restart marker, only pixels after the next one count.
    last = max(range(8), key=lambda number: content.rfind(_RESTARTS[number]))
    first = 0 if content.rfind(_RESTARTS[last]) < 0 else (last + 1) % 8
    following = (_DARK, _LIGHT, _RESTARTS[first] + _LIGHT)
    images = (open_image(content + each) for each in following)
    return len({zlib.crc32(image.tobytes()) for image in images}) == 1


def _has_all_scans(image: Image.Image, content: bytes) -> bool:
    """Return whether the scans cover every bit of every coefficient."""
    components = {layer[0] for layer in getattr(image, "layer", ())}
    missing = {(name, place) for name in components for place in range(_COEFFICIENTS)}
    for scan in jpeg_scans(content).split(JPEG_SCAN)[1:]:
        end = 3 + 2 * scan[2]
        names, (first, last, bits) = scan[3:end:2], scan[end : end + 3]
        if not bits & 15:
            missing -= {(n, place) for n in names for place in range(first, last + 1)}
    return not missing


def _prepare_png(image: ImageFile.ImageFile, content: bytes) -> None:
    """Scale the transparent grey as Pillow scales the pixels."""
    depth, grey = content[24], not content[25]
    hole = image.info.get("transparency")
    if isinstance(hole, int) and grey and depth < 8:  # noqa: PLR2004
        image.info["transparency"] = hole * 255 // (2**depth - 1)
    elif isinstance(hole, tuple) and depth > 8:  # noqa: PLR2004
        message = "16 bits a colour, of which one stands for transparent"
        raise UnsupportedError(message)


def _prepare_bmp(image: ImageFile.ImageFile, content: bytes) -> None:
    """Read a grey palette at the file's bit depth: Pillow assumes 1 or 8."""
    if image.info["compression"] == _RLE_4 and not _RLE_4_IS_SHOWN:
        raise UnsupportedError("run lengths of 4 bits")
    place = 24 if content[14] == 12 else 28  # noqa: PLR2004  OS/2's header is shorter.
    bits = int.from_bytes(content[place : place + 2], "little")
    if bits == {"1": 1, "L": 8}.get(image.mode, bits):
        return
    greys = (0, 255) if image.mode == "1" else range(256)
    image._mode = "P"
    image.palette = ImagePalette.raw("RGB", bytes(g for g in greys for _ in "RGB"))
    (tile,) = image.tile
    raw = {1: "P;1", 4: "P;4", 8: "P"}[bits]
    image.tile = [tile._replace(args=(raw, *(tile.args or ())[1:]))]


def _open_tiff(content: bytes) -> ImageFile.ImageFile:
    TiffImagePlugin.READ_LIBTIFF = True
    try:
        image = Image.open(io.BytesIO(content), formats=["TIFF"])
    finally:
        TiffImagePlugin.READ_LIBTIFF = False
    tags = image.tag_v2  # type: ignore[attr-defined]
    photometric, bits = tags.get(_PHOTOMETRIC, 0), tags.get(_BITS, (1,))[0]
    compression = tags.get(_COMPRESSION, 1)
    separate = tags.get(_PLANAR) == _SEPARATE
    old_grey = compression == _OLD_JPEG and photometric in (_WHITE_IS_ZERO, _GREY)
    if old_grey or compression not in _COMPRESSIONS:
        raise UnsupportedError(f"compression {compression}")
    if tags.get(_SAMPLE_FORMAT, (1,))[0] == _SIGNED and bits == 8:  # noqa: PLR2004
        raise UnsupportedError("signed numbers of 8 bits")
    if separate and not _are_planes_shown(photometric, tags.get(_EXTRA, ())):
        found = f"separate planes of photometric {photometric}"
        raise UnsupportedError(found)
    mirrored = tags.get(_FILL_ORDER, 1) != 1
    if compression == _NONE and not (separate or mirrored or photometric == _YCBCR):
        # Pillow's own decoder; it reads all other kinds as plain 8-bit pixels.
        image = Image.open(io.BytesIO(content), formats=["TIFF"])
    elif sys.byteorder == "little":
        # libtiff returns numbers in native byte order.
        (tile,) = image.tile
        raw, *others = tuple(tile.args or ())
        image.tile = [tile._replace(args=(_NATIVE.get(raw, raw), *others))]
    if image.mode in ("P", "PA") and max(tags[_COLOURS]) <= 255:  # noqa: PLR2004
        # The palette has 8 bits instead of 16.
        image.palette = ImagePalette.raw("RGB;L", bytes(tags[_COLOURS]))
    # Values beyond 8 bits are scaled later.
    image.info["white"] = 2**bits - 1 if image.mode.startswith("I;16") else None
    image.info["inverted"] = photometric == _WHITE_IS_ZERO and image.mode[0] in "IF"
    return image


def _are_planes_shown(photometric: int, extra: tuple[int, ...]) -> bool:
    if photometric in (_RGB, _CMYK):
        return not any(extra) or len(extra) == 1
    if photometric == _YCBCR:
        return not extra
    return photometric in (_WHITE_IS_ZERO, _GREY, _PALETTE) and not any(extra)


def _is_cut(image: TiffImagePlugin.TiffImageFile, length: int) -> bool:
    tags = image.tag_v2
    return any(
        place + long > length
        for places, lengths in _PIECES
        for place, long in zip(
            tags.get(places, ()), tags.get(lengths, ()), strict=False
        )
    )
