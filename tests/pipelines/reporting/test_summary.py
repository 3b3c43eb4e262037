from typing import Any

import pytest

from fruit_features.pipelines.reporting.summary import format_summary


def counts(featurized: int, unchanged: int, quarantined: int) -> dict[str, int]:
    return {
        "found": featurized + unchanged + quarantined,
        "featurized": featurized,
        "unchanged": unchanged,
        "quarantined": quarantined,
    }


def report(**changes: Any) -> dict[str, Any]:
    kept = {"variance_retained": 0.9012, "components": 100, "dimensions": 1280}
    return {
        "images": counts(12_000, 0, 345),
        "quarantine_reasons": {"truncated": 300, "empty": 45},
        "reduction": kept,
        "images_per_second": 61.234,
        "seconds": {"total": 214.04},
        **changes,
    }


def lines(place: str = "data/08_reporting/report.html", **changes: Any) -> list[str]:
    return format_summary(report(**changes), place).split("\n")


def test_whole() -> None:
    assert lines() == [
        "",
        "images found       12,345",
        "  featurized       12,000   61 images/s",
        "  unchanged             0",
        "  quarantined         345   300 truncated   45 empty",
        "variance kept       90.1%   by 100 of 1280 components",
        "seconds             214.0",
        "",
        "data/08_reporting/report.html",
    ]


@pytest.mark.parametrize("place", ["/a b/report.html", "s3://bucket/report.html"])
def test_last_line_is_the_place(place: str) -> None:
    assert lines(place)[-1] == place


def test_what_was_not_done_again_is_said() -> None:
    images = counts(0, 1000, 0)
    shown = lines(images=images, images_per_second=None, quarantine_reasons={})
    assert shown[2] == "  featurized            0"
    assert shown[3] == (
        "  unchanged         1,000   done by an earlier run, not done again"
    )
    assert shown[4] == "  quarantined           0"


def test_columns_stay_in_line_for_a_million() -> None:
    images = counts(999_999, 1, 0)
    shown = lines(images=images, images_per_second=None, quarantine_reasons={})
    assert {len(line) for line in (shown[1], shown[2], shown[4], shown[6])} == {25}
