"""Counts of a run's images, labels and failures."""

import datetime as dt
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fruit_features.exceptions import CountError


def count_images(
    image_listing: DataFrame,
    features: DataFrame,
    quarantine: DataFrame,
    begun: dt.datetime,
) -> dict[str, int]:
    """Count the run's images and labels; check that each image has one row.

    Args:
        image_listing: Every image, with ``selected``.
        features: Of the backbone in use.
        quarantine: Images without features.
        begun: Features made from then on belong to this run.

    Raises:
        CountError: If an image is not in exactly one row of ``features`` and
            ``quarantine``; names examples.
    """
    chosen = image_listing.where("selected").select("image_key", "label")
    new = F.max(F.col("featurized_at") >= F.lit(begun))
    done = features.groupBy("image_key").agg(
        F.count("*").alias("rows"), new.alias("new")
    )
    bad = quarantine.groupBy("image_key").agg(F.count("*").alias("bad_rows"))
    images = chosen.join(done, "image_key", "left").join(bad, "image_key", "left")
    faults = {
        "missing from both": F.col("rows").isNull() & F.col("bad_rows").isNull(),
        "in both": F.col("rows").isNotNull() & F.col("bad_rows").isNotNull(),
        "twice in one": (F.col("rows") > 1) | (F.col("bad_rows") > 1),
    }
    (counted,) = images.agg(
        F.countDistinct("image_key").alias("found"),
        F.count(F.when(F.col("new"), 1)).alias("featurized"),
        F.count("bad_rows").alias("quarantined"),
        F.count(F.when(~F.col("new"), 1)).alias("unchanged"),
        F.size(F.collect_set("label")).alias("labels"),
        *(F.count(F.when(fault, 1)).alias(name) for name, fault in faults.items()),
    ).collect()
    numbers = {name: int(number) for name, number in counted.asDict().items()}
    said = [
        f"{number:,} {name}, such as {_examples(images.where(fault))}"
        for name, fault in faults.items()
        if (number := numbers.pop(name))
    ]
    if said:
        message = (
            f"of {numbers['found']:,} images found, each must be once in features or "
            f"in quarantine; {'; '.join(said)}: run the featurization pipeline; if "
            "that does not help, delete 04_feature, which is then made anew"
        )
        raise CountError(message)
    return numbers


def _examples(images: DataFrame) -> str:
    rows = images.select("image_key").orderBy("image_key").limit(3).collect()
    return ", ".join(repr(row["image_key"]) for row in rows)


def list_quarantine(
    image_listing: DataFrame, quarantine: DataFrame, most: int
) -> dict[str, Any]:
    """Count the run's quarantined images by reason, and list at most ``most``."""
    chosen = image_listing.where("selected").select("image_key")
    rows = quarantine.join(chosen, "image_key", "left_semi")
    example = F.min(F.struct("image_key", "detail")).alias("example")
    counted = rows.groupBy("reason").agg(F.count("*").alias("images"), example)
    found = sorted(counted.collect(), key=lambda row: -row["images"])
    listed = []
    if found and most:
        shown = rows.select("image_key", "label", "reason", "detail")
        listed = shown.orderBy("image_key").limit(most).collect()
    examples = {row["reason"]: row["example"].asDict() for row in found}
    return {
        "quarantine_reasons": {row["reason"]: row["images"] for row in found},
        "quarantine_examples": examples,
        "quarantined": [row.asDict() for row in listed],
    }
