"""Nodes of the featurization pipeline."""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fruit_features.backbone.source import (
    bundled_backbone,
    export_from_source,
    source_key,
)
from fruit_features.backbone.spec import Backbone
from fruit_features.exceptions import NoFeaturesError
from fruit_features.pipelines.featurization.calibration import calibration_pictures
from fruit_features.pipelines.featurization.parameters import (
    BackboneParameters,
    FeaturizationParameters,
)
from fruit_features.tables import IDENTITY
from fruit_features.workers.progress import Progress, UpdateParam
from fruit_features.workers.udf import (
    Failures,
    extract_features_udf,
)

logger = logging.getLogger(__name__)


def prepare_backbone(
    exported_backbones: Callable[[], dict[str, Callable[[], Backbone]] | None],
    image_listing: pd.DataFrame,
    parameters: BackboneParameters,
) -> dict[str, Any]:
    """Return the bundled backbone, a stored export or a new one.

    Args:
        exported_backbones: Loads the stored exports by key.
        image_listing: Every image; a sample calibrates an 8-bit export.
        parameters: Weights, alpha, input size and precision.

    Returns:
        ``backbone``; ``exported``: a new export by its key, else empty.

    Raises:
        BackboneError: If the weights are missing or do not match the parameters.
    """
    in_bits = parameters.precision == "int8"
    if parameters.weights == "bundled" and not in_bits:
        return {"backbone": bundled_backbone(), "exported": {}}
    weights = parameters.weights, parameters.width, parameters.size
    key = source_key(*weights, parameters.precision)
    stored = (exported_backbones() or {}).get(key)
    if stored:
        logger.info("backbone %s: exported before, used again", key)
        return {"backbone": stored(), "exported": {}}
    pictures = calibration_pictures(image_listing, parameters.size) if in_bits else None
    backbone = export_from_source(*weights, pictures)
    return {"backbone": backbone, "exported": {key: backbone}}


def keep_current_rows(
    image_listing: DataFrame,
    expired_images: DataFrame,
    parameters: FeaturizationParameters,
) -> dict[str, DataFrame]:
    """Return the keys of the rows of ``features`` and ``quarantine`` to keep.

    Args:
        image_listing: Every image of the folder, selected or not.
        expired_images: Expired images; their features are kept.
        parameters: With ``retry_quarantined``, no row of ``quarantine`` is kept.

    Returns:
        The ``IDENTITY`` columns of unchanged images, by table.
    """
    keys = image_listing.select(*IDENTITY)
    quarantined = keys.limit(0) if parameters.retry_quarantined else keys
    expired = expired_images.select(*IDENTITY)
    return {"features": keys.union(expired), "quarantine": quarantined}


def featurize_images(
    image_listing: DataFrame,
    images: DataFrame,
    known_features: DataFrame,
    known_quarantine: DataFrame,
    backbone: Backbone,
    parameters: FeaturizationParameters,
) -> Iterator[dict[str, DataFrame]]:
    """Run the backbone on every selected image not yet done with it.

    Each task's features are written when it ends. Failures are collected in an
    accumulator and written after the part, so one pass over the images fills both
    tables.

    Args:
        image_listing: Every image, with ``selected``.
        images: Their bytes, packed.
        known_features: Features of earlier runs, of all backbones.
        known_quarantine: Failures of earlier runs.
        backbone: Broadcast to the workers.
        parameters: Uses ``max_pixels`` and ``checkpoint_images``.

    Yields:
        For each part of the images, new rows of ``features``, and of ``quarantine`` for
        the failures of the previous part.

    Raises:
        NoFeaturesError: If no image has features after everything was written.
    """
    known_here = known_features.where(F.col("backbone_id") == backbone.id)
    done = known_here.select(*IDENTITY).union(known_quarantine.select(*IDENTITY))
    packed = _packed(image_listing, images, done)
    parts = _parts(packed, parameters.checkpoint_images)
    if not parts:
        logger.info("nothing to featurize: every image is done with %s", backbone.id)
    context = images.sparkSession.sparkContext
    model = context.broadcast(backbone.model)
    reasons: Counter[str] = Counter()
    quarantine = none_failed = known_quarantine.limit(0)
    with Progress(context, sum(part.todo for part in parts), logger) as progress:
        for part in parts:
            failures = context.accumulator({}, UpdateParam())
            udf = extract_features_udf(
                backbone.id, model, parameters.max_pixels, failures, progress.counts
            )
            chosen = _chosen(images, packed, part)
            features = _features(chosen, udf, backbone)
            yield {"features": features, "quarantine": quarantine}
            # Resumed once the features are written: the accumulator is complete.
            failed = failures.value
            quarantine = _quarantine(chosen, failed) if failed else none_failed
            reasons.update(failure.reason for failure in failed.values())
    yield {"features": known_features.limit(0), "quarantine": quarantine}
    if None not in progress.counts.value and known_here.isEmpty():
        raise NoFeaturesError(_why_none(known_quarantine, reasons))


class _Part(NamedTuple):
    """Some packed files, their number of images, and how many of these are to do."""

    files: list[str]
    rows: int
    todo: int


def _packed(image_listing: DataFrame, images: DataFrame, done: DataFrame) -> DataFrame:
    """Return key and file of every packed image; ``todo`` where it is to be done."""
    selected = image_listing.where("selected").select(*IDENTITY)
    todo = selected.join(done, IDENTITY, "left_anti").withColumn("todo", F.lit(True))
    packed = images.select(*IDENTITY, F.col("_metadata.file_path").alias("file"))
    return packed.join(todo, IDENTITY, "left").select("image_key", "file", "todo")


def _parts(packed: DataFrame, size: int) -> list[_Part]:
    """Group the packed files so that each part has about ``size`` images to do."""
    # Few tasks, since each is short.
    few = packed.coalesce(packed.sparkSession.sparkContext.defaultParallelism)
    counts = few.groupBy("file").agg(F.count("*"), F.count("todo").alias("todo"))
    parts: list[_Part] = []
    for file, rows, todo in sorted(counts.where("todo > 0").collect()):
        last = parts[-1] if parts else None
        if last and last.todo + todo <= size:
            parts[-1] = _Part([*last.files, file], last.rows + rows, last.todo + todo)
        else:
            parts.append(_Part([file], rows, todo))
    return parts


def _chosen(images: DataFrame, packed: DataFrame, part: _Part) -> DataFrame:
    of_files = images.where(F.col("_metadata.file_path").isin(part.files))
    if part.todo == part.rows:
        return of_files
    keys = packed.where(F.col("file").isin(part.files) & F.col("todo"))
    # Collected: if an executor is lost, Spark would compute the keys again, and find
    # nothing to do once the features are written.
    held = images.sparkSession.createDataFrame(
        keys.select("image_key").toPandas(), "image_key string"
    )
    return of_files.join(F.broadcast(held), "image_key", "left_semi")


def _features(
    images: DataFrame, udf: Callable[..., Any], backbone: Backbone
) -> DataFrame:
    rows = images.select(
        *IDENTITY,
        "label",
        udf("image_key", "bytes", "reason", "detail").alias("features"),
        _now().alias("featurized_at"),
        F.lit(backbone.id).alias("backbone_id"),
    )
    # Not sorted: a task writes while its worker computes.
    return rows.where("features is not null")


def _quarantine(images: DataFrame, failures: Failures) -> DataFrame:
    rows = [(key, *failure) for key, failure in failures.items()]
    schema = "image_key string, reason string, detail string"
    failed = images.sparkSession.createDataFrame(rows, schema)
    known = images.select(*IDENTITY, "label")
    return known.join(F.broadcast(failed), "image_key").select(
        *IDENTITY, "label", "reason", "detail", _now().alias("quarantined_at")
    )


def _now() -> Column:
    return F.lit(dt.datetime.now(dt.timezone.utc))


def _why_none(known_quarantine: DataFrame, reasons: "Counter[str]") -> str:
    known = known_quarantine.groupBy("reason").count().collect()
    reasons = reasons + Counter({row["reason"]: row["count"] for row in known})
    listed = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
    return (
        f"not one image could be read ({listed}): no features, nothing to reduce; "
        "load `quarantine` from the catalog for the files and what is wrong with each"
    )
