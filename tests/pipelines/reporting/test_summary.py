from typing import Any

import pytest

from fruit_features.pipelines.reporting.summary import format_summary


def report(**changes: Any) -> dict[str, Any]:
    return {
        "images": {
            "found": 12_345,
            "featurized": 12_000,
            "unchanged": 0,
            "quarantined": 345,
        },
        "quarantine_reasons": {"truncated": 300, "empty": 45},
        "reduction": {
            "variance_retained": 0.9012,
            "components": 100,
            "dimensions": 1280,
        },
        "images_per_second": 61.234,
        "seconds": {"total": 214.04},
        **changes,
    }


def lines(**changes: Any) -> list[str]:
    return format_summary(report(**changes), "data/08_reporting/report.html").split(
        "\n"
    )


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
    assert format_summary(report(), place).split("\n")[-1] == place


def test_what_was_not_done_again_is_said() -> None:
    images = {"found": 1000, "featurized": 0, "unchanged": 1000, "quarantined": 0}
    shown = lines(images=images, images_per_second=None, quarantine_reasons={})
    assert shown[2] == "  featurized            0"
    assert shown[3] == (
        "  unchanged         1,000   done by an earlier run, not done again"
    )
    assert shown[4] == "  quarantined           0"


def test_columns_stay_in_line_for_a_million() -> None:
    images = {
        "found": 1_000_000,
        "featurized": 999_999,
        "unchanged": 1,
        "quarantined": 0,
    }
    shown = lines(images=images, images_per_second=None, quarantine_reasons={})
    assert {len(line) for line in (shown[1], shown[2], shown[4], shown[6])} == {25}
