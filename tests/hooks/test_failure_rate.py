from typing import Any

import pytest

from fruit_features.exceptions import TooManyFailuresError
from fruit_features.hooks.failure_rate import check_failure_rate


def report(found: int, **reasons: int) -> dict[str, Any]:
    examples = {
        reason: {"image_key": f"a/{reason}.jpg", "detail": f"is {reason}"}
        for reason in reasons
    }
    return {
        "images": {"found": found, "quarantined": sum(reasons.values())},
        "quarantine_reasons": reasons,
        "quarantine_examples": examples,
    }


@pytest.mark.parametrize(
    ("failed", "highest"), [(0, 0.0), (5, 0.05), (100, 1.0), (1, 0.01)]
)
def test_as_many_as_allowed_pass(failed: int, highest: float) -> None:
    check_failure_rate(report(100, empty=failed) if failed else report(100), highest)


@pytest.mark.parametrize(("failed", "highest"), [(1, 0.0), (6, 0.05), (100, 0.99)])
def test_more_than_allowed_fail(failed: int, highest: float) -> None:
    with pytest.raises(TooManyFailuresError, match=f"{failed} of 100 images"):
        check_failure_rate(report(100, empty=failed), highest)


def test_message_names_the_commonest_reasons_with_an_example_each() -> None:
    many = report(10, truncated=4, empty=2, damaged=1, too_large=1)
    with pytest.raises(TooManyFailuresError) as caught:
        check_failure_rate(many, 0.05)
    message = str(caught.value)
    assert "4 truncated, such as 'a/truncated.jpg' (is truncated); 2 empty" in message
    assert "too_large" not in message
    assert "retry_quarantined=true" in message
