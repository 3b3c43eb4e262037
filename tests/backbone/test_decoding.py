"""Bytes to pixels: every reason to refuse, every odd picture that is sound."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from fruit_features.backbone.decoding import DecodeFailure, decode_image
from tests.pictures import encoded, jpeg, picture

REASONS = {"empty", "not_an_image", "truncated", "damaged", "too_large"}

ORIENTATION, X_RESOLUTION = 0x0112, 0x011A
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7


def decoded(content: bytes, size: int, max_pixels: int = 50_000_000) -> np.ndarray:
    """The pixels of bytes that must be a usable image."""
    pixels = decode_image(content, size, max_pixels)
    assert not isinstance(pixels, DecodeFailure), pixels
    assert (pixels.dtype, pixels.shape) == (np.uint8, (size, size, 3))
    return pixels


def refused(content: bytes, max_pixels: int = 50_000_000) -> DecodeFailure:
    """Why bytes are no usable image; they must be none."""
    failure = decode_image(content, 8, max_pixels)
    assert isinstance(failure, DecodeFailure)
    return failure


def noise(height: int, width: int, bands: int = 3, seed: int = 0) -> np.ndarray:
    """Random pixels: no two places are alike."""
    values = np.random.default_rng(seed).integers(0, 256, (height, width, bands))
    return values.astype(np.uint8).squeeze()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png_declaring(width: int, height: int) -> bytes:
    """A PNG of some 60 bytes that says it is a grey picture of this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(b"\x00"))
        + png_chunk(b"IEND", b"")
    )


def exif_entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\x00")


def exif(*entries: bytes, data: bytes = b"") -> bytes:
    """EXIF of these entries; ``data`` lies behind them, at 14 + 12 a entry."""
    return (
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00"
        + struct.pack("<H", len(entries))
        + b"".join(entries)
        + bytes(4)
        + data
    )


TURN = exif_entry(ORIENTATION, SHORT, 1, b"\x06")

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


class TestEmpty:
    def test_says_so(self) -> None:
        assert refused(b"") == DecodeFailure("empty", "the file has 0 bytes")


class TestNotAnImage:
    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"<!DOCTYPE html><html>404</html>", id="html"),
            pytest.param(b"\x00", id="one byte"),
            pytest.param(bytes(5000), id="zeros"),
            pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%EOF\n", id="eps"),
            pytest.param(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF", id="pdf"),
            pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"/>', id="svg"),
            pytest.param(b"PK\x03\x04" + bytes(100), id="zip"),
            pytest.param(encoded(picture(), "ICO"), id="image of another format"),
        ],
    )
    def test_shows_what_the_file_begins_with(self, content: bytes) -> None:
        detail = f"starts with {content[:12]!r}"
        assert refused(content) == DecodeFailure("not_an_image", detail)

    def test_of_a_real_eps_starts_no_other_program(self) -> None:
        failure = refused(encoded(picture(), "EPS"))
        assert failure.reason == "not_an_image"


class TestTruncated:
    @pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
    def test_jpeg(self, share: float) -> None:
        content = jpeg(side=200)
        failure = refused(content[: round(len(content) * share)])
        assert failure.reason == "truncated"
        assert "runcated" in failure.detail

    @pytest.mark.parametrize("share", [0.05, 0.1, 0.5, 0.9, 0.97])
    def test_png(self, share: float) -> None:
        content = encoded(picture(side=200), "PNG")
        failure = refused(content[: round(len(content) * share)])
        assert failure.reason == "truncated"
        assert "runcated" in failure.detail

    @pytest.mark.parametrize("kind", ["BMP", "TIFF", "GIF"])
    def test_other_formats(self, kind: str) -> None:
        content = encoded(Image.fromarray(noise(80, 80)), kind)
        assert refused(content[: len(content) // 2]).reason == "truncated"

    @pytest.mark.parametrize("left_out", range(1, 13))
    def test_png_without_its_last_bytes_is_sound(self, left_out: int) -> None:
        content = encoded(picture(), "PNG")
        whole = decoded(content, 20)
        assert np.array_equal(decoded(content[:-left_out], 20), whole)


class TestDamaged:
    def test_png_with_a_flipped_byte_in_its_pixels(self) -> None:
        content = bytearray(encoded(Image.fromarray(noise(50, 50)), "PNG"))
        content[len(content) // 2] ^= 0xFF
        assert refused(bytes(content)).reason == "damaged"

    def test_png_with_pixels_that_do_not_inflate(self) -> None:
        header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 0, 0, 0, 0))
        content = (
            b"\x89PNG\r\n\x1a\n"
            + header
            + png_chunk(b"IDAT", b"no zlib stream at all")
            + png_chunk(b"IEND", b"")
        )
        assert refused(content) == DecodeFailure(
            "damaged", "OSError: broken data stream when reading image file"
        )

    def test_jpeg_without_its_quantisation_tables(self) -> None:
        content = jpeg()
        # The marker of the tables becomes that of a comment.
        assert b"\xff\xdb" in content
        assert refused(content.replace(b"\xff\xdb", b"\xff\xfe")) == DecodeFailure(
            "damaged", "OSError: broken data stream when reading image file"
        )

    @pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
    def test_tiff(self, compression: str) -> None:
        image = Image.fromarray(noise(50, 50))
        content = bytearray(encoded(image, "TIFF", compression=compression))
        content[20:1000] = bytes([0xFF]) * 980
        assert refused(bytes(content)).reason == "damaged"

    def test_webp(self) -> None:
        content = bytearray(encoded(picture(), "WEBP"))
        content[20:] = bytes(len(content) - 20)
        assert refused(bytes(content)).reason == "damaged"


class TestTooLarge:
    def test_by_max_pixels(self) -> None:
        assert refused(jpeg(side=100), max_pixels=9999) == DecodeFailure(
            "too_large", "100 x 100 pixels, more than 9,999"
        )

    def test_exactly_max_pixels_is_fine(self) -> None:
        content = jpeg(side=100)
        pixels = decoded(content, 20, max_pixels=10_000)
        assert np.array_equal(pixels, decoded(content, 20))

    def test_by_what_a_small_file_declares(self) -> None:
        content = png_declaring(12_000, 12_000)
        assert len(content) < 100
        assert refused(content) == DecodeFailure(
            "too_large", "12000 x 12000 pixels, more than 50,000,000"
        )

    def test_beyond_what_pillow_opens(self) -> None:
        failure = refused(png_declaring(60_000, 60_000))
        assert failure.reason == "too_large"
        assert "pixels" in failure.detail

    def test_below_max_pixels_is_not_by_what_is_declared_alone(self) -> None:
        assert refused(png_declaring(5000, 5000)).reason != "too_large"

    def test_by_max_pixels_alone(self) -> None:
        # 180 megapixels, a little more than Pillow opens by default.
        content = png_declaring(13_400, 13_400)
        assert refused(content, max_pixels=180_000_000).reason == "truncated"


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

    @pytest.mark.parametrize(
        ("kind", "options"),
        [
            ("PNG", {}),
            ("BMP", {}),
            ("TIFF", {}),
            ("TIFF", {"compression": "tiff_lzw"}),
            ("TIFF", {"compression": "packbits"}),
            ("WEBP", {"lossless": True}),
        ],
    )
    def test_formats_that_lose_nothing(self, kind: str, options: dict) -> None:
        pixels = noise(24, 24)
        content = encoded(Image.fromarray(pixels), kind, **options)
        assert np.array_equal(decoded(content, 24), pixels)

    def test_lossy_webp(self) -> None:
        near = np.asarray(picture(2), dtype=float)
        pixels = decoded(encoded(picture(2), "WEBP", quality=95), 100)
        assert np.abs(pixels - near).mean() < 3

    def test_one_pixel(self) -> None:
        image = Image.new("RGB", (1, 1), (12, 200, 7))
        assert (decoded(encoded(image, "PNG"), 16) == (12, 200, 7)).all()

    def test_one_row(self) -> None:
        image = Image.new("RGB", (300, 1), (12, 200, 7))
        assert (decoded(encoded(image, "PNG"), 16) == (12, 200, 7)).all()

    def test_first_frame_of_an_animation(self) -> None:
        frames = [Image.new("RGB", (9, 9), name) for name in ("red", "blue", "lime")]
        for kind in ("GIF", "TIFF", "PNG"):
            content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
            assert Image.open(io.BytesIO(content)).n_frames == 3
            assert (decoded(content, 9) == (255, 0, 0)).all()

    def test_first_picture_of_a_stereo_jpeg(self) -> None:
        content = encoded(picture(1), "MPO", save_all=True, append_images=[picture(2)])
        first = Image.open(io.BytesIO(content))
        assert first.format == "MPO"
        assert np.array_equal(decoded(content, 100), np.asarray(first))


class TestColours:
    def test_cmyk_jpeg(self) -> None:
        content = encoded(picture(2).convert("CMYK"), quality=95)
        assert Image.open(io.BytesIO(content)).mode == "CMYK"
        near = np.asarray(picture(2), dtype=float)
        assert np.abs(decoded(content, 100) - near).mean() < 2

    def test_grey_jpeg(self) -> None:
        grey = Image.fromarray(np.tile(np.arange(0, 256, 8, np.uint8), (32, 1)))
        pixels = decoded(encoded(grey, quality=100), 32)
        assert (pixels == pixels[..., :1]).all()
        assert np.abs(pixels[..., 0].astype(int) - np.asarray(grey)).max() <= 2

    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_16_bit_grey_is_scaled_not_clipped(self, kind: str) -> None:
        values = np.linspace(0, 65535, 256).astype("u2").reshape(16, 16)
        pixels = decoded(encoded(Image.fromarray(values), kind), 16)
        assert (pixels == np.round(values / 257)[..., None]).all()

    def test_16_bit_grey_keeps_the_dark_dark(self) -> None:
        values = np.full((16, 16), 2570, "u2")
        assert (decoded(encoded(Image.fromarray(values), "PNG"), 16) == 10).all()

    def test_16_bit_grey_of_the_other_byte_order(self) -> None:
        values = np.linspace(0, 65535, 256).astype(">u2").reshape(16, 16)
        image = Image.frombytes("I;16B", (16, 16), values.tobytes())
        pixels = decoded(encoded(image, "TIFF"), 16)
        assert (pixels == np.round(values / 257)[..., None]).all()

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ([0, 100, 255], [0, 100, 255]),
            ([0, 257, 65535], [0, 1, 255]),
            ([0, 50_000, 100_000], [0, 128, 255]),
            ([-7, 0, 255], [0, 0, 255]),
            ([0, 0, 0], [0, 0, 0]),
        ],
    )
    def test_32_bit_grey(self, values: list[int], expected: list[int]) -> None:
        rows = np.tile(np.array(values, "i4"), (3, 1))
        pixels = decoded(encoded(Image.fromarray(rows), "TIFF"), 3)
        assert (pixels == np.array(expected)[:, None]).all()

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ([0.0, 0.2, 1.0], [0, 51, 255]),
            ([0.0, 51.0, 204.0], [0, 51, 204]),
            ([0.0, 257.0, 65535.0], [0, 1, 255]),
            ([-1.0, 0.0, 0.4], [0, 0, 102]),
        ],
    )
    def test_grey_of_fractions(self, values: list[float], expected: list[int]) -> None:
        rows = np.tile(np.array(values, "f4"), (3, 1))
        pixels = decoded(encoded(Image.fromarray(rows), "TIFF"), 3)
        assert (pixels == np.array(expected)[:, None]).all()

    @pytest.mark.parametrize("odd", [np.nan, np.inf])
    @pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
    def test_one_value_that_is_no_number_spoils_itself_alone(self, odd: float) -> None:
        values = np.full((4, 4), 0.8, "f4")
        values[0, 0] = odd
        pixels = decoded(encoded(Image.fromarray(values), "TIFF"), 4)
        assert (pixels[1:] == 204).all()

    def test_1_bit(self) -> None:
        bits = noise(16, 16, 1) > 127
        pixels = decoded(encoded(Image.fromarray(bits), "PNG"), 16)
        assert (pixels == np.where(bits, 255, 0)[..., None]).all()

    def test_palette(self) -> None:
        image = picture(4).quantize(16)
        expected = np.asarray(image.convert("RGB"))
        assert np.array_equal(decoded(encoded(image, "PNG"), 100), expected)

    def test_palette_is_left_before_resizing(self) -> None:
        # Places in a palette must not be mixed: 0 and 2 have no 1 between them.
        image = Image.new("P", (2, 2))
        image.putpalette([255, 0, 0, 0, 255, 0, 255, 0, 0])
        image.putdata([0, 2, 2, 0])
        assert (decoded(encoded(image, "PNG"), 50) == (255, 0, 0)).all()

    def test_lab(self) -> None:
        image = picture(2).convert("LAB")
        near = np.asarray(picture(2), dtype=float)
        assert np.abs(decoded(encoded(image, "TIFF"), 100) - near).mean() < 3


class TestTransparency:
    """What is transparent becomes white, whatever lies hidden there."""

    def test_rgba(self) -> None:
        rgba = np.zeros((1, 3, 4), np.uint8)
        rgba[0] = (10, 20, 30, 255), (10, 20, 30, 0), (0, 0, 0, 128)
        content = encoded(Image.fromarray(rgba.repeat(3, 0)), "PNG")
        expected = [(10, 20, 30), (255, 255, 255), (127, 127, 127)]
        assert (decoded(content, 3) == expected).all()

    def test_grey_with_alpha(self) -> None:
        image = Image.new("LA", (4, 4), (50, 255))
        image.putpixel((1, 2), (50, 0))
        pixels = decoded(encoded(image, "PNG"), 4)
        expected = np.full((4, 4, 3), 50)
        expected[2, 1] = 255
        assert np.array_equal(pixels, expected)

    @pytest.mark.parametrize("kind", ["PNG", "GIF"])
    def test_palette(self, kind: str) -> None:
        image = Image.new("P", (2, 2))
        image.putpalette([10, 20, 30, 200, 0, 0])
        image.putdata([0, 1, 1, 1])
        pixels = decoded(encoded(image, kind, transparency=0), 2)
        assert pixels[0, 0].tolist() == [255, 255, 255]
        assert pixels[1, 1].tolist() == [200, 0, 0]

    def test_palette_half_transparent(self) -> None:
        image = Image.new("P", (2, 2))
        image.putpalette([0, 0, 0, 200, 0, 0])
        image.putdata([0, 1, 1, 1])
        pixels = decoded(encoded(image, "PNG", transparency=b"\x80\xff"), 2)
        assert pixels[0, 0].tolist() == [127, 127, 127]
        assert pixels[1, 1].tolist() == [200, 0, 0]

    def test_one_grey_that_stands_for_nothing(self) -> None:
        image = Image.fromarray(np.array([[7, 200], [200, 7]], np.uint8))
        pixels = decoded(encoded(image, "PNG", transparency=7), 2)
        assert pixels[..., 0].tolist() == [[255, 200], [200, 255]]

    def test_one_colour_that_stands_for_nothing(self) -> None:
        image = Image.new("RGB", (2, 1), (200, 0, 0))
        image.putpixel((0, 0), (10, 20, 30))
        content = encoded(image, "PNG", transparency=(10, 20, 30))
        pixels = decoded(content, 2)
        assert (pixels[:, 0] == 255).all()
        assert (pixels[:, 1] == (200, 0, 0)).all()

    def test_webp(self) -> None:
        image = Image.new("RGBA", (6, 6), (10, 20, 30, 0))
        assert (decoded(encoded(image, "WEBP", lossless=True), 6) == 255).all()


# How a picture lies in the file, by EXIF's number for how to turn it upright.
LYING = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: np.rot90,
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
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

    @pytest.mark.parametrize("orientation", LYING)
    def test_jpegs_are_turned_upright(self, orientation: int) -> None:
        upright = np.asarray(picture(5, 64))[:40]
        lying = Image.fromarray(np.ascontiguousarray(LYING[orientation](upright)))
        tags = exif(exif_entry(ORIENTATION, SHORT, 1, bytes([orientation])))
        content = encoded(lying, quality=100, subsampling=0, exif=tags)
        expected = decoded(encoded(Image.fromarray(upright), "PNG"), 32)
        assert np.abs(decoded(content, 32) - expected.astype(float)).mean() < 1

    @pytest.mark.parametrize(
        "tags",
        [
            pytest.param(exif(), id="no entry"),
            pytest.param(b"Exif\x00\x00", id="nothing"),
            pytest.param(b"Exif\x00\x00no EXIF at all", id="garbage"),
            pytest.param(exif(TURN)[:20], id="cut off"),
            pytest.param(exif(exif_entry(ORIENTATION, SHORT, 1, b"\x00")), id="turn 0"),
            pytest.param(exif(exif_entry(ORIENTATION, SHORT, 1, b"\x09")), id="turn 9"),
            pytest.param(
                exif(exif_entry(ORIENTATION, SHORT, 1, b"\xff\xff")), id="turn 65535"
            ),
            pytest.param(
                exif(exif_entry(ORIENTATION, ASCII, 2, b"6")), id="turn as text"
            ),
            pytest.param(
                exif(exif_entry(ORIENTATION, SHORT, 900, b"\x06")),
                id="more turns than bytes",
            ),
            pytest.param(
                exif(exif_entry(ORIENTATION, 99, 1, b"\x06")), id="unknown type"
            ),
        ],
    )
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_what_cannot_be_understood_is_left_out(self, tags: bytes) -> None:
        image = Image.fromarray(noise(20, 30))
        expected = decoded(encoded(image), 24)
        assert np.array_equal(decoded(encoded(image, exif=tags), 24), expected)

    @pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
    @pytest.mark.parametrize(
        "entry",
        [
            pytest.param(
                exif_entry(X_RESOLUTION, SHORT, 1, b"\x48"), id="resolution as number"
            ),
            pytest.param(
                exif_entry(X_RESOLUTION, RATIONAL, 1, b"\x26"), id="resolution 0/0"
            ),
            pytest.param(
                exif_entry(0x8769, LONG, 1, b"\xff\xff\xff\x7f"),
                id="part beyond the end",
            ),
            pytest.param(
                exif_entry(X_RESOLUTION, BYTE, 1, b"\x48"),
                id="resolution as byte",
            ),
            pytest.param(
                exif_entry(X_RESOLUTION, ASCII, 3, b"72"),
                id="resolution as text",
            ),
            pytest.param(
                exif_entry(X_RESOLUTION, UNDEFINED, 2, b"72"),
                id="resolution of no type",
            ),
            pytest.param(
                exif_entry(0x010F, RATIONAL, 1, b"\x26"),
                id="maker as fraction",
            ),
        ],
    )
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_a_mistyped_tag_beside_a_turn(self, kind: str, entry: bytes) -> None:
        image = Image.fromarray(noise(20, 30))
        entries = sorted([TURN, entry], key=lambda e: struct.unpack("<H", e[:2]))
        content = encoded(image, kind, exif=exif(*entries, data=bytes(64)))
        stored = Image.open(io.BytesIO(content)).convert("RGB")
        upright = stored.transpose(Image.Transpose.ROTATE_270)
        pixels = decoded(content, 24)
        # Turned upright if Pillow can, else taken as it lies.
        assert any(
            np.array_equal(pixels, np.asarray(lying.resize((24, 24))))
            for lying in (upright, stored)
        )


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

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(
        start=st.sampled_from([b"", *(content[:30] for content in SOUND.values())]),
        rest=st.binary(max_size=300),
    )
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_by_arbitrary_bytes(self, start: bytes, rest: bytes) -> None:
        self.check(start + rest)

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(kind=st.sampled_from(sorted(SOUND)), cut=st.floats(0, 1))
    @example(kind="png", cut=0.999)
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_by_a_cut(self, kind: str, cut: float) -> None:
        self.check(SOUND[kind][: round(len(SOUND[kind]) * cut)])

    @settings(max_examples=500, deadline=None, derandomize=True, database=None)
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
        content = bytearray(encoded(picture(1, 40).convert("P"), "TIFF"))
        tags = int.from_bytes(content[4:8], "little") + 2
        strip_offsets = content.index(struct.pack("<HH", 273, LONG), tags)
        content[strip_offsets + 2] = 10  # SRATIONAL
        self.check(bytes(content))

    def test_by_a_tiff_whose_palette_is_negative(self) -> None:
        content = bytearray(encoded(picture(1, 40).convert("P"), "TIFF"))
        tags = int.from_bytes(content[4:8], "little") + 2
        colour_map = content.index(struct.pack("<HH", 320, SHORT), tags)
        content[colour_map + 2] = 8  # SSHORT
        place = int.from_bytes(content[colour_map + 8 : colour_map + 12], "little")
        content[place : place + 4] = b"\x00\x80\x00\x80"
        self.check(bytes(content))

    def test_by_text_of_a_png_that_unpacks_to_too_much(self) -> None:
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", "x" * 2**21, zip=True)
        self.check(encoded(picture(), "PNG", pnginfo=info))
