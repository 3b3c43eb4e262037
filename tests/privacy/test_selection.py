"""Which photos are meant, and how erased ones are known again."""

from pathlib import Path

import pandas as pd
import pytest

from fruit_features.exceptions import ErasureError
from fruit_features.privacy.erasure import hidden
from fruit_features.privacy.erasure_list import ErasureList, without_erased
from fruit_features.privacy.refusals import Refusal
from fruit_features.privacy.selection import Photo, Selection, read_names

PHOTOS = [
    Photo("Apple/1.jpg", "Apple", "/images/Apple/1.jpg"),
    Photo("Apple/2.jpg", "Apple", "/images/Apple/2.jpg"),
    Photo("Pear/deep/1.jpg", "deep", "/images/Pear/deep/1.jpg"),
    # As a thumbnail knows it.
    Photo("Apple/1.jpg", "Apple"),
]


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ((["Apple/*"],), {"Apple/1.jpg", "Apple/2.jpg"}),
        ((["*/1.jpg"],), {"Apple/1.jpg", "Pear/deep/1.jpg"}),
        ((["/images/Apple/2*"],), {"Apple/2.jpg"}),
        ((["apple/*", "Apple"],), set()),
        (([], ["deep"]), {"Pear/deep/1.jpg"}),
        (([], ["Pear"]), set()),
        (([], [], ["/images/Apple/1.jpg", "Apple/[2].jpg"]), {"Apple/1.jpg"}),
        ((["P*"], ["Apple"]), {photo.key for photo in PHOTOS}),
        ((), set()),
    ],
)
def test_who_is_meant(asked: tuple[list[str], ...], keys: set[str]) -> None:
    selection = Selection(*map(frozenset, asked))
    assert selection.keys(PHOTOS) == keys
    assert bool(selection) == bool(sum(selection.counts().values()))


def test_a_list_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(b"\xe9.jpg")
    with pytest.raises(ErasureError, match="give a text file in UTF-8"):
        read_names(file)


def test_the_list_knows_photos_but_not_their_names() -> None:
    listed = ErasureList()
    listed.add(["a/1.jpg", "a/2.jpg"])
    stored = listed.stored()
    assert "jpg" not in str(stored)
    again = ErasureList(stored)
    assert [key in again for key in ("a/1.jpg", "a/2.jpg", "a/3.jpg")] == [1, 1, 0]
    # Another salt: who has not the list cannot compare.
    assert ErasureList().hash_of("a/1.jpg") != listed.hash_of("a/1.jpg")


def test_erased_images_are_left_out_of_a_listing() -> None:
    images = pd.DataFrame({"image_key": ["a", "b", "c"], "length": [1, 2, 3]})
    listed = ErasureList()
    listed.add(["b"])
    left = without_erased(images, listed.stored())
    assert left["image_key"].tolist() == ["a", "c"]
    assert left.index.tolist() == [0, 1]
    for nothing in (None, ErasureList().stored()):
        assert without_erased(images, nothing) is images


def test_a_refused_place_names_no_photo() -> None:
    keys = {"a/1.jpg", "b/a/1.jpg", "1.jpg"}
    places = ["s3://x/b/a/1.jpg", "/d/c/a/1.jpg", "/d/xa/1.jpg", "/d/2.jpg", "1.jpg"]
    refused = [Refusal(place, f"{place}: no") for place in places]
    # Of keys that end alike the longest is meant.
    named = ["s3://x/<B/A/1.JPG>", "/d/c/<A/1.JPG>", "/d/xa/<1.JPG>", *places[3:]]
    said = [Refusal(place, f"{place}: no") for place in named]
    assert [hidden(refusal, keys, str.upper) for refusal in refused] == said
