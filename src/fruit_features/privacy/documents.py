"""Photos in documents: reports, plots and pages, of the last run and of others."""

import html
import json
import re
from collections.abc import Callable, Collection, Iterator

from fruit_features.privacy.selection import Photo
from fruit_features.privacy.targets import PAGE, PLOT, REPORT, Target

# A page says so if all that shows one photo is marked, see template/report.html.
MARKED = '<meta name="photos" content="data-photo">'
_SHOWN = re.compile(r'data-photo="([^"]*)" data-label="([^"]*)"')
_POINTS = re.compile(r'<script type="application/json" id="points">(.*?)</script>')


def photos_in(target: Target) -> Iterator[Photo]:
    """Read which photos the documents of a dataset name."""
    for file in target.documents():
        yield from _NAMED[target.kind](_text(target, file))


def documents_with(target: Target, keys: Collection[str]) -> dict[str, int]:
    """Count in each document of a dataset how often it names some photos."""
    counts = {}
    for file in target.documents():
        text = _text(target, file)
        named = sum(photo.key in keys for photo in _NAMED[target.kind](text))
        # Whose pictures a page of an earlier version shows, nobody can tell.
        unknown = target.kind == PAGE and MARKED not in text
        counts[file] = max(named, int(unknown))
    return {file: count for file, count in counts.items() if count}


def erase_in_reports(target: Target, keys: Collection[str]) -> None:
    """Write the reports of a dataset anew without some photos."""
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
        # Plotly reads names as HTML.
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
