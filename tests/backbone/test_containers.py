"""What bytes say undecoded. Whole files of all formats are in the corpus."""

import pytest

from fruit_features.backbone.containers import format_of, lacks_end, without_notes
from tests.corpus import (
    BMP,
    GIF,
    JPEG,
    PNG,
    TIFF,
    WEBP,
    encoded,
    exif,
    jpeg_with,
    png_chunk,
    png_with,
    view,
)

FILES = {
    "JPEG": JPEG,
    "PNG": PNG,
    "GIF": GIF,
    "BMP": BMP,
    "TIFF": TIFF,
    "WEBP": WEBP,
}


@pytest.mark.parametrize("kind", FILES)
def test_format_is_told_by_few_bytes(kind: str) -> None:
    assert format_of(FILES[kind]) == kind
    assert format_of(FILES[kind][:8]) == kind


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"text", b"BMW and VW", b"RIFFxxxxWA"]
)
def test_others_have_none(content: bytes) -> None:
    assert format_of(content) is None


@pytest.mark.parametrize("kind", FILES)
def test_whole_files_lack_no_end(kind: str) -> None:
    assert not lacks_end(kind, FILES[kind])


# A GIF does not say how long it is.
@pytest.mark.parametrize("kind", sorted(set(FILES) - {"GIF"}))
def test_files_cut_in_the_header_lack_their_end(kind: str) -> None:
    assert lacks_end(kind, FILES[kind][:25])


def test_end_of_a_thumbnail_is_not_that_of_the_picture() -> None:
    content = jpeg_with(0xE1, exif(data=JPEG))
    assert not lacks_end("JPEG", content)
    assert lacks_end("JPEG", content[:-2])


def test_tags_at_the_end_of_a_tiff_must_be_whole() -> None:
    content = encoded(view(), "TIFF", compression="tiff_lzw")
    tags = int.from_bytes(content[4:8], "little")
    assert lacks_end("TIFF", content[: tags + 20])


@pytest.mark.parametrize("marker", [0xE0, 0xE2, 0xED, 0xEF, 0xFE])
def test_notes_of_a_jpeg_are_left_out(marker: int) -> None:
    bare = without_notes("JPEG", JPEG)
    assert without_notes("JPEG", jpeg_with(marker, b"note")) == bare
    assert bare[-200:] == JPEG[-200:]


def test_what_tells_colours_and_turn_of_a_jpeg_stays() -> None:
    colours = jpeg_with(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x01")
    turn = jpeg_with(0xE1, b"Exif")
    for content in (colours, turn):
        assert len(without_notes("JPEG", content)) > len(without_notes("JPEG", JPEG))


@pytest.mark.parametrize("name", [b"tEXt", b"zTXt", b"iCCP", b"pHYs", b"acTL"])
def test_notes_of_a_png_are_left_out(name: bytes) -> None:
    assert without_notes("PNG", png_with(png_chunk(name, b"note"))) == PNG


@pytest.mark.parametrize("name", [b"tRNS", b"eXIf", b"PLTE"])
def test_what_a_png_looks_like_stays(name: bytes) -> None:
    content = png_with(png_chunk(name, b"data"))
    assert without_notes("PNG", content) == content


def test_other_formats_stay_as_they_are() -> None:
    assert without_notes("TIFF", TIFF) == TIFF
    assert without_notes(None, b"text") == b"text"
