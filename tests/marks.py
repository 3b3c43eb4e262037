"""Photos that carry what must not get in: each note of a file holds a mark."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, PngImagePlugin

from tests.corpus import png_chunk

GPS, DESCRIPTION, ORIENTATION, ARTIST = 0x8825, 0x010E, 0x0112, 0x013B

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description {turn} '
    'dc:creator="{mark}"/></rdf:RDF></x:xmpmeta>'
)


def exif_of(mark: str, orientation: int | None) -> bytes:
    """EXIF with a description, an artist and a place that hold the mark."""
    tags = Image.Exif()
    tags[DESCRIPTION], tags[ARTIST] = f"{mark} description", f"{mark} artist"
    tags.get_ifd(GPS)[29] = f"{mark} place"
    if orientation is not None:
        tags[ORIENTATION] = orientation
    return tags.tobytes()


def xmp_of(mark: str, orientation: int | None) -> bytes:
    turn = "" if orientation is None else f'tiff:Orientation="{orientation}"'
    return XMP.format(mark=mark, turn=turn).encode()


def marked(
    image: Image.Image,
    kind: str,
    mark: str,
    *,
    exif: int | None = None,
    xmp: int | None = None,
    **options: Any,
) -> bytes:
    """An image file with the mark in every note that its format has.

    ``exif`` and ``xmp`` are the orientations that these say, if any.
    """
    given: dict[str, Any] = {
        "exif": exif_of(mark, exif),
        "icc_profile": f"{mark} profile".encode(),
        **options,
    }
    if kind in ("JPEG", "WEBP", "PNG", "TIFF") and kind != "PNG":
        given["xmp"] = xmp_of(mark, xmp)
    if kind in ("JPEG", "GIF"):
        given["comment"] = f"{mark} comment"
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", f"{mark} comment")
        texts.add_itxt("XML:com.adobe.xmp", xmp_of(mark, xmp).decode(), zip=False)
        given["pnginfo"] = texts
    written = io.BytesIO()
    image.save(written, kind, **given)
    content = written.getvalue()
    if kind == "JPEG":
        content = _more_of_jpeg(content, mark)
    if kind == "PNG":
        time = png_chunk(b"tIME", mark.encode()[:7].ljust(7))
        content = content[:33] + time + content[33:] + f"{mark} tail".encode()
    return content


def _more_of_jpeg(content: bytes, mark: str) -> bytes:
    """Add a preview to JFIF, segments of every kind, one among scans, and a tail."""
    preview = mark.encode().ljust(30)[:30]
    jfif = b"\xff\xe0" + struct.pack(">H", 16 + 30) + b"JFIF\0\1\1\0\0\1\0\1"
    segments = [jfif + bytes([10, 1]) + preview]
    for number in (0xE0, 0xE3, 0xEC, 0xED, 0xEF, 0xFE):
        data = f"{mark} of segment {number:x}".encode()
        segments.append(struct.pack(">BBH", 0xFF, number, len(data) + 2) + data)
    # Before the last scan, where a progressive picture has tables.
    last = content.rindex(b"\xff\xda")
    comment = struct.pack(">BBH", 0xFF, 0xFE, len(mark) + 2) + mark.encode()
    content = content[:last] + comment + content[last:]
    return content[:2] + b"".join(segments) + content[2:] + f"{mark} tail".encode()


def noise(seed: int, width: int, height: int, mode: str) -> Image.Image:
    """Random pixels: whatever is lost shows."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    return Image.fromarray(pixels).convert(mode)


def holding(files: dict[str, bytes], marks: dict[str, bytes]) -> dict[str, list[str]]:
    """Search every byte, and what is packed in Parquet, for marks.

    Returns:
        For each mark that is found, by its name, the files it is in.
    """
    found: dict[str, list[str]] = {}
    for name, content in files.items():
        unpacked = _unpacked(content)
        for said, mark in marks.items():
            if mark in content or mark in unpacked or mark in name.encode():
                found.setdefault(said, []).append(name)
    return found


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"PAR1"):
        return b""
    file = pq.ParquetFile(io.BytesIO(content), coerce_int96_timestamp_unit="us")
    parts = [str(file.metadata.to_dict()).encode()]
    for column in file.read().columns:
        if column.type in (pa.string(), pa.binary()):
            values = [value or b"" for value in column.cast(pa.binary()).to_pylist()]
            parts.append(b"\n".join(values))
    return b"\n".join(parts)


def files_of(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }
