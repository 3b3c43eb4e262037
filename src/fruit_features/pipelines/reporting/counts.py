"""Counts of what a run has written."""

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
    """Count the run's images and labels, and check that no image is missing or double.

    Args:
        image_listing: Every image, with ``selected``.
        features: Features of the backbone in use.
        quarantine: Images that are no usable ones.
        begun: Features made since then are this run's.

    Raises:
        CountError: If an image is neither in ``features`` nor in ``quarantine``,
            or in both, or twice.
    """
    chosen = image_listing.where("selected").select("image_key", "label")
    joined = chosen.join(
        features.select("image_key", "featurized_at"), "image_key", "left"
    ).join(quarantine.select("image_key", "reason"), "image_key", "left")
    new = F.col("featurized_at") >= F.lit(begun)
    (counted,) = joined.agg(
        F.countDistinct("image_key").alias("found"),
        F.count(F.when(new, 1)).alias("featurized"),
        F.count("reason").alias("quarantined"),
        F.count(F.when(~new, 1)).alias("unchanged"),
        F.size(F.collect_set("label")).alias("labels"),
    ).collect()
    images = {name: int(number) for name, number in counted.asDict().items()}
    rest = images["featurized"] + images["quarantined"] + images["unchanged"]
    if images["found"] != rest:
        message = (
            f"{images['found']:,} images found, but {images['featurized']:,} "
            f"featurized + {images['quarantined']:,} quarantined + "
            f"{images['unchanged']:,} unchanged: run the featurization pipeline"
        )
        raise CountError(message)
    return images


def count_expired(features: DataFrame, expired_images: DataFrame) -> int:
    """Count the images that have expired and whose features are kept.

    Args:
        features: Features of the backbone in use.
        expired_images: Images that are gone because of their age.
    """
    keys = expired_images.select("image_key")
    return features.join(F.broadcast(keys), "image_key", "left_semi").count()


def list_quarantine(
    image_listing: DataFrame, quarantine: DataFrame, most: int
) -> dict[str, Any]:
    """Count the reasons and list some of the quarantined images of the run.

    Args:
        image_listing: Every image, with ``selected``.
        quarantine: Images that are no usable ones.
        most: How many to list.
    """
    chosen = image_listing.where("selected").select("image_key")
    rows = quarantine.join(chosen, "image_key", "left_semi")
    example = F.min(F.struct("image_key", "detail")).alias("example")
    counted = rows.groupBy("reason").agg(F.count("*").alias("images"), example)
    found = sorted(counted.collect(), key=lambda row: -row["images"])
    listed = []
    if found and most:
        shown = rows.select("image_key", "label", "reason", "detail")
        listed = shown.orderBy("image_key").limit(most).collect()
    return {
        "quarantine_reasons": {row["reason"]: row["images"] for row in found},
        "quarantine_examples": {
            row["reason"]: row["example"].asDict() for row in found
        },
        "quarantined": [row.asDict() for row in listed],
    }
