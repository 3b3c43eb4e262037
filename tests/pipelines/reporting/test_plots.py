import numpy as np
import pandas as pd
import pytest

from fruit_features.pipelines.reporting.plots import (
    components_reaching,
    draw_projection,
    draw_quality,
    draw_variance,
    to_svg,
)


@pytest.fixture
def variance() -> pd.DataFrame:
    ratio = 0.5 ** np.arange(1, 11)
    columns = {"component": np.arange(1, 11), "ratio": ratio}
    return pd.DataFrame({**columns, "cumulative": ratio.cumsum()})


@pytest.mark.parametrize(
    ("threshold", "needed"), [(0.5, 1), (0.51, 2), (0.8, 3), (0.9, 4), (0.9999, None)]
)
def test_components_reaching(
    variance: pd.DataFrame, threshold: float, needed: int | None
) -> None:
    assert components_reaching(variance, threshold) == needed


def test_variance_plot_draws_the_numbers(variance: pd.DataFrame) -> None:
    left, right = draw_variance(variance, components=6).axes
    np.testing.assert_allclose(
        [bar.get_height() for bar in left.patches], variance["ratio"]
    )
    np.testing.assert_allclose(right.lines[0].get_ydata(), variance["cumulative"])
    said = [text.get_text() for text in right.texts]
    assert said == ["75%: 2", "80%: 3", "90%: 4", "95%: 5"]
    assert right.get_legend().get_texts()[0].get_text() == "kept: 6"
    for axes in (left, right):
        assert axes.get_title()
        assert axes.get_xlabel()
        assert axes.get_ylabel() == "share of variance"


def test_quality_plot_draws_the_table() -> None:
    columns = ["reconstruction_error", "between_within", "knn_accuracy"]
    # All the same, or nothing to measure.
    rows = [(0.3, 3.0, np.nan), (0.1, 2.0, 1.0), (0.0, 2.0, 1.0)]
    table = pd.DataFrame(rows, columns=columns)
    table = table.assign(components=[10, 100, 1280], images=5)
    for column, axes in zip(columns, draw_quality(table).axes, strict=True):
        np.testing.assert_allclose(axes.lines[0].get_ydata(), table[column])
        ticks = [label.get_text() for label in axes.get_xticklabels()]
        assert ticks == ["10", "100", "1280"]


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.0, 0.0]])
def test_svg_has_words_as_text(shares: list[float]) -> None:
    table = pd.DataFrame(
        {"component": [1, 2], "ratio": shares, "cumulative": np.cumsum(shares)}
    )
    svg = to_svg(draw_variance(table, components=1))
    assert svg.startswith("<?xml")
    assert ">components kept</text>" in svg


def test_projection_is_a_trace_a_label() -> None:
    rows = [("b", "b/1", 1.0, 4.0), ("a", "a/1", 2.0, 5.0), ("b", "b/2", 3.0, 6.0)]
    points = pd.DataFrame(rows, columns=["label", "image_key", "x", "y"])
    figure = draw_projection(points, total=10)
    assert [trace.name for trace in figure.data] == ["a", "b"]
    assert list(figure.data[1].x) == [1.0, 3.0]
    assert list(figure.data[1].text) == ["b/1", "b/2"]
    assert figure.layout.title.text == "10 images on the first two components, 3 drawn"


def test_labels_are_told_apart_by_colour() -> None:
    labels = [f"label {n}" for n in range(131)]
    points = pd.DataFrame({"label": labels, "image_key": labels, "x": 0.0, "y": 0.0})
    colours = {trace.marker.color for trace in draw_projection(points, 131).data}
    assert len(colours) == 131
