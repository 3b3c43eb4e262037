"""What is no pixel goes, and what is decoded stays the same to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fruit_features.backbone.decoding import DecodeFailure, decode_whole
from fruit_features.backbone.stripping import strip_notes
from tests.corpus import JPEG, PNG, VIEW, WEBP, Kind, encoded, in_memory, jpeg_with
from tests.marks import marked, noise

MARK = "zq7Marked"
SOUND = [kind for kind in in_memory() if not kind.reason]


def same(one: bytes, other: bytes) -> bool:
    """Tell whether two files decode to the same picture, in its own size."""
    pictures = decode_whole(one), decode_whole(other)
    if any(isinstance(picture, DecodeFailure) for picture in pictures):
        return False
    return np.array_equal(*map(np.asarray, pictures))


@pytest.mark.parametrize("kind", SOUND, ids=lambda kind: kind.name)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_sound_kinds_look_the_same(kind: Kind) -> None:
    assert isinstance(kind.content, bytes)
    stripped = strip_notes(kind.content)
    if stripped is None:
        other = kind.content[:2] in (b"GI", b"II", b"MM", b"BM")
        assert other or "its end" in kind.name
    else:
        assert same(kind.content, stripped)
        assert strip_notes(stripped) == stripped


turns = st.one_of(st.none(), st.integers(0, 9))


@given(
    kind=st.sampled_from(["JPEG", "progressive", "PNG", "WEBP", "lossless"]),
    mode=st.sampled_from(["RGB", "L", "CMYK", "RGBA", "P"]),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 9),
    exif=turns,
    xmp=turns,
)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_marks_go_and_pixels_stay(
    kind: str,
    mode: str,
    size: tuple[int, int],
    seed: int,
    exif: int | None,
    xmp: int | None,
) -> None:
    fits = {
        "PNG": ("RGB", "L", "RGBA", "P"),
        "WEBP": ("RGB", "RGBA"),
        "JPEG": ("RGB", "L", "CMYK"),
    }
    options = {"progressive": {"progressive": True}, "lossless": {"lossless": True}}
    form = {"progressive": "JPEG", "lossless": "WEBP"}.get(kind, kind)
    image = noise(seed, *size, mode if mode in fits[form] else "RGB")
    content = marked(image, form, MARK, exif=exif, xmp=xmp, **options.get(kind, {}))
    assert MARK.encode() in content
    stripped = strip_notes(content)
    assert stripped is not None
    assert MARK[:7].encode() not in stripped
    assert same(content, stripped)


@pytest.mark.parametrize("content", [JPEG, PNG, WEBP], ids=["JPEG", "PNG", "WEBP"])
def test_a_file_without_notes_stays_as_it_is(content: bytes) -> None:
    assert strip_notes(content) == content


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_turn_is_all_that_stays_of_exif(form: str) -> None:
    turned = strip_notes(marked(VIEW, form, MARK, exif=6))
    upright = strip_notes(marked(VIEW, form, MARK, exif=1))
    assert turned is not None
    assert upright is not None
    assert 26 <= len(turned) - len(upright) <= 38
    assert b"MM\0*" in turned


def test_of_many_pictures_the_first_stays() -> None:
    more = [VIEW.rotate(180)]
    stereo = encoded(VIEW, "MPO", save_all=True, append_images=more)
    stripped = strip_notes(stereo)
    assert stripped is not None
    assert len(stripped) < len(stereo) * 0.6
    assert stripped.count(b"\xff\xd8") == 1
    animation = encoded(VIEW, "PNG", save_all=True, append_images=more)
    stripped = strip_notes(animation)
    assert stripped is not None
    assert b"fdAT" in animation
    assert b"fdAT" not in stripped


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        JPEG[:-2],
        JPEG[: len(JPEG) // 2],
        jpeg_with(0x99, b"what is that?"),
        JPEG[:20] + b"between segments" + JPEG[20:],
        PNG[:-20],
        PNG[:33] + b"\0\0\0\1NEEDx" + bytes(4) + PNG[33:],
        b"\x89PNG\r\n\x00\n" + PNG[8:],
        WEBP[:-3],
        encoded(VIEW, "GIF"),
        encoded(VIEW, "TIFF"),
        encoded(VIEW, "BMP"),
        b"text",
    ],
)
def test_what_is_not_as_it_should_be_is_not_taken_apart(content: bytes) -> None:
    assert strip_notes(content) is None
