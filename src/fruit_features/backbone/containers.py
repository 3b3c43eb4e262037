"""The structure of image files, read without decoding: format, segments, end."""

import re
import zlib
from collections.abc import Iterator

JPEG_START, JPEG_SCAN, JPEG_END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"
# A marker, except RSTn, which stand inside a scan; 0xFF00 is a byte of data.
_JPEG_MARK = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# Comments and application segments except APP1 (EXIF) and APP14 (Adobe).
_JPEG_NOTES = (0xE0, *range(0xE2, 0xEE), 0xEF, 0xFE)
_ADOBE, _ADOBE_LENGTH = 0xEE, 16
# Start-of-frame markers of arithmetic coding.
_JPEG_ARITHMETIC = {*range(0xC9, 0xD0)} - {0xCC}

PNG_START = b"\x89PNG\r\n\x1a\n"
# Ancillary PNG chunks that change how the image looks.
_PNG_LOOKS = (b"tRNS", b"eXIf")

# A byte order mark and white space, which some web servers put before an image.
_BLANKS = b"\xef\xbb\xbf \t\r\n"

# Known formats that are not read; ISO media files are recognized by brand.
_OTHER_STARTS = {
    b"\x00\x00\x00\x0cjP  \r\n\x87\n": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\x00\x00\x00\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"8BPS": "Photoshop's PSD",
}
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "HEIC"),
    **dict.fromkeys((b"mif1", b"msf1", b"mif2"), "HEIF"),
    b"crx ": "Canon's CR3",
}
_STARTS = {
    JPEG_START: "JPEG",
    PNG_START[:4]: "PNG",  # Four of eight bytes: the others detect damage.
    **dict.fromkeys((b"GIF87a", b"GIF89a"), "GIF"),
    **dict.fromkeys((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"), "TIFF"),
}


def format_of(content: bytes) -> str | None:
    """Return Pillow's name of the format, by the first bytes."""
    if content[:4] == b"RIFF" and b"WEBP".startswith(content[8:12]):
        return "WEBP"
    # A text may begin with BM as well.
    if content[:2] == b"BM" and not any(content[6:10]):
        return "BMP"
    return _named(content, _STARTS)


def other_format_of(content: bytes) -> str | None:
    """Return the name of a known format that is not read, by the first bytes."""
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12])
    return _named(content, _OTHER_STARTS)


def _named(content: bytes, starts: dict[bytes, str]) -> str | None:
    found = (name for start, name in starts.items() if content.startswith(start))
    return next(found, None)


def without_blanks(content: bytes) -> bytes:
    """Remove white space before an image; return other files unchanged."""
    bare = content.lstrip(_BLANKS)
    return bare if format_of(bare) else content


def jpeg_segments(content: bytes) -> Iterator[bytes]:
    """Split a JPEG after its start: segments, scans with their pixels, the rest."""
    place = len(JPEG_START)
    while content[place : place + 1] == b"\xff":
        if content[place + 1 : place + 2] == b"\xff":  # Padding.
            place += 1
            continue
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        if content[place : place + 2] == JPEG_SCAN:
            following = _JPEG_MARK.search(content, end)
            end = following.start() if following else len(content)
        yield content[place:end]
        place = end
    yield content[place:]


def jpeg_scans(content: bytes) -> bytes:
    """Return the bytes from the first scan on, skipping an embedded thumbnail's."""
    parts = list(jpeg_segments(content))
    scans = (n for n, part in enumerate(parts) if part.startswith(JPEG_SCAN))
    return b"".join(parts[next(scans, -1) :])


def png_chunks(content: bytes) -> Iterator[bytes]:
    """Split a PNG after its signature; the last chunk may be truncated."""
    place = len(PNG_START)
    while place < len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4], "big")
        yield content[place:end]
        place = end


def webp_chunks(content: bytes) -> Iterator[bytes]:
    """Split a WebP after the RIFF header; the last chunk may be truncated."""
    place = 12
    while place < len(content):
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        end = place + 8 + length + length % 2
        yield content[place:end]
        place = end


def is_sound(chunk: bytes) -> bool:
    """Return whether the checksum of a PNG chunk is right."""
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def is_arithmetic(content: bytes) -> bool:
    """Return whether a JPEG is arithmetic-coded; such files can be shorter."""
    marks = (part[1] for part in jpeg_segments(content) if len(part) > 1)
    return any(mark in _JPEG_ARITHMETIC for mark in marks)


def lacks_end(kind: str, content: bytes) -> bool:
    """Return whether a file is shorter than it declares."""
    if kind == "JPEG":
        return JPEG_END not in jpeg_scans(content)
    if kind == "PNG":
        return b"IEND" not in content
    if kind == "WEBP":
        return len(content) < 8 + int.from_bytes(content[4:8], "little")
    if kind == "BMP":
        return len(content) < int.from_bytes(content[2:6], "little")
    return kind == "TIFF" and _tiff_lacks_tags(content)


def _tiff_lacks_tags(content: bytes) -> bool:
    """Return whether the first tag directory, often behind the pixels, is cut."""
    if b"+" in content[2:4]:
        return False  # BigTIFF, whose numbers are wider.
    big = content.startswith(b"MM")
    start = int.from_bytes(content[4:8], "big" if big else "little")
    count = int.from_bytes(content[start : start + 2], "big" if big else "little")
    return len(content) < start + 2 + 12 * count


def without_notes(kind: str | None, content: bytes) -> bytes:
    """Remove texts, profiles and previews from a JPEG or PNG."""
    if kind == "JPEG":
        kept = (part for part in jpeg_segments(content) if not _is_jpeg_note(part))
        return content[:2] + b"".join(kept)
    if kind == "PNG":
        chunks = (part for part in png_chunks(content) if not _is_png_note(part))
        return PNG_START + b"".join(chunks)
    return content


def _is_jpeg_note(segment: bytes) -> bool:
    if not segment.startswith(b"\xff"):
        return False
    marker = int.from_bytes(segment[1:2], "big")
    # Adobe's segment says how colours are stored; a truncated one says nothing.
    cut = marker == _ADOBE and len(segment) < _ADOBE_LENGTH
    return cut or marker in _JPEG_NOTES


def _is_png_note(chunk: bytes) -> bool:
    if chunk[4:8] in _PNG_LOOKS and is_sound(chunk):
        return False
    # A lower-case first letter marks an ancillary chunk.
    return chunk[4:5].islower()
