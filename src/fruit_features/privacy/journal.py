"""What an erasure is about to do, so that one that was killed is gone on with."""

import json
from dataclasses import dataclass, field
from typing import Any

from fruit_features.privacy.targets import Target


@dataclass(frozen=True)
class Line:
    """What of some photos a dataset holds.

    Attributes:
        dataset: Its name in the catalog.
        place: Its address.
        found: How many rows, files or mentions of the photos.
        files: In how many files.
    """

    dataset: str
    place: str
    found: int
    files: int


@dataclass(frozen=True)
class Journal:
    """An erasure that was begun.

    Attributes:
        id: Names it and its receipt: a version as Kedro spells them.
        begun: When, in ISO's spelling.
        asked_by: Who asked for it.
        asked_for: How photos were named: how many patterns, labels and names.
        keys: The photos. They stand here, and only here, until the end.
        raw: Whether their files go as well.
        lines: What was found of them.
        models: What has seen them.
    """

    id: str
    begun: str
    asked_by: str
    asked_for: dict[str, int]
    keys: list[str]
    raw: bool
    lines: list[Line] = field(default_factory=list)
    models: list[dict[str, Any]] = field(default_factory=list)


def read_journal(place: Target) -> Journal | None:
    """Return the erasure that was not finished, if there is one."""
    if not place.filesystem.exists(place.path):
        return None
    stored = json.loads(place.filesystem.cat_file(place.path))
    lines = [Line(**line) for line in stored.pop("lines")]
    return Journal(**stored, lines=lines)
