"""The lines that a run ends with."""

from typing import Any

from kedro.io import AbstractDataset


def address(dataset: AbstractDataset[Any, Any]) -> str:
    """Return where a dataset of one file lies: a path, or an address such as S3's."""
    described = dataset._describe()
    protocol, path = described["protocol"], str(described["filepath"])
    return path if protocol == "file" else f"{protocol}://{path}"


def format_summary(report: dict[str, Any], place: object) -> str:
    """Say in a few lines what a run did.

    Args:
        report: The ``run_report``.
        place: Where the page is that shows it whole.

    Returns:
        Lines of text; the last one is ``place``.
    """
    images, reduction = report["images"], report["reduction"]
    rate = report["images_per_second"]
    lines = [
        "",
        f"images found   {images['found']:>10,}",
        f"  featurized   {images['featurized']:>10,}{_speed(rate)}",
        f"  unchanged    {images['unchanged']:>10,}{_unchanged(images)}",
        f"  quarantined  {images['quarantined']:>10,}{_reasons(report)}",
        *_expired(report.get("expired", 0)),
        f"variance kept  {reduction['variance_retained']:>10.1%}   by "
        f"{reduction['components']} of {reduction['dimensions']} components",
        f"seconds        {report['seconds']['total']:>10.1f}",
        "",
        str(place),
    ]
    return "\n".join(lines)


def in_columns(rows: list[tuple[str, ...]]) -> str:
    """Set rows in columns: the first and the last one left, numbers right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 0 < n < len(row) - 1 else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _speed(rate: float | None) -> str:
    return f"   {rate:,.0f} images/s" if rate else ""


def _unchanged(images: dict[str, int]) -> str:
    return "   done by an earlier run, not done again" if images["unchanged"] else ""


def _expired(images: int) -> list[str]:
    if not images:
        return []
    return [f"expired        {images:>10,}   gone for their age, features kept"]


def _reasons(report: dict[str, Any]) -> str:
    counts = report["quarantine_reasons"].items()
    return "".join(f"   {number} {reason}" for reason, number in counts)
