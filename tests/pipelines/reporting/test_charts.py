import re

import pytest

from fruit_features.pipelines.reporting.charts import Axes, Mark, bars, curve, ticks


@pytest.mark.parametrize(
    ("bottom", "top", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 0.14, [0, 0.05, 0.1]),
        (0.9, 1.0, [0.9, 0.92, 0.94, 0.96, 0.98, 1]),
        (0, 1280, [0, 500, 1000]),
        (0, 0, [0]),
    ],
)
def test_ticks_are_round(bottom: float, top: float, expected: list[float]) -> None:
    assert ticks(bottom, top) == pytest.approx(expected)


def places(svg: str, kind: str) -> list[tuple[float, float]]:
    found = re.findall(rf'<circle class="{kind}" cx="([\d.]+)" cy="([\d.]+)"', svg)
    return [(float(x), float(y)) for x, y in found]


def test_marks_lie_on_the_curve_and_their_words_apart() -> None:
    x = list(range(1, 101))
    y = [n / 100 for n in x]
    marks = [Mark(n, n / 100, f"{n}%") for n in (75, 80, 90)]
    svg = curve(x, y, Axes("components"), alt="a curve", marks=marks, kept=50)
    (points,) = re.findall('points="([^"]+)"', svg)
    drawn = [tuple(map(float, point.split(","))) for point in points.split()]
    assert set(places(svg, "mark")) <= set(drawn)
    words = re.findall(r'<text class="mark" x="[\d.]+" y="([\d.]+)"', svg)
    heights = [float(height) for height in words]
    assert all(
        low - high >= 14 for high, low in zip(heights, heights[1:], strict=False)
    )
    assert "kept: 50" in svg


def test_steps_are_at_equal_distances() -> None:
    axes = Axes("components", steps=True)
    svg = curve([10, 100, 1280], [0.1, 0.2, 0.3], axes, alt="steps")
    x = [place[0] for place in places(svg, "curve")]
    assert x[1] - x[0] == pytest.approx(x[2] - x[1])
    assert "1,280" in svg


def test_a_bar_a_share() -> None:
    svg = bars([0.5, 0.25], alt="bars", x_name="component")
    heights = re.findall(r'<rect class="bar" [^>]*height="([\d.]+)"', svg)
    assert float(heights[0]) == pytest.approx(2 * float(heights[1]), abs=0.2)


def test_words_are_escaped() -> None:
    svg = curve([1, 2], [0, 1], Axes("<b>"), alt='"><script>')
    assert "<b>" not in svg
    assert "<script>" not in svg


def test_equal_values_are_drawn() -> None:
    assert "<polyline" in curve([1, 2], [0.0, 0.0], Axes("x"), alt="flat")
    assert "<rect" in bars([0.0, 0.0], alt="flat", x_name="x")
