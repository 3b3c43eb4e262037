"""Find and erase photos in the reports, plots and pages of all runs."""

import html
import json
import re
from collections.abc import Callable, Collection, Iterator

from fruit_features.privacy.selection import Photo
from fruit_features.privacy.targets import PAGE, PLOT, REPORT, Target

# In pages that mark everything that shows one photo; see template/report.html.
MARKED = '<meta name="photos" content="data-photo">'
_SHOWN = re.compile(r'data-photo="([^"]*)" data-label="([^"]*)"')
_POINTS = re.compile(r'<script type="application/json" id="points">(.*?)</script>')


def photos_in(target: Target) -> Iterator[Photo]:
    """Read the photos that a dataset's documents name."""
    for file in target.documents():
        yield from _NAMED[target.kind](_text(target, file))


def documents_with(target: Target, keys: Collection[str]) -> dict[str, int]:
    """Count the mentions of given photos in each document of a dataset."""
    counts = {}
    for file in target.documents():
        text = _text(target, file)
        named = sum(photo.key in keys for photo in _NAMED[target.kind](text))
        # Which photos a page of an earlier version shows is unknown.
        unknown = target.kind == PAGE and MARKED not in text
        counts[file] = max(named, int(unknown))
    return {file: count for file, count in counts.items() if count}


def erase_in_reports(target: Target, keys: Collection[str]) -> None:
    """Rewrite a dataset's reports without given photos."""
    for file in documents_with(target, keys):
        report = json.loads(_text(target, file))
        report["quarantined"] = [
            row for row in report.get("quarantined", []) if row["image_key"] not in keys
        ]
        report["quarantine_examples"] = {
            reason: row
            for reason, row in report.get("quarantine_examples", {}).items()
            if row["image_key"] not in keys
        }
        target.filesystem.pipe_file(file, json.dumps(report, indent=2).encode())


def _text(target: Target, file: str) -> str:
    return str(target.filesystem.cat_file(file).decode())


def _of_report(text: str) -> Iterator[Photo]:
    report = json.loads(text)
    examples = report.get("quarantine_examples", {}).values()
    for row in [*report.get("quarantined", []), *examples]:
        yield Photo(row["image_key"], row.get("label"))


def _of_plot(text: str) -> Iterator[Photo]:
    for trace in json.loads(text)["data"]:
        # Plotly's names are HTML.
        for key in trace["text"]:
            yield Photo(html.unescape(key), html.unescape(trace["name"]))


def _of_page(text: str) -> Iterator[Photo]:
    for key, label in _SHOWN.findall(text):
        yield Photo(html.unescape(key), html.unescape(label))
    for drawn in map(json.loads, _POINTS.findall(text)):
        for key, label in zip(drawn["key"], drawn["label"], strict=True):
            yield Photo(key, drawn["labels"][label])


_NAMED: dict[str, Callable[[str], Iterator[Photo]]] = {
    REPORT: _of_report,
    PLOT: _of_plot,
    PAGE: _of_page,
}
