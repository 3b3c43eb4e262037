"""The summary of a run and its differences from another, as text."""

from typing import Any, NamedTuple

from kedro.io import AbstractDataset

from fruit_features.internals import described

# Numbers compared between runs: path in the report and format.
NUMBERS = {
    "images expired": (("expired",), ","),
    "labels": (("labels",), ","),
    "components": (("reduction", "components"), ","),
    "variance kept": (("reduction", "variance_retained"), ".2%"),
    "images per second": (("images_per_second",), ",.1f"),
    "seconds": (("seconds", "total"), ",.1f"),
    "dollars": (("dollars",), ",.2f"),
}


class Change(NamedTuple):
    """A value in two runs; ``change`` is the difference of numbers, if any."""

    name: str
    before: str
    now: str
    change: str = ""


def address(dataset: AbstractDataset[Any, Any]) -> str:
    """Return the path of a dataset of one file, or its URL if it is remote."""
    said = described(dataset)
    protocol, path = said["protocol"], str(said["filepath"])
    return path if protocol == "file" else f"{protocol}://{path}"


def format_summary(report: dict[str, Any], place: object) -> str:
    """Summarise a run report in a few lines; the last is ``place``, the page."""
    images, reduction = report["images"], report["reduction"]
    rate, expired = report["images_per_second"], report.get("expired")
    reasons = report["quarantine_reasons"].items()
    notes = {
        "featurized": f"   {rate:,.0f} images/s" if rate else "",
        "unchanged": "   done by an earlier run, not done again",
        "quarantined": "".join(f"   {number} {reason}" for reason, number in reasons),
    }
    kept = f"{reduction['components']} of {reduction['dimensions']} components"
    lines = [
        "",
        f"images found   {images['found']:>10,}",
        *(
            f"  {name:<13}{images[name]:>10,}{note if images[name] else ''}"
            for name, note in notes.items()
        ),
    ]
    if expired:
        lines.append(
            f"expired        {expired:>10,}   gone for their age, features kept"
        )
    lines += [
        f"variance kept  {reduction['variance_retained']:>10.1%}   by {kept}",
        f"seconds        {report['seconds']['total']:>10.1f}",
        "",
        str(place),
    ]
    return "\n".join(lines)


def in_columns(rows: list[tuple[str, ...]]) -> str:
    """Align rows as a table: first and last column left, the others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 0 < n < len(row) - 1 else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def compare_runs(before: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    """Compare two run reports.

    Returns:
        Counts, variance, speed and seconds; then backbone, model, environment and
        versions where they differ.
    """
    counts = {f"images {kind}": (("images", kind), ",") for kind in now["images"]}
    changes = []
    for name, (path, spec) in {**counts, **NUMBERS}.items():
        old, new = _at(before, path), _at(now, path)
        said = ["" if n is None else format(n, spec) for n in (old, new)]
        change = ""
        if old is not None and new is not None and said[0] != said[1]:
            change = ("+" if new > old else "−") + format(abs(new - old), spec)
        never_expired = name == "images expired" and not (old or new)
        if any(said) and not never_expired:
            changes.append(Change(name, said[0], said[1], change))
    first, second = _texts(before), _texts(now)
    for name in {**first, **second}:
        if first.get(name) != second.get(name):
            changes.append(Change(name, first.get(name, ""), second.get(name, "")))
    return changes


def _at(report: dict[str, Any], path: tuple[str, ...]) -> Any:
    """Return a number of a report, or ``None``: older reports lack some."""
    found: Any = report
    for name in path:
        found = found.get(name) if found else None
    return found


def _texts(run: dict[str, Any]) -> dict[str, str]:
    reduction = run["reduction"]
    return {
        "backbone": run["backbone"]["id"],
        "standardised": str(reduction.get("standardised", False)).lower(),
        "model fitted": f"{reduction['fitted'][:19]} on {reduction['rows']:,} images",
        "environment": run["environment"],
        **{f"version of {name}": said for name, said in run["versions"].items()},
    }
