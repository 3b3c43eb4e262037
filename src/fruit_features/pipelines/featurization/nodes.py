"""Nodes of the featurization pipeline."""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from fruit_features.backbone.source import (
    bundled_backbone,
    export_from_source,
    source_key,
)
from fruit_features.backbone.spec import Backbone
from fruit_features.datasets.image_folder_dataset import IDENTITY
from fruit_features.exceptions import NoFeaturesError
from fruit_features.pipelines.featurization.parameters import (
    BackboneParameters,
    FeaturizationParameters,
)
from fruit_features.pipelines.featurization.udf import extract_features_udf

logger = logging.getLogger(__name__)


def prepare_backbone(
    exported_backbones: Callable[[], dict[str, Callable[[], Backbone]] | None],
    parameters: BackboneParameters,
) -> dict[str, Any]:
    """Take the backbone of the package, or export one that is not exported yet.

    Args:
        exported_backbones: The exports so far, by key; read only if needed.
        parameters: Which backbone.

    Returns:
        ``backbone``, and in ``exported`` the same by its key, to be used again;
        the package's own needs no export.
    """
    if parameters.weights == "bundled":
        return {"backbone": bundled_backbone(), "exported": {}}
    weights = parameters.weights, parameters.width, parameters.size
    key = source_key(*weights)
    stored = (exported_backbones() or {}).get(key)
    if stored:
        logger.info("backbone %s: exported before, used again", key)
        return {"backbone": stored(), "exported": {}}
    backbone = export_from_source(*weights)
    return {"backbone": backbone, "exported": {key: backbone}}


def keep_current_rows(image_listing: DataFrame) -> dict[str, DataFrame]:
    """Say which features and quarantined images still hold.

    Args:
        image_listing: Every image of the folder, taken by this run or not.

    Returns:
        The columns that tell an unchanged image, for both tables.
    """
    keys = image_listing.select(*IDENTITY)
    return {"features": keys, "quarantine": keys}


def featurize_images(
    image_listing: DataFrame,
    images: DataFrame,
    known_features: DataFrame,
    known_quarantine: DataFrame,
    backbone: Backbone,
    parameters: FeaturizationParameters,
) -> Iterator[dict[str, DataFrame]]:
    """Run the backbone on every image that no earlier run has done with it.

    Works through ``images`` some files at a time; each part is written before the
    next is begun, so that a run that is stopped can go on.

    Args:
        image_listing: Every image, with ``selected``.
        images: Their bytes.
        known_features: Features that are done, of any backbone.
        known_quarantine: Images that are known to be no usable ones.
        backbone: Broadcast to the workers.
        parameters: Uses ``max_pixels`` and ``checkpoint_images``.

    Yields:
        New rows for ``features`` and for ``quarantine``, a part at a time.

    Raises:
        NoFeaturesError: If, after all was written, not one image has features.
    """
    known_here = known_features.where(F.col("backbone_id") == backbone.id)
    done = known_here.select(*IDENTITY).union(known_quarantine.select(*IDENTITY))
    todo = _images_to_do(image_listing, images, done).cache()
    parts = _parts(todo, parameters.checkpoint_images)
    progress = _Progress(sum(count for _, count in parts))
    if not parts:
        logger.info("nothing to featurize: every image is done with %s", backbone.id)
        # Tables must be there even if no run ever had a row for them.
        parts = [([], 0)]
    model = images.sparkSession.sparkContext.broadcast(backbone.model)
    udf = extract_features_udf(backbone.id, model, parameters.max_pixels)
    for files, _ in parts:
        chosen = images.where(F.col("_metadata.file_path").isin(files))
        keys = todo.where(F.col("file").isin(files)).select("image_key")
        chosen = chosen.join(F.broadcast(keys), "image_key", "left_semi")
        result = _with_result(chosen, udf, backbone).cache()
        try:
            # The frame is cached: two tables are written, inference runs once.
            yield {"features": _features(result), "quarantine": _quarantine(result)}
            progress.log(result)
        finally:
            # A later run in this session must not find it.
            result.unpersist()
    todo.unpersist()
    if not progress.featurized and known_here.isEmpty():
        raise NoFeaturesError(_why_none(known_quarantine, progress))


def _images_to_do(
    image_listing: DataFrame, images: DataFrame, done: DataFrame
) -> DataFrame:
    """Return key and packed file of the selected images that are not done."""
    packed = images.select(*IDENTITY, F.col("_metadata.file_path").alias("file"))
    selected = image_listing.where("selected").select(*IDENTITY)
    todo = packed.join(selected, IDENTITY, "left_semi").join(
        done, IDENTITY, "left_anti"
    )
    return todo.select("image_key", "file")


def _parts(todo: DataFrame, size: int) -> list[tuple[list[str], int]]:
    """Group the packed files so that each group has some ``size`` images to do."""
    parts: list[tuple[list[str], int]] = []
    counts = todo.groupBy("file").count().orderBy("file").collect()
    for file, count in ((row["file"], row["count"]) for row in counts):
        if parts and parts[-1][1] + count <= size:
            files, before = parts[-1]
            parts[-1] = ([*files, file], before + count)
        else:
            parts.append(([file], count))
    return parts


def _with_result(
    images: DataFrame, udf: Callable[..., Any], backbone: Backbone
) -> DataFrame:
    # What ingestion could not read has its reason already.
    result = images.withColumn("result", udf("bytes"))
    return result.select(
        *IDENTITY,
        "label",
        F.col("result.features").alias("features"),
        F.coalesce("reason", "result.reason").alias("reason"),
        F.coalesce("detail", "result.detail").alias("detail"),
        F.lit(backbone.id).alias("backbone_id"),
        F.lit(dt.datetime.now(dt.timezone.utc)).alias("at"),
    )


def _features(result: DataFrame) -> DataFrame:
    rows = result.where("features is not null").withColumnRenamed("at", "featurized_at")
    # Sorted, a reader of one label skips the others' row groups.
    return rows.drop("reason", "detail").sortWithinPartitions("label", "image_key")


def _quarantine(result: DataFrame) -> DataFrame:
    rows = result.where("features is null").withColumnRenamed("at", "quarantined_at")
    return rows.drop("features", "backbone_id").coalesce(1)


def _why_none(known_quarantine: DataFrame, progress: "_Progress") -> str:
    reasons = {**progress.reasons}
    for row in known_quarantine.groupBy("reason").count().collect():
        reasons[row["reason"]] = reasons.get(row["reason"], 0) + row["count"]
    listed = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
    return (
        f"not one image could be read ({listed}): no features, nothing to reduce; "
        "load `quarantine` from the catalog for the files and what is wrong with each"
    )


class _Progress:
    """Counts what is written and logs how long the rest will take."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._started = time.monotonic()
        self.featurized = 0
        self.reasons: dict[str, int] = {}

    def log(self, result: DataFrame) -> None:
        """Count a part that was written; it is still cached."""
        rows: list[Row] = result.groupBy("reason").count().collect()
        for reason, count in ((row["reason"], row["count"]) for row in rows):
            if reason is None:
                self.featurized += count
            else:
                self.reasons[reason] = self.reasons.get(reason, 0) + count
        quarantined = sum(self.reasons.values())
        done = self.featurized + quarantined
        if not done:
            return
        rate = done / (time.monotonic() - self._started)
        logger.info(
            "%s of %s images, %.0f images/s, %.0f s left, %s quarantined",
            f"{done:,}",
            f"{self._total:,}",
            rate,
            (self._total - done) / rate,
            f"{quarantined:,}",
        )
