"""Nodes of the ingestion pipeline."""

import datetime as dt
import hashlib
import logging
import math
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fruit_features.exceptions import ImageFolderError
from fruit_features.pipelines.featurization.parameters import FeaturizationParameters
from fruit_features.pipelines.ingestion.known import (
    Stored,
    StoredFiles,
    as_known,
    check_missing,
    known_images,
)
from fruit_features.pipelines.ingestion.parameters import IngestionParameters
from fruit_features.privacy.erasure_list import without_erased
from fruit_features.privacy.expired import gone_images
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.tables import COLUMNS, IDENTITY, SCHEMAS
from fruit_features.workers.progress import Progress
from fruit_features.workers.reading import reader

logger = logging.getLogger(__name__)

# Maximum size of a packed file; one task reads and packs it.
FILE_BYTES = 128 * 2**20


def list_images(
    raw_images: pd.DataFrame,
    stored_erasure_list: Callable[[], dict[str, Any] | None],
    stored_image_listing: Stored,
    stored_expired_images: Stored,
    stored_features: StoredFiles,
    parameters: IngestionParameters,
    retention: RetentionParameters,
) -> dict[str, pd.DataFrame]:
    """Select the images of this run, and list the expired ones.

    Args:
        raw_images: Every image of the folder.
        stored_erasure_list: Loads the list of erased images, if any.
        stored_image_listing: Loads the listing of the last run, if any.
        stored_expired_images: Loads the images that had expired by then.
        stored_features: Loads the loaders of the features' files, if any.
        parameters: Uses ``limit`` and ``accept_missing``.
        retention: Uses ``images_days``.

    Returns:
        ``listing``: images that are not erased, with ``selected``; ``expired``: missing
        images older than ``images_days``.

    Raises:
        ImageFolderError: If every image was erased, the images of earlier runs lie in
            another folder, or too many of them are missing.
    """
    erased = stored_erasure_list()
    known = known_images(
        raw_images, stored_image_listing(), stored_expired_images(), stored_features
    )
    found = as_known(raw_images, known)
    images = without_erased(found, erased)
    if images.empty:
        message = f"all {len(raw_images):,} images were erased: nothing is left to do"
        raise ImageFolderError(message)
    oldest = retention.limits(dt.datetime.now(dt.timezone.utc)).get("images")
    expired, deleted = (
        without_erased(gone, erased) for gone in gone_images(found, known, oldest)
    )
    if not parameters.accept_missing:
        check_missing(found, known, expired, deleted, stored_features)
    if not deleted.empty:
        said = f"{len(deleted):,}", deleted["image_key"].iloc[0]
        logger.warning("%s images are gone, such as %r: their rows go as well", *said)
    listing = select_images(images, parameters.limit)
    taken = listing["selected"].sum()
    logger.info("%s images, %s taken", f"{len(listing):,}", f"{taken:,}")
    return {"listing": listing, "expired": expired}


def select_images(images: pd.DataFrame, limit: int | None) -> pd.DataFrame:
    """Mark some images as ``selected``.

    Stratified by label and deterministic: a larger limit selects a superset.

    Args:
        images: Every image.
        limit: The number to select; ``None`` for all.
    """
    order = _share_of_label(images).sort_values(kind="stable").index
    return images.assign(selected=images.index.isin(order[: limit or len(images)]))


def _share_of_label(images: pd.DataFrame) -> "pd.Series[float]":
    """Return each image's relative rank, 0 to 1, in its label, ordered by hash."""
    digests = [
        hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
        for key in images["image_key"]
    ]
    order = images.assign(digest=digests).sort_values("digest")
    label = order.groupby("label")["digest"]
    return (label.cumcount() + 0.5) / label.transform("size")


def keep_current_rows(
    image_listing: DataFrame,
    stored_images: Callable[[], DataFrame | None],
    featurization: FeaturizationParameters,
) -> DataFrame:
    """Return the keys of the rows of ``images`` to keep: those of unchanged images.

    Args:
        image_listing: Every image of the folder, selected or not.
        stored_images: Loads the packed images of earlier runs, if any.
        featurization: With ``retry_quarantined``, rows with a ``reason`` are not kept.

    Returns:
        The ``IDENTITY`` columns of these images.
    """
    keys = image_listing.select(*IDENTITY)
    stored = stored_images() if featurization.retry_quarantined else None
    if stored is None:
        return keys
    unread = stored.where("reason is not null").select(*IDENTITY)
    return keys.join(unread, IDENTITY, "left_anti")


def read_images(
    image_listing: DataFrame,
    known_images: DataFrame,
    parameters: IngestionParameters,
    featurization: FeaturizationParameters,
) -> Iterator[DataFrame]:
    """Read the images that no earlier run has read, and strip their metadata.

    Args:
        image_listing: Every image, with ``selected``.
        known_images: Unchanged images of earlier runs.
        parameters: Uses ``max_bytes`` and the numbers of images a file.
        featurization: Uses ``max_pixels``, for files that must be decoded to be packed.

    Yields:
        New rows, once: the listing's columns with ``bytes``, or with ``reason`` and
        ``detail`` where a file cannot be used.
    """
    chosen = image_listing.where("selected").drop("selected")
    new = chosen.join(known_images.select(*IDENTITY), IDENTITY, "left_anti")
    ((count, size),) = new.agg(F.count("*"), F.sum("length")).collect()
    context = image_listing.sparkSession.sparkContext
    partitions = _files(count, size or 0, parameters, context.defaultParallelism)
    listed = new.select(*COLUMNS).repartition(partitions)
    with Progress(context, count, logger) as progress:
        read = reader(parameters.max_bytes, featurization.max_pixels, progress.counts)
        yield listed.mapInArrow(read, SCHEMAS["images"])


def _files(count: int, size: int, parameters: IngestionParameters, cores: int) -> int:
    """Return the number of files to pack images into, the same for each core."""
    needed = max(count / parameters.images_per_file, size / FILE_BYTES)
    if needed > cores:
        return math.ceil(needed / cores) * cores
    worthwhile = count // parameters.fewest_images_per_file
    return max(math.ceil(needed), min(cores, worthwhile), 1)
