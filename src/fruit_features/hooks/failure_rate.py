"""Limit on the share of quarantined images."""

from typing import Any

from fruit_features.exceptions import TooManyFailuresError

# Reasons named in the message.
NAMED = 3


def check_failure_rate(report: dict[str, Any], highest: float) -> None:
    """Raise ``TooManyFailuresError`` if a larger share is quarantined than allowed.

    The message names the commonest reasons, with an example of each.
    """
    found, quarantined = report["images"]["found"], report["images"]["quarantined"]
    if quarantined <= highest * found:
        return
    reasons = list(report["quarantine_reasons"].items())
    examples = report["quarantine_examples"]
    named = "; ".join(
        f"{count:,} {reason}, such as {examples[reason]['image_key']!r} "
        f"({examples[reason]['detail']})"
        for reason, count in reasons[:NAMED]
    )
    message = (
        f"{quarantined:,} of {found:,} images are quarantined, more than "
        f"featurization.max_failure_rate={highest} allows: {named}. All results are "
        "written; mend the images and run again, with "
        "featurization.retry_quarantined=true where the files stay as they are, or "
        "raise featurization.max_failure_rate"
    )
    raise TooManyFailuresError(message)
