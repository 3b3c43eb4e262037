"""Whether a JPEG without the marker of its end is whole."""

import numpy as np
import pytest

from fruit_features.backbone.decoding import DecodeFailure, decode_whole
from tests.corpus import GREY, JPEG, VIEW, encoded, jpeg_with, lossless_jpeg
from tests.pictures import picture

FILES = {
    "plain": JPEG,
    "subsampled": encoded(VIEW, quality=90),
    "grey": encoded(GREY, quality=60),
    "progressive": encoded(VIEW, quality=90, progressive=True),
    "restarts": encoded(VIEW, quality=90, restart_marker_blocks=1),
    "restarts of rows": encoded(picture(2, 64), quality=90, restart_marker_rows=1),
    "optimized": encoded(picture(3, 64), quality=30, optimize=True),
    "best": encoded(picture(4, 40), quality=100, subsampling=0),
    "with a preview": jpeg_with(0xE1, b"Exif\x00\x00" + encoded(VIEW)),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_cut_anywhere_it_is_truncated_or_looks_the_same(name: str) -> None:
    whole = FILES[name]
    right = np.asarray(decode_whole(whole))
    scan = whole.index(b"\xff\xda")
    restarts = [n for n in range(scan, len(whole)) if whole[n] == 255]
    cuts = {n + step for n in restarts for step in (0, 1, 2, 3)}
    for end in sorted(cuts | {*range(scan, len(whole), 37)} - {len(whole) + 1}):
        seen = decode_whole(whole[:end])
        if isinstance(seen, DecodeFailure):
            assert seen.reason == "truncated"
            assert end < len(whole) - 2, end
        else:
            assert (np.asarray(seen) == right).all(), end


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("filling", [bytes(900), b"<html>gone</html>" * 50])
def test_what_fills_up_a_cut_file_is_no_picture(name: str, filling: bytes) -> None:
    whole = FILES[name]
    cut = whole[: (whole.rindex(b"\xff\xda") + len(whole)) // 2]
    assert decode_whole(cut + filling)[0] == "truncated"


def test_lossless_without_its_end_is_truncated() -> None:
    # Nothing tells that all its pixels are there.
    assert decode_whole(lossless_jpeg(GREY)[:-2])[0] == "truncated"
