"""Photos in reports, plots and pages, and what cannot be told of older ones."""

import json
from pathlib import Path
from typing import Any

import fsspec
import pytest

from fruit_features.privacy.documents import (
    MARKED,
    documents_with,
    erase_in_documents,
    photos_in,
)
from fruit_features.privacy.script import script_json
from fruit_features.privacy.selection import Photo
from fruit_features.privacy.targets import Target

# Names that are spelled otherwise in HTML and in JSON.
HOSTILE = 'a/<b> & "c" é\n.jpg'
DRAWN = {
    "x": [1, 2, 3],
    "y": [4, 5, 6],
    "label": [0, 1, 0],
    "key": ["p/1.jpg", HOSTILE, "p/3.jpg"],
    "labels": ["p", "a"],
    "colours": ["red", "blue"],
}
FIGURE = '<figure data-photo="{key}" data-label="{label}"><img src="x"></figure>\n'


def page(meta: str = MARKED) -> str:
    shown = FIGURE.format(
        key="a/&lt;b&gt; &amp; &#34;c&#34; é\n.jpg", label="a"
    ) + FIGURE.format(key="p/1.jpg", label="p")
    points = script_json(DRAWN)
    script = f'<script type="application/json" id="points">{points}</script>'
    return f"<html>{meta}<figure>a chart</figure>{shown}{script}</html>"


def target(place: Path, kind: str, text: str) -> Target:
    place.write_text(text)
    files = fsspec.filesystem("file")
    return Target("it", kind, files, str(place), str(place), False, {})


def test_a_page_loses_pictures_and_points(tmp_path: Path) -> None:
    of = target(tmp_path / "page.html", "page", page())
    assert set(photos_in(of)) == {
        Photo(HOSTILE, "a"),
        Photo("p/1.jpg", "p"),
        Photo("p/3.jpg", "p"),
    }
    assert documents_with(of, {HOSTILE}) == {of.path: 2}
    erase_in_documents(of, {HOSTILE})
    text = Path(of.path).read_text()
    assert "&lt;b&gt;" not in text
    assert "a chart" in text
    drawn = json.loads(text.split('id="points">')[1].split("</script>")[0])
    assert drawn == {
        "x": [1, 3],
        "y": [4, 6],
        "label": [0, 0],
        "key": ["p/1.jpg", "p/3.jpg"],
        "labels": ["p"],
        "colours": ["red"],
    }
    assert text.endswith("</html>")


def test_a_page_that_marks_nothing_goes_whole(tmp_path: Path) -> None:
    of = target(tmp_path / "page.html", "page", page(meta=""))
    assert documents_with(of, {"not/shown.jpg"}) == {of.path: 1}
    erase_in_documents(of, {"not/shown.jpg"})
    assert not Path(of.path).exists()


@pytest.mark.parametrize("packed", [False, True])
def test_a_plot_loses_points_and_empty_labels(tmp_path: Path, packed: bool) -> None:
    # 1.0, 2.0 as doubles, as Plotly may pack numbers.
    bytes_ = {"dtype": "f8", "bdata": "AAAAAAAA8D8AAAAAAAAAQA=="}
    numbers: Any = bytes_ if packed else [1.0, 2.0]
    traces = [
        {"name": "p", "text": ["p/1.jpg", "p/3.jpg"], "x": numbers, "y": numbers},
        {"name": "a", "text": ["a/&lt;b&gt;.jpg"], "x": [3], "y": [4]},
    ]
    text = json.dumps({"data": traces, "layout": {"title": "2 images"}})
    of = target(tmp_path / "plot.json", "plot", text)
    erase_in_documents(of, {"a/<b>.jpg", "p/1.jpg"})
    left = json.loads(Path(of.path).read_text())
    assert left["data"] == [{"name": "p", "text": ["p/3.jpg"], "x": [2.0], "y": [2.0]}]
    assert left["layout"] == {"title": "2 images"}


def test_a_report_loses_examples(tmp_path: Path) -> None:
    row = {"image_key": HOSTILE, "label": "a", "reason": "empty", "detail": "0 bytes"}
    report = {"quarantined": [row], "quarantine_examples": {"empty": row}, "found": 3}
    of = target(tmp_path / "report.json", "report", json.dumps(report))
    assert documents_with(of, {"p/1.jpg"}) == {}
    erase_in_documents(of, {HOSTILE})
    left = json.loads(Path(of.path).read_text())
    assert left == {"quarantined": [], "quarantine_examples": {}, "found": 3}
