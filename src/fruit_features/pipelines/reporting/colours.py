"""Colours that tell labels apart."""

import colorsys

LIGHTNESS = (0.38, 0.52, 0.66)


def label_colours(count: int) -> list[str]:
    """Spread hues evenly; neighbours differ in lightness as well.

    Returns:
        As many as asked for, as ``#rrggbb``.
    """
    return [
        "#" + "".join(f"{round(part * 255):02x}" for part in rgb)
        for number in range(count)
        for rgb in [
            colorsys.hls_to_rgb(number / count, LIGHTNESS[number % len(LIGHTNESS)], 0.7)
        ]
    ]
