"""When how many images were done, and the steady rate that follows from it.

Times are ``time.monotonic()``, which all processes of a machine share. Needs the
standard library alone: contenders import it into environments of their own.
"""

import os
import time
from itertools import accumulate
from pathlib import Path

# A moment, and how many images were done by then.
Point = tuple[float, int]


def note(folder: str, images: int) -> None:
    """Append to this process's file that so many more images are done."""
    with (Path(folder) / str(os.getpid())).open("a") as file:
        file.write(f"{time.monotonic()} {images}\n")


def read_points(folder: Path, begin: float, end: float) -> list[Point]:
    """Add up what all processes noted between two moments."""
    lines = [line for file in folder.glob("*") for line in file.open()]
    pairs = [(float(moment), int(count)) for moment, count in map(str.split, lines)]
    noted = sorted(pair for pair in pairs if begin <= pair[0] <= end)
    totals = accumulate(count for _, count in noted)
    return [(moment, done) for (moment, _), done in zip(noted, totals, strict=True)]


def steady_rate(points: list[Point], total: int, fewest: int = 3) -> float | None:
    """Return images per second between 20 % and 80 % of the work.

    Starting, loading a model and the last stragglers are left out.

    Args:
        points: In order of time.
        total: How many images there are to do.
        fewest: How many points in between it takes to tell.

    Returns:
        ``None`` if they are fewer, or lie too close together.
    """
    inner = [point for point in points if 0.2 <= point[1] / total <= 0.8]
    if len(inner) < fewest:
        return None
    (begin, first), (end, last) = inner[0], inner[-1]
    if last - first < 0.3 * total or end <= begin:
        return None
    return (last - first) / (end - begin)
