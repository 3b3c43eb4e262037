"""One small picture a label, and of quarantined images, out of the packed files."""

from collections.abc import Iterable, Iterator

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fruit_features.backbone.thumbnail import make_thumbnail

# Labels that the contact sheet shows, and quarantined images beside it, at most.
CLASSES = 300
QUARANTINED = 24

SIDE = 96


def make_thumbnails(images: DataFrame, quarantine: DataFrame) -> pd.DataFrame:
    """Shrink one image of every label, and some of those in quarantine.

    Which images, and in which packed files they lie, is found out without touching
    their bytes; then only these files are read.

    Args:
        images: The packed images.
        quarantine: Those that are no usable ones.

    Returns:
        ``image_key``, ``label``, ``jpeg`` and ``quarantined``; images that nothing can
        be seen of are left out.
    """
    file = F.col("_metadata.file_path").alias("file")
    packed = images.where("reason is null").select("image_key", "label", file)
    bad = quarantine.select("image_key", F.lit(True).alias("quarantined"))
    marked = packed.join(F.broadcast(bad), "image_key", "left")
    # Files hold the labels mixed: the first of each lie in a file or two.
    place = F.min(F.struct("file", "image_key")).alias("place")
    classes = (
        marked.where("quarantined is null")
        .groupBy("label")
        .agg(place)
        .orderBy("label")
        .limit(CLASSES)
        .select("label", "place.*", F.lit(False).alias("quarantined"))
    )
    failed = (
        marked.where("quarantined")
        .orderBy("image_key")
        .limit(QUARANTINED)
        .select("label", "file", "image_key", "quarantined")
    )
    chosen = classes.union(failed).collect()
    if not chosen:
        return _no_rows()
    keys = [row["image_key"] for row in chosen]
    files = {row["file"] for row in chosen}
    found = (
        images.where(F.col("_metadata.file_path").isin(files))
        .where(F.col("image_key").isin(keys))
        .select("image_key", "label", "bytes")
        .mapInArrow(_shrink, "image_key string, label string, jpeg binary")
        .toPandas()
    )
    quarantined = {row["image_key"]: row["quarantined"] for row in chosen}
    found["quarantined"] = found["image_key"].map(quarantined).astype(bool)
    return found.sort_values(["label", "image_key"], ignore_index=True)


def _shrink(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    names = ["image_key", "label", "jpeg"]
    for batch in batches:
        small = [make_thumbnail(content.as_py(), SIDE) for content in batch.column(2)]
        columns = [batch.column(0), batch.column(1), pa.array(small, pa.binary())]
        made = pa.RecordBatch.from_arrays(columns, names)
        yield made.filter(made.column(2).is_valid())


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_key": pd.Series(dtype=str),
            "label": pd.Series(dtype=str),
            "jpeg": pd.Series(dtype=object),
            "quarantined": pd.Series(dtype=bool),
        }
    )
