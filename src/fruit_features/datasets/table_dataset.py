"""Parquet tables: appended to, reduced to their current rows, or replaced."""

from functools import partial
from typing import Any

import fsspec
from kedro.io.core import DatasetError
from kedro_datasets.spark import SparkDatasetV2
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fruit_features.datasets.replacement import current_place, replacing
from fruit_features.datasets.table_files import (
    finish_rewrites,
    remove_empty_files,
    remove_file,
    rewrite_without,
    rows_of,
    table_files,
)
from fruit_features.datasets.table_preview import first_rows
from fruit_features.internals import TablePreview, most_rows, spark_path


class TableDataset(SparkDatasetV2):
    """A table of plain Parquet files that every save appends to.

    The schema is declared, not inferred: loading starts no Spark job, and a partition
    value such as ``001`` stays text.

    Example for the catalog::

        features:
          type: fruit_features.datasets.table_dataset.TableDataset
          filepath: data/04_feature/features
          schema: image_key string, features array<float>, backbone_id string
          save_args:
            partitionBy: backbone_id
    """

    def __init__(self, *, filepath: str, schema: str, **kwargs: Any) -> None:
        """Name the folder and its schema in Spark's DDL, partition columns included."""
        kwargs["load_args"] = {**(kwargs.get("load_args") or {}), "schema": schema}
        kwargs["save_args"] = {**(kwargs.get("save_args") or {}), "mode": "append"}
        super().__init__(filepath=filepath, file_format="parquet", **kwargs)
        self._fs = fsspec.filesystem(self._protocol, **self._credentials)

    def preview(self, nrows: int = 20) -> TablePreview:
        """Return the first rows for kedro-viz; starts no Spark session.

        Raises:
            DatasetError: If there is no table.
        """
        self._require(self._path)
        by = self._save_args.get("partitionBy") or []
        partitions = [by] if isinstance(by, str) else by
        return first_rows(self._fs, self._path, nrows, partitions)

    def _load(self) -> DataFrame:
        self._require(self._path)
        return super()._load()

    def _require(self, place: str) -> None:
        if not self._is_table(place):
            message = f"no table at {self._path!r} yet; `kedro run` makes it"
            raise DatasetError(message)

    def _save(self, data: DataFrame) -> None:
        before = set(self._files())
        if before and _has_no_rows(data):
            return  # A job that writes nothing takes half a second.
        super()._save(data)
        added = set(self._files()) - before
        # Appending nothing would leave one more empty file per run.
        if before and len(added) == 1 and not rows_of(self._fs, *added):
            remove_file(self._fs, *added)

    def _files(self) -> list[str]:
        # `find` sends several requests for a missing folder on S3.
        there = self._fs.isdir(self._path)
        return table_files(self._fs, self._path) if there else []

    def _exists(self) -> bool:
        return self._is_table(self._path)

    def _is_table(self, place: str) -> bool:
        # An aborted first write leaves only Spark's _temporary folder.
        if not self._fs.isdir(place):
            return False
        names = (path.rsplit("/", 1)[-1] for path in self._fs.ls(place, False))
        # On S3, an object that stands for the folder itself has an empty name.
        return any(name and not name.startswith(("_", ".")) for name in names)


class CurrentRowsDataset(TableDataset):
    """The rows of a table that are not outdated.

    Saving a frame of keys removes the rows of all other keys; loading gives the rest,
    an empty table before the first run. Spark's tasks rewrite only the files concerned,
    each atomically: after a killed save, the next one removes what is left.

    Example for the catalog::

        known_features:
          type: fruit_features.datasets.table_dataset.CurrentRowsDataset
          filepath: data/04_feature/features
          schema: image_key string, features array<float>, backbone_id string
    """

    def _load(self) -> DataFrame:
        if self._exists():
            return super()._load()
        # Workers would make a frame from a list; the optimizer knows this one to be
        # empty and drops it from joins.
        no_files: list[str] = []
        reader = SparkSession.builder.getOrCreate().read.schema(self._schema)
        return reader.format(self._file_format).load(no_files).limit(0)

    def _save(self, data: DataFrame) -> None:
        finish_rewrites(self._fs, self._path)
        if not self._exists():
            return
        # Cached, as the files that it is read from are replaced meanwhile.
        stale = self._stale_keys(data).cache()
        files = stale.select("file").distinct().count()
        if files:
            # With a number, as Spark would else merge small partitions into one task.
            by_file = stale.repartition(files, "file").groupBy("file")
            rewrite = partial(rewrite_without, self._fs)
            done = by_file.applyInPandas(rewrite, "file string, rows bigint").collect()
            empty = [row.file for row in done if not row.rows]
            remove_empty_files(self._fs, self._path, empty)
        stale.unpersist()

    def _stale_keys(self, keys: DataFrame) -> DataFrame:
        """Find the keys to remove, with their files; times as numbers."""
        table = super()._load().withColumn("file", F.col("_metadata.file_path"))
        stale = table.join(keys, keys.columns, "left_anti")
        types = dict(keys.dtypes)
        columns = [
            F.unix_micros(name).alias(name) if types[name] == "timestamp" else name
            for name in keys.columns
        ]
        return stale.select(*columns, "file")


class ReplacedTableDataset(TableDataset):
    """A table that every save replaces atomically.

    Spark's own overwrite deletes the table first: a killed run would leave part of it,
    or none. A preview restores nothing, as a run may be writing.

    Example for the catalog::

        reduced_features:
          type: fruit_features.datasets.table_dataset.ReplacedTableDataset
          filepath: data/07_model_output/reduced_features
          schema: image_key string, pca_features array<float>
    """

    def _load(self) -> DataFrame:
        place = current_place(self._fs, self._path)
        self._require(place)
        reader = SparkSession.builder.getOrCreate().read.schema(self._schema)
        return reader.parquet(spark_path(self._protocol, place))

    def _save(self, data: DataFrame) -> None:
        with replacing(self._fs, self._path) as folder:
            data.write.parquet(spark_path(self._protocol, folder), mode="overwrite")

    def _exists(self) -> bool:
        return self._is_table(current_place(self._fs, self._path))

    def _is_table(self, place: str) -> bool:
        # Spark writes this file last.
        return bool(self._fs.exists(f"{place}/_SUCCESS"))


def _has_no_rows(frame: DataFrame) -> bool:
    """Return, without a job, whether a frame is known to be empty: ``limit(0)``."""
    return most_rows(frame) == 0
