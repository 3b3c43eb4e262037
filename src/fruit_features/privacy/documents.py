"""Photos in documents: reports, plots and pages, of the last run and of others."""

import base64
import html
import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from fruit_features.privacy.script import script_json
from fruit_features.privacy.selection import Photo
from fruit_features.privacy.targets import PAGE, PLOT, REPORT, Target

# The page marks all that shows one photo, see template/report.html.
MARKED = '<meta name="photos" content="data-photo">'
_SHOWN = re.compile(
    r'[ \t]*<(figure|tr) data-photo="([^"]*)" data-label="([^"]*)".*?</\1>\n?',
    re.DOTALL,
)
_POINTS = re.compile(r'(<script type="application/json" id="points">)(.*?)(</script>)')


def photos_in(target: Target) -> Iterator[Photo]:
    """Read which photos the documents of a dataset name."""
    for file in target.documents():
        yield from _NAMED[target.kind](_text(target, file))


def documents_with(target: Target, keys: Collection[str]) -> dict[str, int]:
    """Count in each document of a dataset how often it shows some photos."""
    counts = {}
    for file in target.documents():
        text = _text(target, file)
        named = [photo.key for photo in _NAMED[target.kind](text)]
        counts[file] = sum(key in keys for key in named)
        if target.kind == PAGE and MARKED not in text:
            # Whose pictures it shows, nobody can tell.
            counts[file] = max(counts[file], 1)
    return {file: count for file, count in counts.items() if count}


def erase_in_documents(target: Target, keys: Collection[str]) -> None:
    """Write documents anew without some photos.

    A page of an earlier version, which does not mark what shows a photo, is removed.
    """
    for file in documents_with(target, keys):
        text = _ERASED[target.kind](_text(target, file), keys)
        if text is None:
            target.filesystem.rm_file(file)
        else:
            target.filesystem.pipe_file(file, text.encode())


def _text(target: Target, file: str) -> str:
    return str(target.filesystem.cat_file(file).decode())


def _of_report(text: str) -> Iterator[Photo]:
    report = json.loads(text)
    examples = report.get("quarantine_examples", {}).values()
    for row in [*report.get("quarantined", []), *examples]:
        yield Photo(row["image_key"], row.get("label"))


def _without_in_report(text: str, keys: Collection[str]) -> str:
    report = json.loads(text)
    report["quarantined"] = [
        row for row in report.get("quarantined", []) if row["image_key"] not in keys
    ]
    report["quarantine_examples"] = {
        reason: row
        for reason, row in report.get("quarantine_examples", {}).items()
        if row["image_key"] not in keys
    }
    return json.dumps(report, indent=2)


def _of_plot(text: str) -> Iterator[Photo]:
    for trace in json.loads(text)["data"]:
        # Plotly reads names as HTML.
        label = html.unescape(trace["name"])
        for key in trace["text"]:
            yield Photo(html.unescape(key), label)


def _without_in_plot(text: str, keys: Collection[str]) -> str:
    figure = json.loads(text)
    traces = []
    for trace in figure["data"]:
        kept = [
            n for n, key in enumerate(trace["text"]) if html.unescape(key) not in keys
        ]
        for name in ("text", "x", "y"):
            values = _numbers(trace[name])
            trace[name] = [values[n] for n in kept]
        if kept:
            traces.append(trace)
    return json.dumps({**figure, "data": traces})


def _numbers(values: Any) -> Any:
    """Unpack what Plotly may have packed."""
    if not isinstance(values, dict):
        return values
    import numpy as np

    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()


def _of_page(text: str) -> Iterator[Photo]:
    for shown in _SHOWN.finditer(text):
        yield Photo(html.unescape(shown[2]), html.unescape(shown[3]))
    points = _POINTS.search(text)
    if points:
        drawn = json.loads(points[2])
        for key, label in zip(drawn["key"], drawn["label"], strict=True):
            yield Photo(key, drawn["labels"][label])


def _without_in_page(text: str, keys: Collection[str]) -> str | None:
    if MARKED not in text:
        return None
    text = _SHOWN.sub(
        lambda shown: "" if html.unescape(shown[2]) in keys else shown[0], text
    )
    return _POINTS.sub(lambda found: _fewer_points(found, keys), text)


def _fewer_points(found: "re.Match[str]", keys: Collection[str]) -> str:
    drawn = json.loads(found[2])
    kept = [n for n, key in enumerate(drawn["key"]) if key not in keys]
    for name in ("x", "y", "label", "key"):
        drawn[name] = [drawn[name][n] for n in kept]
    # Labels without a point are names as well.
    there = sorted(set(drawn["label"]))
    places = {n: place for place, n in enumerate(there)}
    drawn["label"] = [places[n] for n in drawn["label"]]
    for name in ("labels", "colours"):
        drawn[name] = [drawn[name][n] for n in there]
    return f"{found[1]}{script_json(drawn)}{found[3]}"


_NAMED = {REPORT: _of_report, PLOT: _of_plot, PAGE: _of_page}
_ERASED = {REPORT: _without_in_report, PLOT: _without_in_plot, PAGE: _without_in_page}
