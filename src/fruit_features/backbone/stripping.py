"""An image file without all that is no pixel: EXIF, places, comments, previews.

What is taken out is taken out of the file's bytes; pixels are not encoded anew. Only
how a picture is to be turned stays, by the one tag that says so.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

from fruit_features.backbone.container import (
    JPEG_END,
    JPEG_START,
    format_of,
    without_blanks,
    without_notes,
)
from fruit_features.backbone.decoding import lies
from fruit_features.backbone.opening import DAMAGE, FORMATS

_PNG_START = b"\x89PNG\r\n\x1a\n"

# From here on a JPEG's pixels; segments that say how to decode them; APPn and comments.
_SCAN, _END = 0xDA, 0xD9
_JPEG_TABLES = {*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD} - {0xC8}
_JPEG_NOTES = {*range(0xE0, 0xF0), 0xFE}
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
# Among pixels 0xFF stands before zero, a restart mark or itself; else a segment begins.
_JPEG_MARK = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

_PNG_PIXELS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
# What follows the first picture of an animation; only that one is used.
_PNG_MOTION = (b"acTL", b"fcTL", b"fdAT")
_WEBP_PIXELS = (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
# Bits of VP8X: there is a colour profile, EXIF, XMP.
_WEBP_NOTES, _WEBP_EXIF = 0x2C, 0x08


def strip_notes(content: bytes) -> bytes | None:
    """Leave out what is not needed to see a picture as it is, nor to turn it upright.

    Args:
        content: The file's bytes.

    Returns:
        A file that decodes to the same pixels or fails in the same way; ``None`` for a
        file whose parts are not as they should be, and for other formats than JPEG,
        PNG and WebP.
    """
    content = without_blanks(content)
    stripper = _STRIPPERS.get(format_of(content) or "")
    try:
        return stripper(content) if stripper else None
    except (IndexError, struct.error):
        return None


def _strip_jpeg(content: bytes) -> bytes | None:
    kept, notes, place = [JPEG_START], False, 2
    while True:
        mark = content[place + 1]
        if content[place] != 0xFF:  # noqa: PLR2004
            return None
        if mark == 0xFF:  # noqa: PLR2004  Padding.
            place += 1
            continue
        if mark == _END:
            break
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        end = place + 2 + length
        if length < 2 or end > len(content):  # noqa: PLR2004
            return None
        if mark == _SCAN:
            found = _JPEG_MARK.search(content, end)
            if not found:
                return None  # It ends too early.
            end = found.start()
        elif mark in _JPEG_NOTES:
            notes = notes or mark == _EXIF
            kept.append(_essence(mark, content[place:end]))
            place = end
            continue
        elif mark not in _JPEG_TABLES:
            return None
        kept.append(content[place:end])
        place = end
    if notes:
        kept.insert(2 if kept[1][:2] == b"\xff\xe0" else 1, _jpeg_turn(content))
    return b"".join([*kept, JPEG_END])


def _essence(mark: int, segment: bytes) -> bytes:
    """Return what a decoder needs of an application segment, if anything."""
    data = segment[4:]
    # Shorter ones say nothing to libjpeg.
    if mark == _JFIF and data.startswith(b"JFIF\0") and len(data) >= 14:  # noqa: PLR2004
        # Without the preview that may follow.
        return b"\xff\xe0\x00\x10" + data[:12] + bytes(2)
    if mark == _ADOBE and data.startswith(b"Adobe") and len(data) >= 12:  # noqa: PLR2004
        return b"\xff\xee\x00\x0e" + data[:12]
    return b""


def _jpeg_turn(content: bytes) -> bytes:
    turn = _turn_exif(content)
    if not turn:
        return b""
    data = b"Exif\0\0" + turn
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def _strip_png(content: bytes) -> bytes | None:
    if not content.startswith(_PNG_START):
        return None
    kept, notes = [_PNG_START], []
    for chunk in _chunks(content, ">", checksum=4, padded=False):
        if chunk is None:
            return None
        kind = chunk[4:8]
        if kind in _PNG_PIXELS or (kind == b"tRNS" and _is_sound(chunk)):
            kept.append(chunk)
        elif kind[:1].isupper():
            return None  # A decoder must not pass over it.
        elif kind not in _PNG_MOTION:
            notes.append(chunk)
        if kind == b"IEND":
            break
    if notes:
        kept[2:2] = _png_turn(notes)
    return b"".join(kept)


def _is_sound(chunk: bytes) -> bool:
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def _png_turn(notes: list[bytes]) -> list[bytes]:
    # Pillow tells a turn only when the pixels are decoded: ask it of a single one.
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixel = _png_chunk(b"IDAT", zlib.compress(bytes(2)))
    end = _png_chunk(b"IEND", b"")
    chunks = [_png_chunk(b"IHDR", header), *notes, pixel, end]
    turn = _turn_exif(_PNG_START + b"".join(chunks))
    return [_png_chunk(b"eXIf", turn)] if turn else []


def _strip_webp(content: bytes) -> bytes | None:
    if len(content) < 8 + int.from_bytes(content[4:8], "little"):  # noqa: PLR2004
        return None
    content = content[: 8 + int.from_bytes(content[4:8], "little")]
    kept: list[bytes] = []
    turn = b""
    for chunk in _chunks(content, "<", checksum=0, padded=True, start=12):
        if chunk is None:
            return None
        if chunk[:4] == b"VP8X":
            turn = _turn_exif(content)
            flags = chunk[8] & ~_WEBP_NOTES | (_WEBP_EXIF if turn else 0)
            kept.append(chunk[:8] + bytes([flags]) + chunk[9:])
        elif chunk[:4] in _WEBP_PIXELS:
            kept.append(chunk)
    if turn:
        kept.append(b"EXIF" + struct.pack("<I", len(turn)) + turn)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunks(
    content: bytes, order: str, *, checksum: int, padded: bool, start: int = 8
) -> Iterator[bytes | None]:
    """Take a PNG or WebP apart; ``None`` stands for a part that is cut short."""
    place = start
    while place < len(content):
        length_at = place + (4 if order == "<" else 0)
        (length,) = struct.unpack_from(f"{order}I", content, length_at)
        end = place + 8 + length + checksum
        end += end - place & 1 if padded else 0
        if end > len(content):
            yield None
            return
        yield content[place:end]
        place = end


def _turn_exif(content: bytes) -> bytes:
    """Return EXIF that says how the picture lies and no more; nothing if upright."""
    number = _number(content)
    if number is None:
        bare = without_notes(format_of(content), content)
        number = _number(bare) or 1
    if number == 1:
        return b""
    # Big-endian, one entry: the tag of one short number, and no further list.
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, number, 0, 0)


def _number(content: bytes) -> int | None:
    """Return EXIF's number for how a picture lies; ``None`` if Pillow refuses it."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.format == "PNG":
            image.load()
    except DAMAGE:
        return None
    return lies(image)


_STRIPPERS: dict[str, Callable[[bytes], bytes | None]] = {
    "JPEG": _strip_jpeg,
    "PNG": _strip_png,
    "WEBP": _strip_webp,
}
