"""Colours that tell labels apart."""

import colorsys

LIGHTNESS = (0.38, 0.52, 0.66)

# Steps of the golden ratio never meet, and lead far away each time.
STEP = (5**0.5 - 1) / 2


def label_colours(count: int) -> list[str]:
    """Give neighbours hues far apart: labels of one kind of fruit follow each other.

    Returns:
        As many as asked for, as ``#rrggbb``.
    """
    return [
        "#" + "".join(f"{round(part * 255):02x}" for part in rgb)
        for number in range(count)
        for rgb in [
            colorsys.hls_to_rgb(
                number * STEP % 1, LIGHTNESS[number % len(LIGHTNESS)], 0.7
            )
        ]
    ]
