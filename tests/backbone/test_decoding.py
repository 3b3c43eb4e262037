"""Bytes to pixels: bounds, exact values, and that nothing else can happen.

What becomes of whole files of all kinds is held by the corpus.
"""

import gc
import io
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from fruit_features.backbone.decoding import MAX_PIXELS, DecodeFailure, decode_image
from fruit_features.pipelines.reporting import fields
from tests.corpus import (
    ASCII,
    BYTE,
    LONG,
    LYING,
    ORIENTATION,
    RATIONAL,
    SHORT,
    TURN,
    UNDEFINED,
    X_RESOLUTION,
    Kind,
    bombs,
    exif,
    exif_entry,
    png_declaring,
    sound_pngs,
)
from tests.pictures import encoded, jpeg, picture

# As many bytes say the format.
HEADER = 8

REASONS = {*fields.REASONS} - {"unreadable"}


def decoded(content: bytes, size: int, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """The pixels of bytes that must be a usable image."""
    pixels = decode_image(content, size, max_pixels)
    assert not isinstance(pixels, DecodeFailure), pixels
    assert (pixels.dtype, pixels.shape) == (np.uint8, (size, size, 3))
    return pixels


def refused(content: bytes, max_pixels: int = MAX_PIXELS) -> DecodeFailure:
    """Why bytes are no usable image; they must be none."""
    failure = decode_image(content, 8, max_pixels)
    assert isinstance(failure, DecodeFailure)
    return failure


def noise(height: int, width: int, bands: int = 3, seed: int = 0) -> np.ndarray:
    """Random pixels: no two places are alike."""
    values = np.random.default_rng(seed).integers(0, 256, (height, width, bands))
    return values.astype(np.uint8).squeeze()


SOUND = {
    "jpeg": jpeg(1, 40),
    "jpeg progressive": encoded(picture(1, 40), progressive=True),
    "jpeg cmyk": encoded(picture(1, 40).convert("CMYK")),
    "jpeg with exif": encoded(picture(1, 40), exif=exif(TURN)),
    "png": encoded(picture(1, 40), "PNG"),
    "png palette": encoded(picture(1, 40).convert("P"), "PNG", transparency=3),
    "png 16 bit": encoded(Image.fromarray(noise(20, 20, 1).astype("u2")), "PNG"),
    "gif": encoded(picture(1, 40).convert("P"), "GIF"),
    "bmp": encoded(picture(1, 40), "BMP"),
    "tiff": encoded(picture(1, 40), "TIFF"),
    "tiff deflate": encoded(picture(1, 40), "TIFF", compression="tiff_adobe_deflate"),
    "webp": encoded(picture(1, 40), "WEBP"),
}


class TestTooLarge:
    def test_by_max_pixels(self) -> None:
        assert refused(jpeg(side=100), max_pixels=9999) == DecodeFailure(
            "too_large", "100 x 100 pixels, more than 9,999"
        )

    def test_exactly_max_pixels_is_fine(self) -> None:
        content = jpeg(side=100)
        pixels = decoded(content, 20, max_pixels=10_000)
        assert np.array_equal(pixels, decoded(content, 20))

    def test_below_max_pixels_is_not_by_what_is_declared_alone(self) -> None:
        assert refused(png_declaring(5000, 5000)).reason != "too_large"

    @pytest.mark.parametrize("size", [(8160, 6144), (9280, 6944)])
    def test_phones_of_50_and_64_megapixels_are_fine(self, size: tuple) -> None:
        # Of the bytes there are, which are no picture of that size.
        assert refused(png_declaring(*size)).reason == "truncated"

    def test_by_max_pixels_alone(self) -> None:
        # 180 megapixels, a little more than Pillow opens by default.
        content = png_declaring(13_400, 13_400)
        assert refused(content, max_pixels=180_000_000).reason == "truncated"


def memory(entry: str) -> int:
    """Bytes of memory that this process has (VmRSS) or had at most (VmHWM)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{entry}:\s+(\d+) kB", status)[1]) * 1024


def memory_taken(content: bytes, max_pixels: int = MAX_PIXELS) -> int:
    """How many bytes of memory decoding takes at its height."""
    gc.collect()
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # The height begins anew.
    decode_image(content, 96, max_pixels)
    return memory("VmHWM") - before


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux says what was taken"
)
class TestMemory:
    PIXELS = 8_000_000
    # What does not grow with the picture: rows that are being converted.
    FIXED = 30 * 2**20

    @pytest.mark.parametrize(
        "kind",
        [*bombs(), *(kind for kind in sound_pngs() if kind.name.startswith("bomb/"))],
        ids=lambda kind: kind.name,
    )
    def test_a_bomb_takes_little(self, kind: Kind) -> None:
        assert isinstance(kind.content, bytes)
        assert memory_taken(kind.content) < self.FIXED

    @pytest.mark.parametrize(
        ("mode", "kind", "per_pixel"),
        [
            ("RGB", "JPEG", 4),
            ("CMYK", "JPEG", 8),
            ("L", "PNG", 5),
            ("I;16", "PNG", 6),
            ("LA", "PNG", 8),
            ("RGBA", "PNG", 8),
            ("I", "TIFF", 12),
            ("F", "TIFF", 12),
            ("RGB", "WEBP", 16),
        ],
    )
    def test_a_large_picture_takes_what_its_pixels_do(
        self, mode: str, kind: str, per_pixel: int
    ) -> None:
        content = encoded(Image.new(mode, (4000, self.PIXELS // 4000)), kind)
        taken = memory_taken(content, self.PIXELS)
        assert taken < per_pixel * self.PIXELS + self.FIXED

    def test_a_turn_takes_the_pixels_twice(self) -> None:
        image = Image.new("RGB", (4000, self.PIXELS // 4000))
        content = encoded(image, exif=exif(TURN))
        assert memory_taken(content) < 8 * self.PIXELS + self.FIXED

    def test_more_than_there_is_is_too_large(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def load(image: Image.Image) -> None:
            raise MemoryError

        monkeypatch.setattr(ImageFile.ImageFile, "load", load)
        detail = "takes more memory than there is"
        assert refused(jpeg()) == DecodeFailure("too_large", detail)


class TestPlainPictures:
    @pytest.mark.parametrize("size", [8, 32, 96, 100, 224])
    @pytest.mark.parametrize("options", [{}, {"progressive": True}])
    def test_rgb_jpeg_is_what_pillow_gives(self, size: int, options: dict) -> None:
        content = encoded(picture(3, 100), quality=85, **options)
        expected = np.asarray(Image.open(io.BytesIO(content)).resize((size, size)))
        assert np.array_equal(decoded(content, size), expected)

    def test_aspect_ratio_is_not_kept(self) -> None:
        content = encoded(Image.fromarray(noise(30, 90)))
        expected = np.asarray(Image.open(io.BytesIO(content)).resize((32, 32)))
        assert np.array_equal(decoded(content, 32), expected)


class TestColours:
    @pytest.mark.parametrize("kind", ["PNG", "TIFF", "TIFF, big-endian"])
    def test_16_bit_grey_is_scaled_not_clipped(self, kind: str) -> None:
        values = np.linspace(0, 65535, 256).astype("u2").reshape(16, 16)
        image = Image.fromarray(values)
        if kind == "TIFF, big-endian":
            image = Image.frombytes("I;16B", (16, 16), values.astype(">u2").tobytes())
        pixels = decoded(encoded(image, kind[:4]), 16)
        assert (pixels == np.round(values / 257)[..., None]).all()

    def test_16_bit_grey_keeps_the_dark_dark(self) -> None:
        values = np.full((16, 16), 2570, "u2")
        assert (decoded(encoded(Image.fromarray(values), "PNG"), 16) == 10).all()

    @pytest.mark.parametrize(
        ("kind", "values", "expected"),
        [
            ("i4", [0, 100, 255], [0, 100, 255]),
            ("i4", [0, 257, 65535], [0, 1, 255]),
            ("i4", [0, 50_000, 100_000], [0, 128, 255]),
            ("i4", [-7, 0, 255], [0, 0, 255]),
            ("i4", [0, 0, 0], [0, 0, 0]),
            ("f4", [0.0, 0.2, 1.0], [0, 51, 255]),
            ("f4", [0.0, 51.0, 204.0], [0, 51, 204]),
            ("f4", [0.0, 257.0, 65535.0], [0, 1, 255]),
            ("f4", [-1.0, 0.0, 0.4], [0, 0, 102]),
        ],
    )
    def test_32_bit_grey_and_fractions(
        self, kind: str, values: list[float], expected: list[int]
    ) -> None:
        rows = np.tile(np.array(values, kind), (3, 1))
        pixels = decoded(encoded(Image.fromarray(rows), "TIFF"), 3)
        assert (pixels == np.array(expected)[:, None]).all()

    @pytest.mark.parametrize("odd", [np.nan, np.inf])
    @pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
    def test_one_value_that_is_no_number_spoils_itself_alone(self, odd: float) -> None:
        values = np.full((4, 4), 0.8, "f4")
        values[0, 0] = odd
        pixels = decoded(encoded(Image.fromarray(values), "TIFF"), 4)
        assert (pixels[1:] == 204).all()

    def test_palette_is_left_before_resizing(self) -> None:
        # Places in a palette must not be mixed: 0 and 2 have no 1 between them.
        image = Image.new("P", (2, 2))
        image.putpalette([255, 0, 0, 0, 255, 0, 255, 0, 0])
        image.putdata([0, 2, 2, 0])
        assert (decoded(encoded(image, "PNG"), 50) == (255, 0, 0)).all()


class TestTransparency:
    """What is transparent becomes white, whatever lies hidden there."""

    def test_rgba(self) -> None:
        rgba = np.zeros((1, 3, 4), np.uint8)
        rgba[0] = (10, 20, 30, 255), (10, 20, 30, 0), (0, 0, 0, 128)
        content = encoded(Image.fromarray(rgba.repeat(3, 0)), "PNG")
        expected = [(10, 20, 30), (255, 255, 255), (127, 127, 127)]
        assert (decoded(content, 3) == expected).all()

    @pytest.mark.parametrize(
        ("kind", "transparency", "shown"),
        [("PNG", 0, 255), ("GIF", 0, 255), ("PNG", b"\x80\xff", 127)],
    )
    def test_palette(self, kind: str, transparency: int | bytes, shown: int) -> None:
        image = Image.new("P", (2, 2))
        image.putpalette([0, 0, 0, 200, 0, 0])
        image.putdata([0, 1, 1, 1])
        pixels = decoded(encoded(image, kind, transparency=transparency), 2)
        assert pixels[0, 0].tolist() == [shown] * 3
        assert pixels[1, 1].tolist() == [200, 0, 0]

    def test_one_grey_that_stands_for_nothing(self) -> None:
        image = Image.fromarray(np.array([[7, 200], [200, 7]], np.uint8))
        pixels = decoded(encoded(image, "PNG", transparency=7), 2)
        assert pixels[..., 0].tolist() == [[255, 200], [200, 255]]


ODD_TAGS = {
    "no entry": exif(),
    "nothing": b"Exif\x00\x00",
    "turn 0": exif(exif_entry(ORIENTATION, SHORT, 1, b"\x00")),
    "turn 65535": exif(exif_entry(ORIENTATION, SHORT, 1, b"\xff\xff")),
    "more turns than bytes": exif(exif_entry(ORIENTATION, SHORT, 900, b"\x06")),
    "unknown type": exif(exif_entry(ORIENTATION, 99, 1, b"\x06")),
}
MISTYPED = {
    "resolution as number": exif_entry(X_RESOLUTION, SHORT, 1, b"\x48"),
    "resolution 0/0": exif_entry(X_RESOLUTION, RATIONAL, 1, b"\x26"),
    "part beyond the end": exif_entry(0x8769, LONG, 1, b"\xff\xff\xff\x7f"),
    "resolution as byte": exif_entry(X_RESOLUTION, BYTE, 1, b"\x48"),
    "resolution as text": exif_entry(X_RESOLUTION, ASCII, 3, b"72"),
    "resolution of no type": exif_entry(X_RESOLUTION, UNDEFINED, 2, b"72"),
    "maker as fraction": exif_entry(0x010F, RATIONAL, 1, b"\x26"),
}


class TestExif:
    @pytest.mark.parametrize("orientation", LYING)
    @pytest.mark.parametrize(
        ("kind", "options"),
        [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})],
    )
    def test_pictures_are_turned_upright(
        self, orientation: int, kind: str, options: dict
    ) -> None:
        upright = noise(20, 30)
        lying = Image.fromarray(np.ascontiguousarray(LYING[orientation](upright)))
        tags = Image.Exif()
        tags[ORIENTATION] = orientation
        content = encoded(lying, kind, exif=tags, **options)
        expected = decoded(encoded(Image.fromarray(upright), "PNG"), 24)
        assert np.array_equal(decoded(content, 24), expected)

    @pytest.mark.parametrize("tags", ODD_TAGS.values(), ids=ODD_TAGS)
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_what_cannot_be_understood_is_left_out(self, tags: bytes) -> None:
        image = Image.fromarray(noise(20, 30))
        expected = decoded(encoded(image), 24)
        assert np.array_equal(decoded(encoded(image, exif=tags), 24), expected)

    @pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
    @pytest.mark.parametrize("entry", MISTYPED.values(), ids=MISTYPED)
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_a_mistyped_tag_beside_a_turn_keeps_it(
        self, kind: str, entry: bytes
    ) -> None:
        image = Image.fromarray(noise(20, 30))
        entries = sorted([TURN, entry], key=lambda e: struct.unpack("<H", e[:2]))
        content = encoded(image, kind, exif=exif(*entries, data=bytes(64)))
        stored = Image.open(io.BytesIO(content)).convert("RGB")
        upright = stored.transpose(Image.Transpose.ROTATE_270)
        expected = np.asarray(upright.resize((24, 24)))
        assert np.array_equal(decoded(content, 24), expected)


def tiff_with_entry(tag: int, kind: int) -> tuple[bytearray, int]:
    """A TIFF of a palette, and where its entry of a tag is."""
    content = bytearray(encoded(picture(1, 40).convert("P"), "TIFF"))
    tags = int.from_bytes(content[4:8], "little") + 2
    return content, content.index(struct.pack("<HH", tag, kind), tags)


class TestNothingElseIsRaised:
    """Whatever the bytes are: pixels, or a reason of the quarantine's list."""

    @staticmethod
    def check(content: bytes) -> None:
        result = decode_image(content, 8, max_pixels=1_000_000)
        if isinstance(result, DecodeFailure):
            assert result.reason in REASONS
            assert result.detail
        else:
            assert (result.dtype, result.shape) == (np.uint8, (8, 8, 3))

    @settings(max_examples=200, derandomize=True, database=None)
    @given(
        start=st.sampled_from([b"", *(content[:30] for content in SOUND.values())]),
        rest=st.binary(max_size=300),
    )
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_by_arbitrary_bytes(self, start: bytes, rest: bytes) -> None:
        self.check(start + rest)

    @settings(max_examples=300, derandomize=True, database=None)
    @given(kind=st.sampled_from(sorted(SOUND)), cut=st.floats(0, 1))
    @example(kind="png", cut=0.999)
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_by_a_cut(self, kind: str, cut: float) -> None:
        whole = SOUND[kind]
        content = whole[: round(len(whole) * cut)]
        self.check(content)
        result = decode_image(content, 8)
        if not isinstance(result, DecodeFailure):
            # What is missing is none of the pixels.
            assert np.array_equal(result, decoded(whole, 8))
        elif len(content) >= HEADER and not kind.startswith("tiff"):
            assert result.reason == "truncated"

    @settings(max_examples=500, derandomize=True, database=None)
    @given(
        kind=st.sampled_from(sorted(SOUND)),
        flips=st.lists(
            st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)),
            min_size=1,
            max_size=6,
        ),
        header_only=st.booleans(),
    )
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_by_flipped_bytes(
        self, kind: str, flips: list[tuple[float, int]], header_only: bool
    ) -> None:
        content = bytearray(SOUND[kind])
        end = min(200, len(content)) if header_only else len(content)
        for place, value in flips:
            content[int(place * end)] = value
        self.check(bytes(content))

    def test_by_a_tiff_whose_place_of_pixels_is_no_number(self) -> None:
        content, offsets = tiff_with_entry(273, LONG)
        content[offsets + 2] = 10  # SRATIONAL
        self.check(bytes(content))

    def test_by_a_tiff_whose_palette_is_negative(self) -> None:
        content, colour_map = tiff_with_entry(320, SHORT)
        content[colour_map + 2] = 8  # SSHORT
        place = int.from_bytes(content[colour_map + 8 : colour_map + 12], "little")
        content[place : place + 4] = b"\x00\x80\x00\x80"
        self.check(bytes(content))
