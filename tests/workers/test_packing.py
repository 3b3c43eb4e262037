"""What is kept of a file: pixels, or why there are none and what can be seen."""

import io

import numpy as np
import pytest
from PIL import Image

from fruit_features.backbone.decoding import (
    MAX_PIXELS,
    DecodeFailure,
    decode_image,
    decode_whole,
)
from fruit_features.workers.packing import Content, pack
from tests.corpus import VIEW, Kind, in_memory
from tests.marks import marked

MARK = "zq7Marked"


def packed(content: bytes, max_pixels: int = MAX_PIXELS) -> Content:
    return pack(Content(content, None, None), max_pixels)


@pytest.mark.parametrize("kind", in_memory(), ids=lambda kind: kind.name)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_every_kind_becomes_what_it_became_before(kind: Kind) -> None:
    assert isinstance(kind.content, bytes)
    before = decode_image(kind.content, 32)
    kept = packed(kind.content)
    if kept.reason:
        assert before == DecodeFailure(kept.reason, kept.detail or "")
    elif isinstance(before, DecodeFailure):
        assert decode_image(kept.bytes or b"", 32) == before
    else:
        assert np.array_equal(decode_image(kept.bytes or b"", 32), before)


@pytest.mark.parametrize("form", ["GIF", "TIFF", "BMP"])
def test_other_formats_are_encoded_anew(form: str) -> None:
    options = {"exif": 8, "xmp": 8} if form == "TIFF" else {}
    content = marked(VIEW, form, MARK, **options)
    assert MARK.encode() in content or form == "BMP"
    kept = packed(content + MARK.encode())
    assert kept.bytes is not None
    assert kept.bytes.startswith(b"\x89PNG")
    assert MARK.encode() not in kept.bytes
    before, after = decode_whole(content), decode_whole(kept.bytes)
    assert np.array_equal(np.asarray(before), np.asarray(after))
    assert not Image.open(io.BytesIO(kept.bytes)).info


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_of_a_broken_file_only_a_small_picture_is_kept(form: str) -> None:
    options = {"icc_profile": None}
    content = marked(VIEW.resize((400, 300)), form, MARK, exif=1, **options)
    content = content[: len(content) * 2 // 3]
    kept = packed(content)
    assert kept.reason == "truncated"
    assert f"after {len(content):,} bytes" in (kept.detail or "")
    assert MARK.encode() not in (kept.bytes or b"")
    assert Image.open(io.BytesIO(kept.bytes or b"")).size == (96, 72)


def test_what_is_no_image_is_not_kept() -> None:
    kept = packed(b"a diary: " + MARK.encode())
    assert (kept.bytes, kept.reason) == (None, "not_an_image")


def test_too_many_pixels_are_not_decoded() -> None:
    content = marked(VIEW, "BMP", MARK)
    assert packed(content, 10).reason == "too_large"


@pytest.mark.parametrize(
    "read", [Content(b"", None, None), Content(None, "unreadable", "gone")]
)
def test_what_was_not_read_goes_on_as_it_is(read: Content) -> None:
    assert pack(read, MAX_PIXELS) is read
