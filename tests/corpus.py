"""Files of many kinds, sound, odd and bad, and what must become of each.

Each is made byte by byte on the spot. All sound ones show the same picture, VIEW,
in which no two corners are alike.
"""

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests import pictures
from tests.tiffs import Layout, tiff_of_samples

WIDTH, HEIGHT = 48, 32
MAX_BYTES = 200_000

# What Pillow says of pixels that it cannot decode.
BROKEN = "OSError: broken data stream"

# How much a pixel may change, on average, by compression that loses some.
LOSS = 2.0

ORIENTATION, X_RESOLUTION = 0x0112, 0x011A
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7

# How a picture lies in the file, by EXIF's number for how to turn it upright.
LYING: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: np.rot90,
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: Its path below the folder of images.
        content: Its bytes, or what puts it there.
        reason: Of the quarantine; ``None`` if it is to be featurized.
        detail: Of the quarantine, a part of it.
        shows: The picture that a person sees in it, where that matters.
        off: How much its pixels may differ from that, on average.
    """

    name: str
    content: bytes | Callable[[Path], object]
    reason: str | None = None
    detail: str = ""
    shows: Image.Image | None = None
    off: float = 0.0

    def put(self, folder: Path) -> Path:
        """Make the file below a folder."""
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
        else:
            self.content(path)
        return path


def view() -> Image.Image:
    """Red grows to the right, green downwards, blue towards the middle."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    middle = 1 - np.hypot(x - 0.5, y - 0.5)
    pixels = np.stack([x, y, middle], axis=-1) * 255
    return Image.fromarray(pixels.round().astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    # Of a copy: Pillow leaves what a format's encoder needs at the image.
    return pictures.encoded(image.copy(), kind, **options)


VIEW = view()
GREY = VIEW.convert("L")
JPEG, PNG = encoded(VIEW, quality=95, subsampling=0), encoded(VIEW, "PNG")
GIF, BMP, TIFF = (encoded(VIEW, kind) for kind in ("GIF", "BMP", "TIFF"))
WEBP = encoded(VIEW, "WEBP", lossless=True)


# ---- bytes of a format's parts ----


def png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png_header(width: int, height: int, depth: int = 8, colours: int = 0) -> bytes:
    """A PNG as far as its first chunk; without colours, grey."""
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)


def png_of(header: bytes, rows: bytes, *extras: bytes) -> bytes:
    """A PNG of these rows, each with its filter's byte before it."""
    pixels = png_chunk(b"IDAT", zlib.compress(rows))
    return b"".join([header, *extras, pixels, png_chunk(b"IEND", b"")])


def png_with(*chunks: bytes, before_pixels: bool = True) -> bytes:
    """VIEW as PNG with chunks more."""
    place = 33 if before_pixels else len(PNG) - 12
    return PNG[:place] + b"".join(chunks) + PNG[place:]


def png_declaring(width: int, height: int) -> bytes:
    """A PNG of some 60 bytes that says it is a grey picture of this size."""
    return png_of(png_header(width, height), b"\x00")


def deflated_zeros(length: int) -> bytes:
    """A thousandth of what they unpack to."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(2**20)) for _ in range(length // 2**20)]
    return b"".join([*parts, packer.flush()])


def jpeg_with(marker: int, data: bytes) -> bytes:
    """VIEW as JPEG with a segment more, before all others."""
    return JPEG[:2] + jpeg_segment(marker, data) + JPEG[2:]


def jpeg_declaring(width: int, height: int, bits: int = 8) -> bytes:
    place = JPEG.index(b"\xff\xc0") + 4
    return JPEG[:place] + struct.pack(">BHH", bits, height, width) + JPEG[place + 5 :]


def jpeg_segment(marker: int, data: bytes) -> bytes:
    return bytes([255, marker]) + struct.pack(">H", len(data) + 2) + data


def arithmetic_jpeg(side: int, anew: bool = False) -> bytes:
    """A JPEG of arithmetic coding, all of it grey 128.

    Args:
        side: In pixels.
        anew: The code begins anew for every block, which then needs no bits.
    """
    frame = struct.pack(">BHHB", 8, side, side, 1) + b"\x01\x11\x00"
    restarts = (side // 8) ** 2 - 1
    marks = b"".join(bytes([255, 0xD0 + number % 8]) for number in range(restarts))
    return b"".join(
        [
            b"\xff\xd8",
            jpeg_segment(0xDB, b"\x00" + b"\x01" * 64),
            jpeg_segment(0xC9, frame),
            jpeg_segment(0xDD, b"\x00\x01") if anew else b"",
            jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            marks if anew else b"\x1e\xee",
            b"\xff\xd9",
        ]
    )


def lossless_jpeg(image: Image.Image) -> bytes:
    """A grey picture as JPEG of the lossless process: differences to the left."""
    values = np.asarray(image).astype(int)
    left = np.concatenate([np.roll(values[:, :1], 1, axis=0), values[:, :-1]], axis=1)
    left[0, 0] = 128
    bits = ""
    for step in (values - left).ravel().tolist():
        size = abs(step).bit_length()  # Of four bits, as all codes are.
        bits += f"{size:04b}"
        if size:
            bits += f"{step if step > 0 else step + 2**size - 1:0{size}b}"
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    height, width = values.shape
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    codes = bytes([0, 0, 0, 0, 9, *[0] * 12, *range(9)])
    return b"".join(
        [
            b"\xff\xd8",
            jpeg_segment(0xC3, frame),
            jpeg_segment(0xC4, codes),
            jpeg_segment(0xDA, b"\x01\x01\x00\x01\x00\x00") + coded,
            b"\xff\xd9",
        ]
    )


def bmp_of(
    rows: list[bytes],
    width: int,
    bits: int,
    palette: bytes = b"",
    masks: tuple[int, ...] = (),
    compression: int = 0,
) -> bytes:
    """A BMP of these rows, from below; with masks its header is of version 4."""
    more = struct.pack(f"<{len(masks)}I", *masks).ljust(68 if masks else 0, b"\x00")
    pixels = b"".join(row + bytes(-len(row) % 4) for row in rows)
    length, compression = 40 + len(more), 3 if masks else compression
    start = 14 + length + len(palette)
    head = struct.pack("<2sIII", b"BM", start + len(pixels), 0, start)
    size = struct.pack("<IiiHHI", length, width, len(rows), 1, bits, compression)
    colours = struct.pack("<IiiII", len(pixels), 0, 0, len(palette) // 4, 0)
    return head + size + colours + more + palette + pixels


def gif_of(size: tuple[int, int], place: tuple[int, int], *extras: bytes) -> bytes:
    """A GIF of red, green, blue and yellow; one pixel of it is drawn, in green."""
    colours = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0])
    head = b"GIF89a" + struct.pack("<HHBBB", *size, 0xF1, 2, 0) + colours
    drawn = b"," + struct.pack("<HHHHB", *place, 1, 1, 0)
    return head + b"".join(extras) + drawn + b"\x02\x02\x4c\x01\x00;"


def exif_entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\x00")


def exif(*entries: bytes, data: bytes = b"", following: int = 0) -> bytes:
    """EXIF of these entries; ``data`` lies behind them, at 14 + 12 a entry."""
    return (
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00"
        + struct.pack("<H", len(entries))
        + b"".join(entries)
        + struct.pack("<I", following)
        + data
    )


TURN = exif_entry(ORIENTATION, SHORT, 1, b"\x06")


def tiff_of(data: bytes, tags: dict[int, int], tiled: bool = False) -> bytes:
    """A grey TIFF of one strip or tile, deflated, with these tags besides."""
    offset, length = (324, 325) if tiled else (273, 279)
    plain = {258: 8, 259: 8, 262: 1, 277: 1, offset: 0, length: len(data)}
    entries = {**plain, **tags}
    entries[offset] = 8 + 2 + 12 * len(entries) + 4
    listed = b"".join(
        struct.pack("<HHII", tag, LONG, 1, entries[tag]) for tag in sorted(entries)
    )
    count = struct.pack("<H", len(entries))
    return b"II*\x00\x08\x00\x00\x00" + count + listed + bytes(4) + data


def lying(number: int) -> Image.Image:
    """VIEW as it lies in a file whose EXIF has this orientation."""
    return Image.fromarray(np.ascontiguousarray(LYING[number](np.asarray(VIEW))))


def turned(number: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = number
    return tags


def changed(content: bytes, place: int, new: bytes) -> bytes:
    return content[:place] + new + content[place + len(new) :]


def on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def ycck_jpeg() -> bytes:
    """CMYK as Photoshop writes it: inverted, and its CMY as luma and chroma."""
    *cmy, black = VIEW.convert("CMYK").split()
    luma = Image.merge("RGB", cmy).convert("YCbCr").split()
    # Pillow inverts what it writes: undone here, but not for black.
    undone = [band.point(lambda value: 255 - value) for band in luma]
    content = encoded(Image.merge("CMYK", [*undone, black]), quality=100, subsampling=0)
    transform = content.index(b"Adobe") + 11
    return changed(content, transform, b"\x02")


def bands_of_16_bits(alpha: int | None = None) -> bytes:
    """The rows of a PNG of VIEW with 16 bits a colour, and filter bytes."""
    pixels = np.asarray(VIEW.convert("RGB")).astype(">u2") * 257
    if alpha is not None:
        opaque = np.full((HEIGHT, WIDTH, 1), alpha * 257, ">u2")
        pixels = np.concatenate([pixels, opaque], axis=-1)
    return b"".join(b"\x00" + row.astype(">u2").tobytes() for row in pixels)


def see_through() -> Image.Image:
    """VIEW, of which the left half is more and more transparent."""
    image = VIEW.convert("RGBA")
    alpha = np.tile(np.clip(np.arange(WIDTH) * 10, 0, 255), (HEIGHT, 1))
    image.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    return image


def animated(kind: str, **options: Any) -> bytes:
    more = [Image.new("RGB", VIEW.size, name) for name in ("red", "blue")]
    return encoded(VIEW, kind, save_all=True, append_images=more, **options)


# ---- the kinds ----


def kinds(
    folder: str,
    files: dict[str, bytes],
    reason: str | None = None,
    detail: str = "",
    shows: Image.Image | None = None,
    off: float = 0.0,
) -> list[Kind]:
    """Files of a folder that become the same."""
    return [
        Kind(f"{folder}/{name}", content, reason, detail, shows, off)
        for name, content in files.items()
    ]


def sound_jpegs() -> list[Kind]:
    grey = GREY.convert("RGB")
    mpo = animated("MPO", quality=95)
    small = encoded(VIEW.resize((24, 16)))
    preview = exif(
        exif_entry(0x0201, LONG, 1, struct.pack("<I", 38)),
        exif_entry(0x0202, LONG, 1, struct.pack("<I", len(small))),
        data=small,
    )
    progressive = encoded(VIEW, quality=95, progressive=True)
    grey_128 = Image.new("RGB", (16, 16), (128, 128, 128))
    short = "a note in it ends too early:"
    photoshop = b"Photoshop 3.0\x008BIM\x03\xed"
    profile = b"ICC_PROFILE\0\1\1nonsense"
    near = {
        "plain.jpg": JPEG,
        "4-2-0.JPG": encoded(VIEW, quality=95),
        "progressive.jpeg": progressive,
        "cmyk.jpg": encoded(VIEW.convert("CMYK"), quality=95),
        "ycck of Photoshop.jpg": ycck_jpeg(),
        "named.png": JPEG,
        "without its end.jpg": JPEG[:-2],
        "with half of its end.jpg": JPEG[:-1],
        "progressive, without its end.jpg": progressive[:-2],
        "behind blanks.jpg": b"\xef\xbb\xbf\r\n\t " + JPEG,
        "garbage after the end.jpg": JPEG + b"garbage\xff\xda" * 99,
        "zeros after the end.jpg": JPEG + bytes(5000),
        "stereo.jpg": mpo,
        "stereo without its second.jpg": mpo[: len(mpo) * 3 // 4],
        "with a preview.jpg": jpeg_with(0xE1, preview),
        f"{short} jfif.jpg": jpeg_with(0xE0, b"JFIF"),
        f"{short} adobe.jpg": jpeg_with(0xEE, b"Adobe"),
        f"{short} icc.jpg": jpeg_with(0xE2, b"ICC_PROFILE\0"),
        f"{short} photoshop.jpg": jpeg_with(0xED, photoshop),
        "colour profile of nonsense.jpg": jpeg_with(0xE2, profile),
        "list of pictures of nonsense.jpg": jpeg_with(0xE2, b"MPF\0no"),
    }
    greys = {
        "arithmetic.jpg": arithmetic_jpeg(512),
        # Longer than what Pillow hands to its decoder at a time.
        "arithmetic, long.jpg": arithmetic_jpeg(1600, anew=True),
    }
    # libjpeg fills up with grey and so does every viewer: nobody can tell.
    early = {"ended too early.jpg": JPEG[: len(JPEG) * 3 // 4] + b"\xff\xd9"}
    return [
        *kinds("jpeg", near, shows=VIEW, off=LOSS),
        Kind("jpeg/grey.jpg", encoded(GREY, quality=95), shows=grey, off=LOSS),
        *kinds("jpeg", greys, shows=grey_128),
        Kind("jpeg/lossless.jpg", lossless_jpeg(GREY), shows=grey),
        *kinds("jpeg", early),
    ]


def bad_jpegs() -> list[Kind]:
    scan = JPEG.index(b"\xff\xda") + 14
    preview = exif(data=encoded(VIEW.resize((24, 16))))
    with_preview = jpeg_with(0xE1, preview)
    progressive = encoded(VIEW, progressive=True)
    # Its last scans would make it finer.
    between = progressive[: progressive.rindex(b"\xff\xda")]
    early = "JPEG that ends too early"
    cuts = {
        "nothing but its start": 2,
        "in the header": 100,
        "before the pixels": scan - 14,
        "in the pixels": (scan + len(JPEG)) // 2,
        "in the last bytes": len(JPEG) - 5,
    }
    filled = {
        "cut and filled up with zeros.jpg": JPEG[: scan + 50] + bytes(9000),
        "cut and filled up, with a preview.jpg": (
            with_preview[: len(with_preview) * 4 // 5] + bytes(9000)
        ),
    }
    truncated = {
        "too short for its size.jpg": jpeg_declaring(7000, 7000),
        "progressive, cut between scans.jpg": between,
        "progressive, cut, with a preview.jpg": _with_exif(between, preview),
        "arithmetic, cut.jpg": arithmetic_jpeg(160, anew=True)[:500],
    }
    no_tables = JPEG.replace(b"\xff\xdb", b"\xff\xfe")
    no_size = "JPEG: no usable size or kind of pixels in its header"
    of_12_bits = "JPEG: cannot handle 12-bit layers; convert it to PNG"
    text = JPEG.decode("latin-1").encode()
    return [
        *(
            kind
            for where, length in cuts.items()
            for kind in kinds(
                "jpeg",
                {f"cut: {where}.jpg": JPEG[:length]},
                "truncated",
                f"{early}, after {length:,} bytes",
            )
        ),
        *kinds("jpeg", filled, "truncated", "bytes, the last 9,000 of them zeros"),
        *kinds("jpeg", truncated, "truncated", early),
        Kind("jpeg/without tables.jpg", no_tables, "damaged", f"JPEG: {BROKEN}"),
        Kind(
            "jpeg/12 bits.jpg",
            jpeg_declaring(WIDTH, HEIGHT, bits=12),
            "unsupported",
            of_12_bits,
        ),
        Kind("jpeg/without height.jpg", jpeg_declaring(WIDTH, 0), "damaged", no_size),
        Kind(
            "jpeg/sent as text.jpg",
            text,
            "not_an_image",
            r"starts with b'\xc3\xbf\xc3\x98",
        ),
    ]


def sound_pngs() -> list[Kind]:
    palette, two, glass = VIEW.quantize(64), GREY.convert("1"), see_through()
    faint = glass.convert("LA")
    grey_16 = (np.asarray(GREY).astype("u2") * 257).astype("u2")
    wrong = png_chunk(b"tEXt", b"Title\x00VIEW")[:-1] + b"?"
    bomb = deflated_zeros(100 * 2**20)
    profile = b"profile\x00\x00" + deflated_zeros(2 * 2**20)
    text, grey_text = b"Comment\x00\x00", b"Comment\x00\x01\x00\x00\x00"
    hole = Image.new("RGB", (2, 1), (200, 0, 0))
    hole.putpixel((0, 0), (10, 20, 30))
    lime = Image.new("RGB", (1, 5000), "lime")
    first = palette.getpixel((0, 0))
    with_hole = encoded(palette, "PNG", transparency=first)
    holed = palette.copy()
    holed.info["transparency"] = first
    grey_hole = png_of(
        png_header(2, 1, depth=16),
        b"\x00" + struct.pack(">HH", 1000, 257 * 70),
        png_chunk(b"tRNS", struct.pack(">H", 1000)),
    )
    hole_of_2_bits = png_of(
        png_header(3, 1, depth=2),
        b"\x00\x60",  # 1, 2, 0
        png_chunk(b"tRNS", struct.pack(">H", 1)),
    )
    colour, alpha = (png_header(WIDTH, HEIGHT, 16, kind) for kind in (2, 6))
    same = {
        "png/plain.png": PNG,
        "png/named.jpg": PNG,
        "png/behind a new line.png": b"\n" + PNG,
        "png/16 bits, colour.png": png_of(colour, bands_of_16_bits()),
        "png/16 bits, colour and alpha.png": png_of(alpha, bands_of_16_bits(255)),
        "png/interlaced.png": interlaced_png(),
        "png/animated.png": animated("PNG"),
        "png/without its end.png": PNG[:-12],
        "png/garbage after the end.png": PNG + b"garbage" * 99,
        "png/text with a wrong checksum.png": png_with(wrong),
        "png/cut resolution.png": png_with(png_chunk(b"pHYs", b"a")),
        "png/cut animation.png": png_with(png_chunk(b"acTL", b"a")),
        "png/profile of nonsense.png": png_with(
            png_chunk(b"iCCP", b"profile\x00\x05nonsense")
        ),
        "png/profile of 2 MB.png": png_with(png_chunk(b"iCCP", profile)),
        "bomb/text of 100 MB.png": png_with(png_chunk(b"zTXt", text + bomb)),
        "bomb/text of 100 MB, last.png": png_with(
            png_chunk(b"iTXt", grey_text + bomb), before_pixels=False
        ),
    }
    white = (255, 255, 255)
    others = {
        "grey": (encoded(GREY, "PNG"), GREY.convert("RGB")),
        "1 bit": (encoded(two, "PNG"), two.convert("RGB")),
        "palette": (encoded(palette, "PNG"), palette.convert("RGB")),
        "palette with a hole": (with_hole, on_white(holed)),
        "rgba": (encoded(glass, "PNG"), on_white(glass)),
        "grey and alpha": (encoded(faint, "PNG"), on_white(faint)),
        "one colour stands for nothing": (
            encoded(hole, "PNG", transparency=(10, 20, 30)),
            _pixels([white, (200, 0, 0)]),
        ),
        "16 bits, grey": (
            encoded(Image.fromarray(grey_16), "PNG"),
            GREY.convert("RGB"),
        ),
        "16 bits, one grey stands for nothing": (
            grey_hole,
            _pixels([white, (70, 70, 70)]),
        ),
        "2 bits, one grey stands for nothing": (
            hole_of_2_bits,
            _pixels([white, (170, 170, 170), (0, 0, 0)]),
        ),
        "one pixel": (encoded(VIEW.crop((9, 9, 10, 10)), "PNG"), None),
        "one column": (encoded(lime, "PNG"), Image.new("RGB", (2, 2), "lime")),
    }
    return [
        *(Kind(name, content, shows=VIEW) for name, content in same.items()),
        *(
            Kind(f"png/{name}.png", content, shows=shows)
            for name, (content, shows) in others.items()
        ),
    ]


def interlaced_png() -> bytes:
    """VIEW in the seven passes of Adam7, which Pillow cannot write."""
    pixels, rows = np.asarray(VIEW), b""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
    for x, y, right, down in [*passes, (1, 0, 2, 2), (0, 1, 1, 2)]:
        for row in pixels[y::down, x::right]:
            rows += b"\x00" + row.tobytes()
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 1)
    return png_of(PNG[:8] + png_chunk(b"IHDR", header), rows)


def _pixels(colours: list[tuple[int, int, int]]) -> Image.Image:
    image = Image.new("RGB", (len(colours), 1))
    image.putdata(colours)
    return image


def bad_pngs() -> list[Kind]:
    pixels, half = PNG.index(b"IDAT"), PNG[: len(PNG) // 2]
    cuts = {
        "cut: in the header.png": PNG[:20],
        "cut: before the pixels.png": PNG[:33],
        "cut: in the pixels.png": half,
    }
    filled = {"cut and filled up with zeros.png": half + bytes(900)}
    flipped = bytes([PNG[pixels + 60] ^ 255])
    broken = {
        "flipped byte.png": changed(PNG, pixels + 60, flipped),
        "pixels that do not inflate.png": changed(
            PNG, pixels + 4, b"no zlib stream at all"
        ),
    }
    no_size = {
        "no width.png": png_of(png_header(0, 9), b""),
        "3 bits.png": png_of(png_header(9, 9, 3), b""),
    }
    checksum = {"header with a wrong checksum.png": changed(PNG, 29, b"?")}
    without = {"without pixels.png": PNG[:33] + png_chunk(b"IEND", b"")}
    text = {"sent as text.png": PNG.replace(b"\r\n", b"\n")}
    header = png_header(WIDTH, HEIGHT, 16, 2)
    hole = png_of(header, bands_of_16_bits(), png_chunk(b"tRNS", bytes(6)))
    damaged: list[tuple[dict[str, bytes], str]] = [
        (checksum, "bad header checksum in b'IHDR'"),
        (broken, f"PNG: {BROKEN}"),
        (without, "PNG: no pixels after its header"),
        (no_size, "PNG: no usable size or kind of pixels in its header"),
        (text, "PNG: its first bytes are damaged"),
    ]
    return [
        *kinds("png", cuts, "truncated", "PNG that ends too early"),
        *kinds("png", filled, "truncated", "the last 900 of them zeros"),
        *(
            k
            for files, detail in damaged
            for k in kinds("png", files, "damaged", detail)
        ),
        Kind(
            "png/16 bits, one colour stands for nothing.png",
            hole,
            "unsupported",
            "PNG: 16 bits a colour, of which one stands for transparent; convert it",
        ),
    ]


def sound_others() -> list[Kind]:
    glass, two = see_through(), GREY.convert("1")
    upside_down = changed(BMP, 22, struct.pack("<i", -HEIGHT))
    rows = [BMP[54 + n * WIDTH * 3 :][: WIDTH * 3] for n in range(HEIGHT)]
    fractions = Image.fromarray(np.asarray(GREY, "f4") / np.float32(255))
    wide = Image.fromarray(np.asarray(GREY, "i4") * 257)
    blue_first = np.pad(np.asarray(VIEW)[::-1, :, ::-1], [(0, 0), (0, 0), (0, 1)])
    clear = [row.tobytes() for row in blue_first]
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    rgb_16 = np.asarray(VIEW).astype("u2") * 257
    grey_16 = np.asarray(GREY).astype("u2")[..., None] * 257
    grey_12 = grey_16.astype(int) // 257 * 4095 // 255
    floats = np.asarray(fractions)[..., None]
    big = Layout(order=">", form=3, compression=8)
    big_planes = Layout(order=">", planar=2)
    striped = tiff_of(
        GREY.tobytes(),
        {259: 1, 256: WIDTH, 257: HEIGHT, 278: HEIGHT, 322: 0, 323: 2**32 - 1},
    )
    tile_width = striped.index(struct.pack("<HH", 322, LONG)) + 2
    as_text = struct.pack("<HI4s", ASCII, 4, b"abc")
    deflated = encoded(VIEW, "TIFF", compression="tiff_adobe_deflate")
    two_colours = bmp_of([bytes([0, 1, 1])], 3, 8, bytes(4) + b"\xff\xff\xff\x00")
    clear_glass = encoded(glass, "WEBP", lossless=True, exact=True)
    fax = encoded(two, "TIFF", compression="group4")
    same = {
        "webp/plain.webp": WEBP,
        "webp/animated.webp": animated("WEBP", lossless=True),
        "webp/named.jpg": WEBP,
        "tiff/plain.tiff": TIFF,
        "tiff/lzw.tif": encoded(VIEW, "TIFF", compression="tiff_lzw"),
        "tiff/deflate.tif": deflated,
        "tiff/packbits.tif": encoded(VIEW, "TIFF", compression="packbits"),
        "tiff/pages.tif": animated("TIFF"),
        "tiff/BigTIFF.tif": encoded(VIEW, "TIFF", big_tiff=True),
        "tiff/cmyk.tif": encoded(VIEW.convert("CMYK"), "TIFF"),
        "tiff/planes of 16 bits.tif": tiff_of_samples(rgb_16, 2, 16, Layout(planar=2)),
        "tiff/big planes.tif": tiff_of_samples(rgb_16, 2, 16, big_planes),
        "bmp/24 bits.bmp": BMP,
        "bmp/32 bits, nothing but transparent.bmp": bmp_of(
            clear, WIDTH, 32, masks=masks
        ),
        "bmp/top down.bmp": upside_down[:54] + b"".join(reversed(rows)),
        "bmp/32 bits.bmp": encoded(VIEW.convert("RGBA"), "BMP"),
    }
    of_palette = {
        "gif/plain.gif": GIF,
        "gif/animated.gif": animated("GIF"),
        "gif/bad second picture.gif": animated("GIF")[: len(GIF) + 40],
        "gif/without its end.gif": GIF[:-1],
        "bmp/8 bits.bmp": encoded(VIEW.quantize(256), "BMP"),
    }
    near = {
        "webp/lossy.webp": encoded(VIEW, "WEBP", quality=95),
        "tiff/lab.tif": encoded(VIEW.convert("LAB"), "TIFF"),
    }
    greys = {
        "fractions": encoded(fractions, "TIFF"),
        "32 bits": encoded(wide, "TIFF"),
        "width of tiles as text": changed(striped, tile_width, as_text),
        "16 bits, white is zero": tiff_of_samples(65535 - grey_16, 0, 16),
        "12 bits": tiff_of_samples(grey_12, 1, 12),
        "fractions, big-endian, deflate": tiff_of_samples(floats, 1, 32, big),
    }
    black, white, green = (0, 0, 0), (255, 255, 255), (0, 255, 0)
    others = {
        "gif/first picture smaller.gif": (
            gif_of((3, 1), (1, 0)),
            _pixels([white, green, white]),
        ),
        "webp/transparent.webp": (clear_glass, on_white(glass)),
        "tiff/fax.tif": (fax, two.convert("RGB")),
        "bmp/8 bits, black and white.bmp": (
            two_colours,
            _pixels([black, white, white]),
        ),
        "bmp/1 bit.bmp": (encoded(two, "BMP"), two.convert("RGB")),
    }
    seen, grey = VIEW.quantize(256).convert("RGB"), GREY.convert("RGB")
    return [
        *(Kind(name, content, shows=VIEW) for name, content in same.items()),
        *(Kind(name, content, shows=seen) for name, content in of_palette.items()),
        *(Kind(name, content, shows=VIEW, off=LOSS) for name, content in near.items()),
        *(Kind(f"tiff/{name}.tif", data, shows=grey) for name, data in greys.items()),
        *(Kind(name, data, shows=shows) for name, (data, shows) in others.items()),
    ]


def bad_others() -> list[Kind]:
    lzw = encoded(VIEW, "TIFF", compression="tiff_lzw")
    pixels, five = np.asarray(VIEW), np.zeros((9, 9, 5))
    grey_and_alpha = Layout(planar=2, extra=(2,))
    of_bands = "pixels of such colours, bits and bands cannot be shown; convert"
    signed = tiff_of_samples(pixels[..., :1], 1, 8, Layout(form=2))
    planes = tiff_of_samples(pixels[..., :2], 1, 8, grey_and_alpha)
    compressed = {
        number: tiff_of_samples(pixels, 2, more={259: (number,)})
        for number in (34712, 34887, 50001)
    }
    fractions = tiff_of_samples(pixels / 255, 2, 32, Layout(form=3))
    convert = "convert it to PNG"
    unsupported = {
        "jpeg 2000": (compressed[34712], f"compression JPEG 2000 (34712); {convert}"),
        "lerc": (compressed[34887], f"compression LERC (34887); {convert}"),
        "webp": (compressed[50001], f"compression 50001; {convert}"),
        "five bands": (tiff_of_samples(five, 2), of_bands),
        "fractions of colours": (fractions, of_bands),
        "signed": (signed, f"signed numbers of 8 bits; {convert}"),
        "planes of grey and alpha": (
            planes,
            f"separate planes of photometric 1; {convert}",
        ),
    }
    truncated = {
        "gif/cut: header.gif": GIF[:40],
        "gif/cut.gif": GIF[: len(GIF) * 2 // 3],
        "webp/cut.webp": WEBP[: len(WEBP) // 2],
        "webp/cut: last byte.webp": WEBP[:-1],
        "tiff/cut.tif": TIFF[: len(TIFF) // 2],
        "tiff/cut: header.tif": TIFF[:30],
        # Its list of tags is the last thing in the file.
        "tiff/cut: lzw.tif": lzw[: len(lzw) // 2],
        "bmp/cut.bmp": BMP[: len(BMP) // 2],
        "bmp/cut: header.bmp": BMP[:14],
    }
    no_parts = WEBP[:20] + bytes(len(WEBP) - 20)
    nonsense = changed(lzw, 20, b"\xff" * 500)
    return [
        *(
            Kind(
                name,
                content,
                "truncated",
                f"{name.partition('/')[0].upper()} that ends too early",
            )
            for name, content in truncated.items()
        ),
        Kind(
            "webp/zeros for pixels.webp",
            no_parts,
            "damaged",
            "WEBP: its parts do not fit together",
        ),
        Kind(
            "tiff/lzw of nonsense.tif",
            nonsense,
            "damaged",
            "TIFF: its pixels cannot be decoded",
        ),
        *(
            Kind(f"tiff/{name}.tif", content, "unsupported", f"TIFF: {detail}")
            for name, (content, detail) in unsupported.items()
        ),
        Kind(
            "bmp/unknown compression.bmp",
            changed(BMP, 30, b"\x09"),
            "unsupported",
            "BMP: Unsupported BMP compression (9); convert it to PNG",
        ),
    ]


def exif_kinds() -> list[Kind]:
    upright: dict[str, Any] = {"shows": VIEW, "off": LOSS}
    jpegs = [
        Kind(
            f"exif/{number}.jpg",
            encoded(lying(number), quality=95, subsampling=0, exif=turned(number)),
            **upright,
        )
        for number in LYING
    ]
    others = [
        Kind(
            f"exif/6.{kind.lower()}",
            encoded(lying(6), kind, exif=turned(6), **options),
            shows=VIEW,
        )
        for kind, options in [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})]
    ]
    lies = encoded(lying(6), quality=95, subsampling=0)
    resolution = exif_entry(X_RESOLUTION, RATIONAL, 1, b"\x26")
    maker = exif_entry(0x010F, RATIONAL, 1, b"\x26")
    itself = exif_entry(0x8769, LONG, 1, b"\x08")
    odd = {
        "garbage": (JPEG, b"Exif\x00\x00no EXIF at all"),
        "cut": (JPEG, exif(TURN)[:20]),
        "turn 9": (JPEG, exif(exif_entry(ORIENTATION, SHORT, 1, b"\x09"))),
        "turn as text": (JPEG, exif(exif_entry(ORIENTATION, ASCII, 2, b"6"))),
        "mistyped maker beside a turn": (lies, exif(maker, TURN, data=bytes(40))),
        "bad resolution beside a turn": (lies, exif(TURN, resolution, data=bytes(40))),
        "in a circle": (lies, exif(TURN, itself, following=8)),
    }
    return [
        *jpegs,
        *others,
        *(
            Kind(f"exif/{name}.jpg", _with_exif(content, tags), **upright)
            for name, (content, tags) in odd.items()
        ),
    ]


def _with_exif(content: bytes, tags: bytes) -> bytes:
    return content[:2] + jpeg_segment(0xE1, tags) + content[2:]


def bombs() -> list[Kind]:
    webp = animated("WEBP", lossless=True)
    canvas = webp.index(b"VP8X") + 12
    whole = {256: WIDTH, 257: HEIGHT}
    huge = {256: 90_000, 257: 90_000}
    tile = {**whole, 322: 40_000, 323: 40_000}
    zeros = deflated_zeros(60 * 2**20)
    sizes = {
        "12000 x 12000": ("png", png_declaring(12_000, 12_000)),
        "1000000 x 100": ("png", png_declaring(1_000_000, 100)),
        "60000 x 60000": ("png", png_declaring(60_000, 60_000)),
        "65500 x 65500": ("jpg", jpeg_declaring(65_500, 65_500)),
        "65535 x 65535": ("gif", changed(GIF, 6, b"\xff\xff\xff\xff")),
        "100000 x 100000": ("bmp", changed(BMP, 18, struct.pack("<ii", 10**5, 10**5))),
        "16384 x 16384": ("webp", changed(webp, canvas, b"\xff\x3f\x00" * 2)),
        "90000 x 90000": ("tif", tiff_of(zeros, huge)),
        # One tile, out of which a picture of the usual size would be cut.
        "40000 x 40000": ("tif", tiff_of(zeros, tile, tiled=True)),
    }
    return [
        Kind(
            f"bomb/{size}.{ending}",
            content,
            "too_large",
            f"{size} pixels, more than 70,000,000",
        )
        for size, (ending, content) in sizes.items()
    ]


def no_images() -> list[Kind]:
    beginnings = {
        "html.jpg": b"\n<!DOCTYPE html><html><title>404</title></html>",
        "json.jpg": b'{"error": "not found"}',
        "svg.png": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        "pdf.jpg": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF",
        "zip.jpg": b"PK\x03\x04" + bytes(100),
        "text.bmp": b"BMW, VW, Opel: a text, as it happens",
        "wave.webp": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(28),
        "one byte.jpg": b"\x00",
        "zeros.jpg": bytes(5000),
        "random.jpg": np.random.default_rng(1).bytes(5000),
        "resource fork.jpg": b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X" + bytes(50),
        "Thumbs.db.jpg": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
        "pointer of Git LFS.jpg": b"version https://git-lfs.github.com/spec/v1\n",
        "film.jpg": b"\x00\x00\x00\x18ftypisom" + bytes(99),
        # These Pillow could decode, the last by starting Ghostscript.
        "icon.png": encoded(VIEW, "ICO"),
        "eps.jpg": encoded(VIEW, "EPS"),
    }
    others = {
        "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(99),
        "HEIF": b"\x00\x00\x00\x18ftypmif1" + bytes(99),
        "AVIF": encoded(VIEW, "AVIF"),
        "JPEG 2000": encoded(VIEW, "JPEG2000"),
        "JPEG XL": b"\xff\x0a" + bytes(99),
        "Photoshop's PSD": b"8BPS\x00\x01" + bytes(99),
    }
    return [
        *(
            Kind(f"other/{name}.jpg", content, "unsupported", f"{name}: convert it to")
            for name, content in others.items()
        ),
        Kind("no image/empty.jpg", b"", "empty", "the file has 0 bytes"),
        *(
            Kind(
                f"no image/{name}",
                content,
                "not_an_image",
                f"starts with {content[:12]!r}",
            )
            for name, content in beginnings.items()
        ),
    ]


def names() -> list[Kind]:
    """Sound files of odd names."""
    hidden = ("names/.hidden.jpg", "names/_underscore.jpg", "names/.jpg")
    odd = (*hidden, f"names/{'long' * 62}.jpg", "names/果物 é\n100%.jpg")
    named = [Kind(name, JPEG, shows=VIEW, off=LOSS) for name in odd]
    return [*named, Kind("folder.jpg/in a folder named so.jpg", JPEG)]


def on_disk() -> list[Kind]:
    """What depends on the file system, not on bytes."""

    def link(target: str) -> Callable[[Path], object]:
        return lambda path: path.symlink_to(target)

    def link_to_sound(path: Path) -> None:
        target = path.parents[1] / "elsewhere"
        target.write_bytes(JPEG)
        path.symlink_to(target)

    def not_utf_8(path: Path) -> None:
        path.with_name(os.fsdecode(b"\xe9.jpg")).write_bytes(JPEG)

    def without_right(path: Path) -> None:
        path.write_bytes(JPEG)
        path.chmod(0)

    def bad(name: str, put: Callable[[Path], object], detail: str) -> Kind:
        return Kind(f"disk/{name}.jpg", put, "unreadable", detail)

    kinds = [
        Kind("disk/link.jpg", link_to_sound, shows=VIEW, off=LOSS),
        bad("broken link", link("/no/such"), "gone, or a link to a file that is gone"),
        bad(
            "link to itself", link("link to itself.jpg"), "Too many levels of symbolic"
        ),
        bad("device", link("/dev/zero"), "neither a file nor a link to one"),
        bad("pipe", os.mkfifo, "neither a file nor a link to one"),
        bad("\\xe9", not_utf_8, "the file's name is not UTF-8"),
        Kind(
            "disk/long.bmp",
            lambda path: path.write_bytes(JPEG + bytes(MAX_BYTES)),
            "too_large",
            f"bytes, more than ingestion.max_bytes={MAX_BYTES:,}",
        ),
    ]
    if Path("/proc/self/mem").exists():
        # A regular file of which not even root can read the first byte.
        mem = bad("failing disk", link("/proc/self/mem"), "OSError: ")
        kinds.append(mem)
    if os.geteuid():
        kinds.append(bad("no right", without_right, "Permission denied"))
    return kinds


def in_memory() -> list[Kind]:
    """All kinds that are what their bytes are."""
    return [
        *sound_jpegs(),
        *bad_jpegs(),
        *sound_pngs(),
        *bad_pngs(),
        *sound_others(),
        *bad_others(),
        *exif_kinds(),
        *bombs(),
        *no_images(),
        *names(),
    ]
