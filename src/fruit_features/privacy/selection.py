"""Select photos by a pattern of their paths, by label, or by a list of names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import NamedTuple

from fruit_features.exceptions import ErasureError


class Photo(NamedTuple):
    """A photo as tables know it.

    Attributes:
        key: Its path below the folder of images: ``image_key``.
        label: The name of its folder; ``None`` if unknown.
        path: Where it lay; ``None`` if unknown.
    """

    key: str
    label: str | None = None
    path: str | None = None


@dataclass(frozen=True)
class Selection:
    """The photos that are to be erased: those that match anything here.

    Attributes:
        patterns: Of keys or full paths; ``*`` matches any characters, ``/`` included.
        labels: Whole labels.
        names: Keys or full paths.
    """

    patterns: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Return whether anything is selected."""
        return any(self.counts().values())

    def counts(self) -> dict[str, int]:
        """Return the numbers of patterns, labels and names."""
        return {name: len(asked) for name, asked in vars(self).items()}

    def keys(self, photos: Iterable[Photo]) -> set[str]:
        """Return the keys of the selected photos."""
        # One expression, as photos are millions; without patterns it matches nothing.
        match = re.compile("|".join(map(translate, self.patterns)) or "(?!)").match
        return {
            key
            for key, label, path in photos
            if label in self.labels
            or key in self.names
            or path in self.names
            or match(key)
            or (path and match(path))
        }


def read_names(file: Path) -> frozenset[str]:
    """Read a list of photos, a key or path per line.

    Raises:
        ErasureError: If the file cannot be read or names nothing.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = (
            f"cannot read the list {str(file)!r}: {error}; give a text file in UTF-8"
        )
        raise ErasureError(message) from error
    names = frozenset(line for line in lines if line.strip())
    if not names:
        message = f"{str(file)!r} names no photo; write an image_key or a path a line"
        raise ErasureError(message)
    return names
