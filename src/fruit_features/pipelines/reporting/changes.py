"""What two runs have in common and what not."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Change(NamedTuple):
    """A fact of two runs, as text.

    Attributes:
        name: What it is.
        before: In the earlier run.
        now: In the later one.
        change: By how much numbers differ; empty where they do not, or are none.
    """

    name: str
    before: str
    now: str
    change: str


def compare_runs(before: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    """Compare two run reports.

    Args:
        before: The earlier one.
        now: The later one.

    Returns:
        Counts, variance, speed and seconds, then whatever of backbone, environment and
        versions is not the same.
    """
    numbers = [
        _number(name, format_one, take(before), take(now))
        for name, take, format_one in (
            *((f"images {k}", _image(k), "{:,}") for k in now["images"]),
            ("images expired", lambda run: run.get("expired") or None, "{:,}"),
            ("labels", lambda run: run.get("labels"), "{:,}"),
            ("components", _reduction("components"), "{:,}"),
            ("variance kept", _reduction("variance_retained"), "{:.2%}"),
            ("images per second", lambda run: run["images_per_second"], "{:,.1f}"),
            ("seconds", lambda run: run["seconds"]["total"], "{:,.1f}"),
            ("dollars", lambda run: run.get("dollars"), "{:,.2f}"),
        )
    ]
    texts = {**_texts(before), **_texts(now)}
    others = [
        Change(name, _texts(before).get(name, ""), _texts(now).get(name, ""), "")
        for name in texts
        if _texts(before).get(name) != _texts(now).get(name)
    ]
    told = [row for row in numbers if row.before or row.now]
    return [*told, *others]


def _image(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda run: run["images"].get(name)


def _reduction(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda run: run["reduction"].get(name)


def _number(name: str, format_one: str, before: Any, now: Any) -> Change:
    said = ["" if n is None else format_one.format(n) for n in (before, now)]
    change = ""
    if before is not None and now is not None and said[0] != said[1]:
        change = ("+" if now > before else "−") + format_one.format(abs(now - before))
    return Change(name, said[0], said[1], change)


def _texts(run: dict[str, Any]) -> dict[str, str]:
    reduction = run["reduction"]
    return {
        "backbone": run["backbone"]["id"],
        "standardised": str(reduction.get("standardised", False)).lower(),
        "model fitted": f"{reduction['fitted'][:19]} on {reduction['rows']:,} images",
        "environment": run["environment"],
        **{f"version of {name}": said for name, said in run["versions"].items()},
    }
