"""Photos in reports, plots and pages, and what cannot be told of older ones."""

import json
from pathlib import Path

import fsspec
from jinja2.utils import htmlsafe_json_dumps

from fruit_features.privacy.documents import (
    MARKED,
    documents_with,
    erase_in_reports,
    photos_in,
)
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
    points = htmlsafe_json_dumps(DRAWN)
    script = f'<script type="application/json" id="points">{points}</script>'
    return f"<html>{meta}<figure>a chart</figure>{shown}{script}</html>"


def target(place: Path, kind: str, text: str) -> Target:
    place.write_text(text)
    files = fsspec.filesystem("file")
    return Target("it", kind, "", files, str(place), str(place), False)


def test_a_page_names_pictures_and_points(tmp_path: Path) -> None:
    of = target(tmp_path / "page.html", "page", page())
    assert set(photos_in(of)) == {
        Photo(HOSTILE, "a"),
        Photo("p/1.jpg", "p"),
        Photo("p/3.jpg", "p"),
    }
    assert documents_with(of, {HOSTILE}) == {of.path: 2}
    assert documents_with(of, {"not/shown.jpg"}) == {}


def test_nobody_can_tell_whom_a_page_shows_that_marks_nothing(tmp_path: Path) -> None:
    of = target(tmp_path / "page.html", "page", page(meta=""))
    assert documents_with(of, {"not/shown.jpg"}) == {of.path: 1}


def test_a_plot_names_points(tmp_path: Path) -> None:
    traces = [
        {"name": "p", "text": ["p/1.jpg", "p/3.jpg"]},
        {"name": "&lt;a&gt;", "text": ["a/&lt;b&gt;.jpg"]},
    ]
    of = target(tmp_path / "plot.json", "plot", json.dumps({"data": traces}))
    assert Photo("a/<b>.jpg", "<a>") in set(photos_in(of))
    assert documents_with(of, {"p/1.jpg", "p/3.jpg"}) == {of.path: 2}


def test_a_report_loses_examples(tmp_path: Path) -> None:
    row = {"image_key": HOSTILE, "label": "a", "reason": "empty", "detail": "0 bytes"}
    report = {"quarantined": [row], "quarantine_examples": {"empty": row}, "found": 3}
    of = target(tmp_path / "report.json", "report", json.dumps(report))
    assert documents_with(of, {"p/1.jpg"}) == {}
    erase_in_reports(of, {HOSTILE})
    left = json.loads(Path(of.path).read_text())
    assert left == {"quarantined": [], "quarantine_examples": {}, "found": 3}
