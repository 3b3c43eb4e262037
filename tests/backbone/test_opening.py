"""What Pillow shows otherwise than viewers, against pixels that are known beforehand.

TIFF files are held against tifffile as well, which shares no code with Pillow.
"""

import io
import struct
from dataclasses import replace
from itertools import product

import numpy as np
import PIL
import pytest
import tifffile
from PIL import Image

from fruit_features.backbone.decoding import DecodeFailure, decode_whole
from tests.corpus import (
    GREY,
    HEIGHT,
    VIEW,
    WIDTH,
    bmp_of,
    encoded,
    gif_of,
    png_chunk,
    png_header,
    png_of,
)
from tests.tiffs import (
    COLOURS,
    SUBSAMPLING,
    Layout,
    tiff_of_pieces,
    tiff_of_samples,
)

H, W = 17, 21
WHITE_IS_ZERO, GREYS, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
COLOUR_BANDS = {WHITE_IS_ZERO: 1, GREYS: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3}
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
NUMBERS = [
    *((bits, UNSIGNED) for bits in (1, 2, 4, 8, 12, 16, 32)),
    *((bits, SIGNED) for bits in (8, 16, 32)),
    *((bits, FLOAT) for bits in (16, 32)),
]
NONE, LZW, DEFLATE, PACKBITS = 1, 5, 8, 32773
WHOLE = (1, 8, 16, 32)
EXTRAS = [(), (0,), (1,), (2,), (0, 0), (2, 0)]
RANDOM = np.random.default_rng(0)


def shown(content: bytes) -> np.ndarray:
    image = decode_whole(content)
    assert not isinstance(image, DecodeFailure), image
    return np.asarray(image).astype(float)


def samples_of(photometric: int, bits: int, form: int, extra: tuple) -> np.ndarray:
    """Random samples; premultiplied colours are none above alpha."""
    colours = COLOUR_BANDS[photometric]
    shape = (H, W, colours + len(extra))
    top = 2 ** min(bits - (form == SIGNED), 31)
    samples = RANDOM.integers(0, top, shape)
    if form == FLOAT:
        samples = RANDOM.random(shape).astype(f"f{bits // 8}")
    if extra[:1] == (1,):
        most = samples[..., colours : colours + 1]
        samples[..., :colours] = np.minimum(samples[..., :colours], most)
    return samples


def colours_of(
    samples: np.ndarray, photometric: int, bits: int, form: int, extra: tuple
) -> np.ndarray:
    """The colours on white that TIFF's specification gives samples."""
    count = COLOUR_BANDS[photometric]
    # Where white is not said, it is that of the brightest pixel's kind of number.
    white = 1.0 if form == FLOAT else 2.0**bits - 1
    if bits == 32 and form != FLOAT:
        white = samples[..., :count].max()
    values = samples / white
    parts = values[..., :count]
    if photometric in (WHITE_IS_ZERO, GREYS):
        rgb = (1 - parts if photometric == WHITE_IS_ZERO else parts).repeat(3, axis=2)
    elif photometric == CMYK:
        rgb = (1 - parts[..., :3]) * (1 - parts[..., 3:])
    elif photometric == YCBCR:
        y, blue, red = (
            parts[..., 0],
            parts[..., 1] - 128 / 255,
            parts[..., 2] - 128 / 255,
        )
        green = y - 0.344136 * blue - 0.714136 * red
        rgb = np.stack([y + 1.402 * red, green, y + 1.772 * blue], axis=-1)
    elif photometric == PALETTE:
        rgb = PALETTE_OF[: 2**bits][samples[..., 0].astype(int)] / 255
    else:
        rgb = parts
    rgb = rgb.clip(0, 1)
    if extra[:1] == (2,):
        alpha = values[..., count : count + 1]
        rgb = rgb * alpha + 1 - alpha
    if extra[:1] == (1,):
        rgb = rgb + 1 - values[..., count : count + 1]
    return rgb.clip(0, 1) * 255


PALETTE_OF = RANDOM.integers(0, 256, (256, 3))


def by_tifffile(content: bytes, shape: tuple[int, ...], planar: int) -> np.ndarray:
    (page, *_) = tifffile.TiffFile(io.BytesIO(content)).pages
    read = page.asarray(maxworkers=1)
    if planar == 2 and shape[2] > 1:
        return np.moveaxis(read.reshape(shape[2], *shape[:2]), 0, -1)
    return read.reshape(shape)


def lab_of(srgb: np.ndarray) -> np.ndarray:
    """CIELAB of D50 by its definition."""
    linear = np.where(
        srgb <= 10, srgb / 255 / 12.92, ((srgb / 255 + 0.055) / 1.055) ** 2.4
    )
    to_xyz = [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
    x, y, z = np.cbrt((linear @ np.transpose(to_xyz)) / (0.9642, 1, 0.8249)).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def layouts(bits: int, form: int) -> list[Layout]:
    found = [
        Layout(compression=compression, tile=tile, fill_order=fill_order, rows=5)
        for compression, tile, fill_order in [
            *((NONE, 0, 1), (NONE, 16, 1), (NONE, 0, 2), (DEFLATE, 0, 1)),
            *((DEFLATE, 16, 2), (LZW, 16, 1), (PACKBITS, 0, 2)),
        ]
    ]
    predictors = [2] if bits in (8, 16, 32) and form != FLOAT else []
    predictors += [3] if bits == 32 and form == FLOAT else []
    found += [
        Layout(compression=compression, predictor=predictor, tile=tile, rows=5)
        for predictor in predictors
        for compression, tile in [(DEFLATE, 0), (LZW, 16)]
    ]
    return found


class TestTiff:
    @pytest.mark.parametrize("photometric", COLOUR_BANDS)
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_is_shown_right_or_not_at_all(self, photometric: int) -> None:
        compared = 0
        for (bits, form), extra in product(NUMBERS, EXTRAS):
            if photometric == PALETTE and bits > 8:
                continue
            samples = samples_of(photometric, bits, form, extra)
            right = colours_of(samples, photometric, bits, form, extra)
            more = {YCBCR: {SUBSAMPLING: (1, 1)}}.get(photometric, {})
            if photometric == PALETTE:
                more = {COLOURS: tuple(PALETTE_OF[: 2**bits].T.ravel() * 257)}
            for order, planar in product("<>", (1, 2)):
                given = {"order": order, "form": form, "planar": planar, "extra": extra}
                for each in layouts(bits, form):
                    layout = replace(each, **given)
                    content = tiff_of_samples(samples, photometric, bits, layout, more)
                    image = decode_whole(content)
                    if isinstance(image, DecodeFailure):
                        assert image.reason == "unsupported", (layout, image)
                        if each.compression == NONE and each.fill_order == 1:
                            break  # No other layout is shown either.
                        continue
                    # Pillow cuts 16 bits off to 8, and rounds alpha twice.
                    most = 2.6 if extra or photometric in (CMYK, YCBCR) else 1
                    assert np.abs(np.asarray(image) - right).max() <= most, layout
                    compared += 1
                    # For the others tifffile would need imagecodecs.
                    if each.compression != LZW and each.predictor < 3 and bits in WHOLE:
                        read = by_tifffile(content, samples.shape, planar)
                        assert np.array_equal(read, samples), layout
        assert compared >= 20

    @pytest.mark.parametrize("compression", [32946, 34925, 50000])
    def test_other_compressions(self, compression: int) -> None:
        layout = Layout(compression=compression, rows=5)
        content = tiff_of_samples(np.asarray(VIEW), RGB, 8, layout)
        assert (shown(content) == np.asarray(VIEW)).all()

    @pytest.mark.parametrize("compression", ["tiff_ccitt", "group3", "group4"])
    def test_fax(self, compression: str) -> None:
        two = GREY.convert("1")
        content = encoded(two, "TIFF", compression=compression)
        assert (shown(content) == np.asarray(two.convert("RGB"))).all()

    @pytest.mark.parametrize(
        ("mode", "photometric", "options"),
        [
            ("L", GREYS, {}),
            ("RGB", RGB, {"keep_rgb": True}),
            ("RGB", YCBCR, {"subsampling": 0}),
            ("RGB", YCBCR, {"subsampling": 2}),
        ],
    )
    @pytest.mark.parametrize("old", [False, True])
    def test_jpeg(self, mode: str, photometric: int, options: dict, old: bool) -> None:
        # The strip is a JPEG file of its own: libjpeg alone says what it shows.
        jpeg = encoded(VIEW.convert(mode), quality=95, **options)
        step = 1 + options.get("subsampling", 0) // 2
        tags = {
            **{
                256: (WIDTH,),
                257: (HEIGHT,),
                258: (8,) * len(mode),
                262: (photometric,),
            },
            **{259: (7,), 277: (len(mode),), 278: (HEIGHT,), SUBSAMPLING: (step, step)},
        }
        if old:
            tags |= {259: (6,), 512: (1,), 513: (8,), 514: (len(jpeg),)}
        content = tiff_of_pieces([jpeg], tags)
        if old and photometric == GREYS:
            assert decode_whole(content)[0] == "unsupported"
            return
        right = Image.open(io.BytesIO(jpeg)).convert("RGB")
        # The colours of old ones are not smoothed, and taken for YCbCr.
        if old and photometric == RGB:
            return
        assert np.abs(shown(content) - np.asarray(right)).mean() <= (3 if old else 0)

    def test_subsampled_colours(self) -> None:
        y, *colours = (np.asarray(b) for b in VIEW.convert("YCbCr").split())
        small = [b.reshape(16, 2, 24, 2).mean((1, 3)).astype("u1") for b in colours]
        blocks = y.reshape(16, 2, 24, 2).swapaxes(1, 2).reshape(16, 24, 4)
        units = np.concatenate([blocks, np.stack(small, axis=-1)], axis=-1)
        tags = {
            **{256: (WIDTH,), 257: (HEIGHT,), 258: (8, 8, 8), 259: (1,), 262: (YCBCR,)},
            **{277: (3,), 278: (HEIGHT,)},
        }
        for more in ({}, {SUBSAMPLING: (2, 2)}):
            image = shown(tiff_of_pieces([units.tobytes()], tags | more))
            assert np.abs(image - np.asarray(VIEW)).mean() < 3

    @pytest.mark.parametrize("compression", [NONE, DEFLATE])
    def test_lab(self, compression: int) -> None:
        colours = np.array(
            [(255, 255, 255), (180, 60, 60), (60, 160, 80), (60, 80, 170)]
        )
        samples = np.round(lab_of(colours) * (2.55, 1, 1)).astype(int) & 255
        content = tiff_of_samples(
            samples[None], LAB, 8, Layout(compression=compression)
        )
        assert np.abs(shown(content) - colours).max() <= 4

    @pytest.mark.parametrize("compression", [NONE, DEFLATE])
    def test_palette_of_8_bits(self, compression: int) -> None:
        samples = RANDOM.integers(0, 256, (H, W, 1))
        more = {COLOURS: tuple(PALETTE_OF.T.ravel())}
        layout = Layout(compression=compression)
        content = tiff_of_samples(samples, PALETTE, 8, layout, more)
        assert (shown(content) == PALETTE_OF[samples[..., 0]]).all()

    @pytest.mark.parametrize("planar", [1, 2])
    @pytest.mark.parametrize("compression", [NONE, DEFLATE])
    def test_cut_pixels_behind_the_tags_are_truncated(
        self, planar: int, compression: int
    ) -> None:
        layout = Layout(planar=planar, compression=compression)
        samples = RANDOM.integers(0, 256, (H, W, 3))
        whole = tiff_of_samples(samples, RGB, 8, layout)
        # As many programs write it: the tags first.
        tags = int.from_bytes(whole[4:8], "little")
        layout = replace(layout, behind=len(whole) - 8)
        moved = tiff_of_samples(samples, RGB, 8, layout) + whole[8:tags]
        assert (shown(moved) == shown(whole)).all()
        failure = decode_whole(moved[:-9])
        assert isinstance(failure, DecodeFailure)
        assert failure.reason == "truncated"


class TestBmp:
    GREY_16 = b"".join(bytes([n, n, n, 0]) for n in range(16))
    COLOURS_256 = b"".join(bytes([n, 255 - n, n // 2, 0]) for n in range(256))
    BLACK_WHITE = bytes(4) + b"\xff\xff\xff\x00"
    RLE_8 = bytes([3, 7, 2, 9, 0, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 5, 8, 0, 1])
    RLE_4 = bytes([5, 0x79, 0, 0, 0, 5, 0x12, 0x34, 0x50, 0, 0, 0, 5, 0x88, 0, 1])

    @pytest.mark.parametrize(
        ("row", "bits", "palette", "greys"),
        [
            (b"\x00\x01\x01\x00", 8, BLACK_WHITE, [0, 255, 255, 0]),
            (b"\x01\x10", 4, BLACK_WHITE, [0, 255, 255, 0]),
            (b"\x60", 1, BLACK_WHITE, [0, 255, 255, 0]),
            (b"\x60", 1, BLACK_WHITE[4:] + bytes(4), [255, 0, 0, 255]),
            (b"\x0f\x81", 4, GREY_16, [0, 15, 8, 1]),
            (b"\x00\x0f\x08\x01", 8, GREY_16, [0, 15, 8, 1]),
        ],
    )
    def test_palettes_of_greys(
        self, row: bytes, bits: int, palette: bytes, greys: list[int]
    ) -> None:
        pixels = shown(bmp_of([row], 4, bits, palette))
        assert pixels[0, :, 0].tolist() == greys

    @pytest.mark.parametrize(
        ("masks", "value"),
        [
            ((0xFF0000, 0xFF00, 0xFF, 0), 0x112233),
            ((0xFF, 0xFF00, 0xFF0000, 0xFF000000), 0xFF332211),
            ((0xFF0000, 0xFF00, 0xFF, 0xFF000000), 0xFF112233),
            ((0xFF0000, 0xFF00, 0xFF, 0xFF000000), 0x112233),
            ((0xFF000000, 0xFF0000, 0xFF00, 0xFF), 0x112233FF),
        ],
    )
    def test_masks(self, masks: tuple[int, ...], value: int) -> None:
        pixels = shown(bmp_of([struct.pack("<I", value)], 1, 32, masks=masks))
        assert pixels.tolist() == [[[0x11, 0x22, 0x33]]]

    def test_some_transparent_pixels_are_white(self) -> None:
        masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
        row = struct.pack("<II", 0x112233, 0xFF112233)
        pixels = shown(bmp_of([row], 2, 32, masks=masks))
        assert pixels.tolist() == [[[255] * 3, [0x11, 0x22, 0x33]]]

    def test_5_bits_a_colour(self) -> None:
        row = struct.pack("<4H", 0x7C00, 0x3E0, 0x1F, 0x7FFF)
        pixels = shown(bmp_of([row], 4, 16))
        assert pixels[0].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255] * 3]

    @pytest.mark.parametrize(
        ("bits", "compression", "coded", "lowest"),
        [(8, 1, RLE_8, [7, 7, 7, 9, 9]), (4, 2, RLE_4, [7, 9, 7, 9, 7])],
    )
    def test_run_lengths(
        self, bits: int, compression: int, coded: bytes, lowest: list[int]
    ) -> None:
        palette = self.COLOURS_256[: 4 * 2**bits]
        content = bytearray(bmp_of([coded], 5, bits, palette, compression=compression))
        content[22] = 3  # Rows.
        if bits == 4 and PIL.__version__ < "13":
            assert decode_whole(bytes(content))[0] == "unsupported"
            return
        colours = np.frombuffer(palette, "u1").reshape(-1, 4)[:, 2::-1]
        right = colours[[[8] * 5, [1, 2, 3, 4, 5], lowest]]
        assert (shown(bytes(content)) == right).all()


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_one_grey_of_a_png_stands_for_nothing(depth: int) -> None:
    top = 2**depth - 1
    row = np.packbits(
        [int(bit) for n in (0, top) for bit in f"{n:0{depth}b}"]
    ).tobytes()
    for hole, greys in [(0, [255, 255]), (top, [0, 255])]:
        header = png_header(2, 1, depth)
        nothing = png_chunk(b"tRNS", struct.pack(">H", hole))
        assert shown(png_of(header, b"\x00" + row, nothing))[0, :, 0].tolist() == greys


@pytest.mark.parametrize(
    ("hole", "drawn"), [(None, [0, 255, 0]), (3, [0, 255, 0]), (1, [255] * 3)]
)
def test_what_a_gif_does_not_cover_is_white(hole: int | None, drawn: list) -> None:
    control = b"" if hole is None else b"!\xf9\x04" + bytes([1, 0, 0, hole, 0])
    pixels = shown(gif_of((3, 2), (1, 1), control))
    assert pixels[1].tolist() == [[255] * 3, drawn, [255] * 3]
    assert (pixels[0] == 255).all()
