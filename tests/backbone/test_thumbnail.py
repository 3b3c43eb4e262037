import io

import pytest
from PIL import Image, ImageFile

from fruit_features.backbone.thumbnail import make_thumbnail
from tests.pictures import encoded, jpeg, picture


def opened(jpeg_bytes: bytes | None) -> Image.Image:
    assert jpeg_bytes is not None
    return Image.open(io.BytesIO(jpeg_bytes))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_format_becomes_a_small_jpeg(kind: str) -> None:
    small = opened(make_thumbnail(encoded(picture(side=300), kind), 96))
    assert (small.format, small.size, small.mode) == ("JPEG", (96, 96), "RGB")


def test_keeps_the_shape_and_turns_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = encoded(picture().resize((200, 100)), exif=exif)
    assert opened(make_thumbnail(wide, 50)).size == (25, 50)


def test_notes_of_the_file_are_left_out() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    noted = encoded(picture(), exif=exif, comment=b"a secret comment")
    assert b"secret" in noted
    small = make_thumbnail(noted, 96)
    assert b"secret" not in (small or b"")
    assert not opened(small).getexif()


def test_damage_is_allowed_here_and_nowhere_else() -> None:
    assert make_thumbnail(jpeg(side=300)[:3000], 96) is not None
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xd8\xff", b"GIF89a"])
def test_what_is_no_picture_gives_none(content: bytes) -> None:
    assert make_thumbnail(content, 96) is None


def test_a_bomb_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fruit_features.backbone.thumbnail.MOST_PIXELS", 100)
    assert make_thumbnail(encoded(picture(), "PNG"), 96) is None
