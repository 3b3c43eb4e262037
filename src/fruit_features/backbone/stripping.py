"""Remove metadata from image files: EXIF, GPS, comments, previews.

Works on the file's bytes: pixels are not re-encoded. Only the EXIF orientation stays.
"""

import io
import struct
import zlib

from PIL import Image

from fruit_features.backbone.containers import (
    JPEG_END,
    JPEG_SCAN,
    JPEG_START,
    PNG_START,
    format_of,
    is_sound,
    jpeg_segments,
    png_chunks,
    webp_chunks,
    without_blanks,
    without_notes,
)
from fruit_features.backbone.decoding import lies
from fruit_features.backbone.opening import DAMAGE, FORMATS

# Segments needed for decoding, unlike APPn and comments.
_JPEG_TABLES = {*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD} - {0xC8}
_JPEG_NOTES = {*range(0xE0, 0xF0), 0xFE}
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE

_PNG_PIXELS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
# Chunks of an animation, of which only the first frame is used.
_PNG_MOTION = (b"acTL", b"fcTL", b"fdAT")
_WEBP_PIXELS = (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
# Bits of VP8X: colour profile, EXIF and XMP are present.
_WEBP_NOTES, _WEBP_EXIF = 0x2C, 0x08


def strip_notes(content: bytes) -> bytes | None:
    """Remove what neither decoding nor orientation needs.

    Returns:
        A file that decodes to the same pixels or fails in the same way; ``None`` for a
        malformed file and for formats other than JPEG, PNG and WebP.
    """
    content = without_blanks(content)
    strippers = {"JPEG": _strip_jpeg, "PNG": _strip_png, "WEBP": _strip_webp}
    stripper = strippers.get(format_of(content) or "")
    try:
        return stripper(content) if stripper else None
    except IndexError:
        return None


def _strip_jpeg(content: bytes) -> bytes | None:
    kept, has_exif = [JPEG_START], False
    for segment in jpeg_segments(content):
        mark = segment[1]
        if segment.startswith(JPEG_END):
            break
        length = int.from_bytes(segment[2:4], "big")
        if segment[0] != 0xFF or not 2 <= length <= len(segment) - 2:  # noqa: PLR2004
            return None
        if mark in _JPEG_NOTES:
            has_exif = has_exif or mark == _EXIF
            kept.append(_essence(mark, segment[4:]))
        elif mark in _JPEG_TABLES or segment.startswith(JPEG_SCAN):
            kept.append(segment)
        else:
            return None
    turn = _turn_exif(content) if has_exif else b""
    if turn:
        data = b"Exif\0\0" + turn
        segment = b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data
        kept.insert(2 if kept[1][:2] == b"\xff\xe0" else 1, segment)
    return b"".join([*kept, JPEG_END])


def _essence(mark: int, data: bytes) -> bytes:
    """Return what a decoder needs of an application segment, if anything."""
    # libjpeg ignores shorter ones.
    if mark == _JFIF and data.startswith(b"JFIF\0") and len(data) >= 14:  # noqa: PLR2004
        # Without the preview that may follow.
        return b"\xff\xe0\x00\x10" + data[:12] + bytes(2)
    if mark == _ADOBE and data.startswith(b"Adobe") and len(data) >= 12:  # noqa: PLR2004
        return b"\xff\xee\x00\x0e" + data[:12]
    return b""


def _strip_png(content: bytes) -> bytes | None:
    if not content.startswith(PNG_START):
        return None
    kept, notes = [PNG_START], []
    for chunk in png_chunks(content):
        kind = chunk[4:8]
        if len(chunk) < 12 + int.from_bytes(chunk[:4], "big"):
            return None
        if kind in _PNG_PIXELS or (kind == b"tRNS" and is_sound(chunk)):
            kept.append(chunk)
        elif kind[:1].isupper():
            return None  # A critical chunk: decoders must not skip it.
        elif kind not in _PNG_MOTION:
            notes.append(chunk)
        if kind == b"IEND":
            break
    if notes:
        kept[2:2] = _png_turn(notes)
    return b"".join(kept)


def _png_turn(notes: list[bytes]) -> list[bytes]:
    # Pillow reads the orientation only with the pixels: give it a single one.
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixel = _png_chunk(b"IDAT", zlib.compress(bytes(2)))
    end = _png_chunk(b"IEND", b"")
    chunks = [_png_chunk(b"IHDR", header), *notes, pixel, end]
    turn = _turn_exif(PNG_START + b"".join(chunks))
    return [_png_chunk(b"eXIf", turn)] if turn else []


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def _strip_webp(content: bytes) -> bytes | None:
    length = 8 + int.from_bytes(content[4:8], "little")
    if len(content) < length:
        return None
    content = content[:length]
    kept: list[bytes] = []
    turn = b""
    for chunk in webp_chunks(content):
        size = int.from_bytes(chunk[4:8], "little")
        if len(chunk) < 8 + size + size % 2:
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


def _turn_exif(content: bytes) -> bytes:
    """Return EXIF with the orientation alone; empty if upright."""
    number = _number(content)
    if number is None:
        number = _number(without_notes(format_of(content), content)) or 1
    if number == 1:
        return b""
    # Big-endian, one entry with one short number, no further directory.
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, number, 0, 0)


def _number(content: bytes) -> int | None:
    """Return the EXIF orientation; ``None`` if Pillow rejects the file."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.format == "PNG":
            image.load()
    except DAMAGE:
        return None
    return lies(image)
