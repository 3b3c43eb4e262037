"""TIFF files of every kind, written by numpy alone: no reader's own writer helps it."""

import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, SAMPLES = 258, 259, 262, 266, 277
PLANAR, PREDICTOR, COLOURS, EXTRA, FORMAT = 284, 317, 320, 338, 339
SUBSAMPLING = 530
DTYPES = {1: "u", 2: "i", 3: "f"}


@dataclass(frozen=True)
class Layout:
    """How samples lie in a file.

    Attributes:
        order: Of bytes: ``<`` or ``>``.
        form: Of numbers: 1 unsigned, 2 signed, 3 floating.
        planar: 1: the bands of a pixel together, 2: each band for itself.
        extra: What the bands beyond the colours are: 0 unknown, 1 alpha that colours
            are multiplied with, 2 alpha.
        compression: One of ``PACKERS``.
        predictor: 1 none, 2 differences, 3 differences of floating numbers' bytes.
        tile: Side of a tile, 0 for strips.
        fill_order: 2: the lowest bit first.
        rows: Of a strip, 0 for all.
        behind: How much farther behind the pixels are said to be.
    """

    order: str = "<"
    form: int = 1
    planar: int = 1
    extra: tuple[int, ...] = ()
    compression: int = 1
    predictor: int = 1
    tile: int = 0
    fill_order: int = 1
    rows: int = 0
    behind: int = 0


PLAIN = Layout()


def tiff_of_samples(
    samples: np.ndarray,
    photometric: int,
    bits: int = 8,
    layout: Layout = PLAIN,
    more: dict[int, tuple[int, ...]] | None = None,
) -> bytes:
    """A TIFF of these samples ``(height, width, bands)``, with more tags."""
    height, width, bands = samples.shape
    tile = layout.tile
    down, across = (tile, tile) if tile else (layout.rows or height, width)
    pieces = []
    for part in np.split(samples, bands, axis=2) if layout.planar == 2 else [samples]:
        for y in range(0, height, down):
            for x in range(0, width, across):
                piece = part[y : y + down, x : x + across]
                if tile:
                    gaps = (tile - piece.shape[0], tile - piece.shape[1])
                    piece = np.pad(piece, [(0, gap) for gap in gaps] + [(0, 0)])
                packed = PACKERS[layout.compression](list(_lines(piece, bits, layout)))
                pieces.append(_mirrored(packed) if layout.fill_order == 2 else packed)
    tags = {
        256: (width,),
        257: (height,),
        BITS: (bits,) * bands,
        COMPRESSION: (layout.compression,),
        PHOTOMETRIC: (photometric,),
        SAMPLES: (bands,),
        PLANAR: (layout.planar,),
        FORMAT: (layout.form,) * bands,
        PREDICTOR: (layout.predictor,),
        FILL_ORDER: (layout.fill_order,),
    }
    if layout.extra:
        tags[EXTRA] = layout.extra
    tags |= {322: (tile,), 323: (tile,)} if tile else {278: (down,)}
    return tiff_of_pieces(pieces, tags | (more or {}), layout.order, layout.behind)


def tiff_of_pieces(
    pieces: list[bytes],
    tags: dict[int, tuple[int, ...]],
    order: str = "<",
    behind: int = 0,
) -> bytes:
    """A TIFF of strips or tiles that are encoded already."""
    starts = np.cumsum([8 + behind, *(len(piece) + len(piece) % 2 for piece in pieces)])
    places = (324, 325) if 322 in tags else (273, 279)
    lengths = tuple(len(piece) for piece in pieces)
    tags = tags | dict(zip(places, (tuple(starts[:-1].tolist()), lengths), strict=True))
    body = b"".join(piece + b"\0" * (len(piece) % 2) for piece in pieces)
    outside = 8 + len(body) + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag, numbers in sorted(tags.items()):
        kind, letter = (4, "I") if tag in (*places, 256, 257) else (3, "H")
        packed = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
        entries += struct.pack(f"{order}HHI", tag, kind, len(numbers))
        if len(packed) <= 4:
            entries += packed.ljust(4, b"\0")
        else:
            entries += struct.pack(f"{order}I", outside + len(values))
            values += packed + b"\0" * (len(packed) % 2)
    mark = b"II" if order == "<" else b"MM"
    head = mark + struct.pack(f"{order}HI", 42, 8 + len(body))
    count = struct.pack(f"{order}H", len(tags))
    return head + body + count + entries + bytes(4) + values


def _lines(piece: np.ndarray, bits: int, layout: Layout) -> Iterator[bytes]:
    bands = piece.shape[2]
    for line in piece.reshape(len(piece), -1):
        if bits not in (8, 16, 32, 64):
            ones = (line[:, None] >> np.arange(bits - 1, -1, -1)) & 1
            yield np.packbits(ones.ravel().astype("u1")).tobytes()
            continue
        number = f"{DTYPES[layout.form]}{bits // 8}"
        values = line.astype(layout.order + number)
        if layout.predictor == 3:
            big = line.astype(f">{number}")
            values = big.view("u1").reshape(len(line), -1).T.ravel()
        if layout.predictor != 1:
            steps = values.copy()
            steps[bands:] -= values[:-bands]
            values = steps
        yield values.tobytes()


def _mirrored(content: bytes) -> bytes:
    ones = np.unpackbits(np.frombuffer(content, "u1"), bitorder="little")
    return np.packbits(ones).tobytes()


def _lzw(lines: list[bytes]) -> bytes:
    # Letters alone: the table is cleared before its codes become longer.
    codes: list[int] = []
    for place, letter in enumerate(b"".join(lines)):
        codes += [256, letter] if place % 200 == 0 else [letter]
    ones = (np.array([*codes, 257])[:, None] >> np.arange(8, -1, -1)) & 1
    return np.packbits(ones.ravel().astype("u1")).tobytes()


def _packbits(lines: list[bytes]) -> bytes:
    runs = (line[n : n + 128] for line in lines for n in range(0, len(line), 128))
    return b"".join(bytes([len(run) - 1]) + run for run in runs)


def _zstd(lines: list[bytes]) -> bytes:
    content = b"".join(lines)  # One block, stored as it is.
    head = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(content))
    return head + (len(content) << 3 | 1).to_bytes(3, "little") + content


PACKERS: dict[int, Callable[[list[bytes]], bytes]] = {
    1: b"".join,
    5: _lzw,
    8: lambda lines: zlib.compress(b"".join(lines)),
    32773: _packbits,
    32946: lambda lines: zlib.compress(b"".join(lines)),
    34925: lambda lines: lzma.compress(b"".join(lines)),
    50000: _zstd,
}
