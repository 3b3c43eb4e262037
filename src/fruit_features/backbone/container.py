"""What an image file's bytes say without being decoded."""

import zlib
from collections.abc import Iterator

JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
JPEG_SCAN = b"\xff\xda"
# Comments and application segments, but for APP1 (EXIF) and APP14 (Adobe).
_JPEG_NOTES = (0xE0, *range(0xE2, 0xEE), 0xEF, 0xFE)
_ADOBE, _ADOBE_LENGTH = 0xEE, 16

_PNG_START = b"\x89PNG\r\n\x1a\n"
# Of the chunks that a PNG may do without, those that change what it looks like.
_PNG_LOOKS = (b"tRNS", b"eXIf")

# Arithmetic coding, by the kinds of frame that use it.
_JPEG_ARITHMETIC = {*range(0xC9, 0xD0)} - {0xCC}

# A byte order mark, white space: what a web server's program may put before a picture.
_BLANKS = b"\xef\xbb\xbf \t\r\n"

# Pictures that are known, but not read. ISO's boxes tell by a brand.
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
    b"\xff\xd8": "JPEG",
    # Four bytes of eight: the rest is there to show damage.
    _PNG_START[:4]: "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
}


def format_of(content: bytes) -> str | None:
    """Tell the format by the first bytes, as far as they are there.

    Returns:
        Pillow's name of the format, or ``None``.
    """
    if content[:4] == b"RIFF" and b"WEBP".startswith(content[8:12]):
        return "WEBP"
    # BM alone may begin a text.
    if content[:2] == b"BM" and not any(content[6:10]):
        return "BMP"
    return next(
        (_STARTS[start] for start in _STARTS if content.startswith(start)), None
    )


def other_format_of(content: bytes) -> str | None:
    """Tell a picture of a format that is not read by its first bytes."""
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12])
    found = (name for start, name in _OTHER_STARTS.items() if content.startswith(start))
    return next(found, None)


def without_blanks(content: bytes) -> bytes:
    """Leave out blanks before a picture; other files stay as they are."""
    bare = content.lstrip(_BLANKS)
    return bare if format_of(bare) else content


def is_arithmetic(content: bytes) -> bool:
    """Tell a JPEG of arithmetic coding, which may be shorter than Huffman's."""
    return any(
        part[1:2] and part[1] in _JPEG_ARITHMETIC for part in jpeg_segments(content)
    )


def lacks_end(kind: str, content: bytes) -> bool:
    """Tell whether a file is shorter than it says itself.

    Args:
        kind: Of ``format_of``.
        content: The file's bytes.
    """
    if kind == "JPEG":
        # A thumbnail among the first segments has an end of its own.
        *_, rest = jpeg_segments(content)
        return JPEG_END not in rest
    if kind == "PNG":
        return b"IEND" not in content
    if kind == "WEBP":
        return len(content) < 8 + int.from_bytes(content[4:8], "little")
    if kind == "BMP":
        return len(content) < int.from_bytes(content[2:6], "little")
    return kind == "TIFF" and _tiff_lacks_tags(content)


def without_notes(kind: str | None, content: bytes) -> bytes:
    """Leave out what a picture can be seen without: texts, profiles, previews.

    Args:
        kind: Of ``format_of``.
        content: The file's bytes.

    Returns:
        A file of the same picture; other formats than JPEG and PNG as they are.
    """
    if kind == "JPEG":
        kept = (part for part in jpeg_segments(content) if not _is_jpeg_note(part))
        return b"".join(kept)
    if kind == "PNG":
        chunks = (part for part in _png_chunks(content) if not _is_png_note(part))
        return _PNG_START + b"".join(chunks)
    return content


def jpeg_segments(content: bytes) -> Iterator[bytes]:
    """Take apart; the last part is all from the first scan on."""
    yield content[:2]
    place = 2
    while content[place : place + 1] == b"\xff":
        if content[place : place + 2] == JPEG_SCAN:
            break
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        yield content[place:end]
        place = end
    yield content[place:]


def _is_jpeg_note(segment: bytes) -> bool:
    marker = int.from_bytes(segment[1:2], "big")
    # Adobe's says how colours are stored; cut short it says nothing.
    cut = marker == _ADOBE and len(segment) < _ADOBE_LENGTH
    return cut or marker in _JPEG_NOTES


def _png_chunks(content: bytes) -> Iterator[bytes]:
    place = len(_PNG_START)
    while place < len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4], "big")
        yield content[place:end]
        place = end


def _is_png_note(chunk: bytes) -> bool:
    name, checksum = chunk[4:8], int.from_bytes(chunk[-4:], "big")
    if name in _PNG_LOOKS and zlib.crc32(chunk[4:-4]) == checksum:
        return False
    # A small first letter marks what a decoder may pass over.
    return name[:1].islower()


def _tiff_lacks_tags(content: bytes) -> bool:
    """Tell whether the first list of tags, often behind the pixels, is not whole."""
    if b"+" in content[2:4]:
        return False  # BigTIFF, in which all numbers are wider.
    big = content.startswith(b"MM")
    start = int.from_bytes(content[4:8], "big" if big else "little")
    count = int.from_bytes(content[start : start + 2], "big" if big else "little")
    return len(content) < start + 2 + 12 * count
