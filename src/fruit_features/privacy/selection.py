"""Which photos are meant: by a pattern of their paths, by label, by a list of names."""

import re
from collections.abc import Iterable
from fnmatch import translate
from pathlib import Path
from typing import NamedTuple

from fruit_features.exceptions import ErasureError


class Photo(NamedTuple):
    """A photo as tables know it.

    Attributes:
        key: Its path below the folder of images: ``image_key``.
        label: The name of the folder it lies in; ``None`` where only the key is known.
        path: Where it lay; ``None`` where that is not kept.
    """

    key: str
    label: str | None = None
    path: str | None = None


class Selection:
    """Tells the photos that somebody asks to be erased."""

    def __init__(
        self,
        patterns: Iterable[str] = (),
        labels: Iterable[str] = (),
        names: Iterable[str] = (),
    ) -> None:
        """Say what is asked for; a photo is meant if any of it fits.

        Args:
            patterns: Of keys or whole paths; ``*`` stands for any letters, also for
                those that part folders.
            labels: Whole labels.
            names: Keys or whole paths.
        """
        # One expression: a million photos are asked about one by one.
        parts = [f"(?:{translate(pattern)})" for pattern in patterns]
        self._patterns = len(parts)
        self._pattern = re.compile("|".join(parts)) if parts else None
        self._labels, self._names = frozenset(labels), frozenset(names)

    def __bool__(self) -> bool:
        """Tell whether anything is asked for."""
        return any(self.counts().values())

    def counts(self) -> dict[str, int]:
        """Return how many patterns, labels and names are asked for."""
        return {
            "patterns": self._patterns,
            "labels": len(self._labels),
            "names": len(self._names),
        }

    def means(self, photo: Photo) -> bool:
        """Tell whether a photo is asked for."""
        key, label, path = photo
        if label in self._labels or key in self._names or path in self._names:
            return True
        if self._pattern is None:
            return False
        match = self._pattern.match
        return bool(match(key) or (path is not None and match(path)))

    def of(self, photos: Iterable[Photo]) -> dict[str, Photo]:
        """Return the photos that are asked for, by key."""
        return {photo.key: photo for photo in photos if self.means(photo)}


def read_names(file: Path) -> list[str]:
    """Read a list of photos: a key or a path a line.

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
    names = [line for line in lines if line.strip()]
    if not names:
        message = f"{str(file)!r} names no photo; write an image_key or a path a line"
        raise ErasureError(message)
    return names
