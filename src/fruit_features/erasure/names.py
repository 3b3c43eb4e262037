"""Names of photos in texts: found in one pass, however many photos there are."""

import html
import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote

import numpy as np

# Up to so many names are quicker searched for one by one.
FEW = 32

# The last bytes of names: as many as fit into a number.
_ENDING = 8
# Positions of a text that are looked at together.
_PIECE = 1 << 20
# Such a number is hashed to so many bits by an odd factor.
_BITS, _FACTOR = 22, np.uint64(0x9E3779B97F4A7C15)


class Names:
    """Tells whether a text names any of some photos, in whatever spelling.

    A table says by a hash of the last bytes whether a name may end at a position of the
    text. Where it may, what ends there is looked up, once for each length that names of
    this ending have. So the time grows with the text and not with the photos.
    """

    def __init__(self, keys: Collection[str]) -> None:
        """Spell the photos' keys in all ways."""
        self._spelled = {
            form.encode("utf-8", "surrogatepass") for form in _spellings(keys)
        }
        self._size = min([_ENDING, *map(len, self._spelled)])
        self._lengths: dict[bytes, set[int]] = defaultdict(set)
        for form in self._spelled:
            self._lengths[form[-self._size :]].add(len(form))
        endings = b"".join(self._lengths)
        hashes = self._hashes(endings, 0, len(endings))[:: self._size]
        self._may_end = np.zeros(1 << _BITS, bool)
        self._may_end[hashes] = True

    def are_in(self, text: bytes) -> bool:
        """Tell whether any of them is there."""
        if len(self._spelled) <= FEW:
            return any(form in text for form in self._spelled)
        return any(
            text[end - length : end] in self._spelled
            for end in self._ends(text)
            for length in self._lengths.get(text[end - self._size : end], ())
            if length <= end
        )

    def _ends(self, text: bytes) -> Iterator[int]:
        """Find where names may end."""
        count = len(text) - self._size + 1
        for start in range(0, count, _PIECE):
            hashes = self._hashes(text, start, min(_PIECE, count - start))
            found = np.flatnonzero(self._may_end[hashes]) + (start + self._size)
            yield from found.tolist()

    def _hashes(self, text: bytes, start: int, count: int) -> Any:
        """Hash the bytes at some positions one after another."""
        piece = text[start : start + count + self._size - 1] + bytes(_ENDING)
        numbers: Any = np.ndarray((count,), "<u8", piece, strides=(1,))
        if self._size < _ENDING:
            numbers = numbers & np.uint64((1 << 8 * self._size) - 1)
        return (numbers * _FACTOR) >> np.uint64(64 - _BITS)


def _spellings(keys: Collection[str]) -> Iterator[str]:
    for key in keys:
        yield key
        yield html.escape(key)
        yield quote(key)
        yield json.dumps(key)[1:-1]
        yield json.dumps(html.escape(key))[1:-1]
