"""Names in texts: the same are found as by a search for each spelling."""

import html
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fruit_features.erasure import names
from fruit_features.erasure.names import FEW, Names

KEYS = st.text('ab1 /.&"é<%\\', min_size=1, max_size=12)
# So many names that they are not searched for one by one; no text has them.
MANY = {f"zz{number}.jpg" for number in range(FEW)}


def spelled(key: str) -> list[str]:
    escaped = html.escape(key)
    return [key, escaped, quote(key), *(json.dumps(k)[1:-1] for k in (key, escaped))]


@given(st.sets(KEYS, min_size=1, max_size=6), st.data())
def test_the_same_are_found_as_one_by_one(keys: set[str], data: st.DataObject) -> None:
    forms = [form for key in sorted(keys) for form in spelled(key)]
    # Names, names that lack a letter, and other text.
    pieces = [*forms, *(form[1:] for form in forms), *(form[:-1] for form in forms)]
    drawn = st.lists(st.one_of(st.sampled_from(pieces), KEYS), max_size=8)
    text = "".join(data.draw(drawn)).encode()
    expected = any(form.encode() in text for form in forms)
    assert Names(keys).are_in(text) is expected
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(names, "_PIECE", 5)
        assert Names(keys | MANY).are_in(text) is expected


def test_none_is_in_nothing() -> None:
    assert not Names(set()).are_in(b"a/1.jpg")
    assert not Names(MANY).are_in(b"")
    assert not Names(MANY).are_in(b"zz1.jp")


def test_twenty_thousand_names_take_no_longer_than_the_text() -> None:
    keys = {f"Apple {n % 131}/IMG {n}_100.jpg" for n in range(20_000)}
    said = [f"<td>Pear {n % 131}/IMG {n}_100.jpg</td>" for n in range(10_000)]
    text = (" " * 160).join(said).encode()
    began = time.monotonic()
    assert not Names(keys).are_in(text)
    assert Names(keys).are_in(text + b"Apple%200/IMG%200_100.jpg")
    # One by one it is some minutes.
    assert time.monotonic() - began < 10
