"""Thumbnails of one image a label and of quarantined images."""

from collections.abc import Iterable, Iterator

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from fruit_features.backbone.thumbnail import make_thumbnail

# Maximum numbers of labels and of quarantined images that the page shows.
CLASSES = 300
QUARANTINED = 24

SIDE = 96


def shrink_images(images: DataFrame, quarantine: DataFrame) -> pd.DataFrame:
    """Make thumbnails of one image a label and of some quarantined images.

    Images and their packed files are chosen without reading bytes; then only these
    files are read.

    Returns:
        ``image_key``, ``label``, ``jpeg`` and ``quarantined``; images that cannot be
        shown are left out.
    """
    bad = quarantine.select("image_key").orderBy("image_key").limit(QUARANTINED)
    shown = [row["image_key"] for row in bad.collect()]
    chosen = _choose(images, quarantine, shown)
    found = (
        images.where(F.col("_metadata.file_path").isin({row["file"] for row in chosen}))
        .where(F.col("image_key").isin([row["image_key"] for row in chosen]))
        .select("image_key", "label", "bytes")
        .mapInArrow(_shrink, "image_key string, label string, jpeg binary")
        .toPandas()
    )
    found["quarantined"] = found["image_key"].isin(shown)
    return found.sort_values(["label", "image_key"], ignore_index=True)


def _choose(images: DataFrame, quarantine: DataFrame, shown: list[str]) -> list[Row]:
    """Return key and file of one image a label and of the quarantined images."""
    file = F.col("_metadata.file_path").alias("file")
    # Truncated or damaged images are packed as a thumbnail, if they have one.
    usable = F.col("reason").isNull() | F.col("reason").isin("truncated", "damaged")
    packed = images.where(usable).select("image_key", "label", file)
    bad = quarantine.where(~F.col("image_key").isin(shown)).select("image_key")
    rows = packed.join(F.broadcast(bad), "image_key", "left_anti")
    of_quarantine = F.when(F.col("image_key").isin(shown), F.col("image_key"))
    # Files hold all labels mixed: the minimum of each label lies in the first files.
    place = F.min(F.struct("file", "image_key")).alias("place")
    found = rows.groupBy("label", of_quarantine.alias("quarantined")).agg(place)
    ordered = found.orderBy("quarantined", "label", ascending=[False, True])
    return ordered.limit(QUARANTINED + CLASSES).select("place.*").collect()


def _shrink(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        key, label, contents = batch.columns
        small = [make_thumbnail(content.as_py() or b"", SIDE) for content in contents]
        columns = {"image_key": key, "label": label, "jpeg": pa.array(small, "binary")}
        made = pa.RecordBatch.from_pydict(columns)
        yield made.filter(made.column("jpeg").is_valid())
