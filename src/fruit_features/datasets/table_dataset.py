"""Parquet tables that grow by appends and lose what no longer holds."""

import json
import uuid
from collections import defaultdict
from typing import Any
from urllib.parse import unquote, urlsplit

import fsspec
from kedro.io.core import DatasetError
from kedro_datasets.spark import SparkDatasetV2
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fruit_features.datasets.table_files import (
    REPLACED,
    finish_rewrite,
    remove_file,
    rows_of,
)
from fruit_features.datasets.table_preview import first_rows
from fruit_features.internals import TablePreview, most_rows, spark_path


class TableDataset(SparkDatasetV2):
    """A table of plain Parquet files that every save adds rows to.

    The schema is declared, not read from the files: loading starts no Spark job,
    and a partition's value such as ``001`` stays text.

    Example for the catalog::

        features:
          type: fruit_features.datasets.table_dataset.TableDataset
          filepath: data/04_feature/features
          schema: image_key string, features array<float>, backbone_id string
          save_args:
            partitionBy: backbone_id
    """

    def __init__(self, *, filepath: str, schema: str, **kwargs: Any) -> None:
        """Name the folder and the columns.

        Args:
            filepath: A folder, local or a URL such as ``s3://bucket/key``.
            schema: The columns in Spark's DDL, a partition's columns included.
            kwargs: As for ``SparkDatasetV2``.
        """
        kwargs["load_args"] = {**(kwargs.get("load_args") or {}), "schema": schema}
        kwargs["save_args"] = {**(kwargs.get("save_args") or {}), "mode": "append"}
        super().__init__(filepath=filepath, file_format="parquet", **kwargs)
        self._fs = fsspec.filesystem(self._protocol, **self._credentials)

    def preview(self, nrows: int = 20) -> TablePreview:
        """Return the first rows for kedro-viz; starts no Spark session.

        Args:
            nrows: How many rows at most.

        Raises:
            DatasetError: If there is no table.
        """
        self._require()
        by = self._save_args.get("partitionBy") or []
        partitions = [by] if isinstance(by, str) else by
        return first_rows(self._fs, self._path, nrows, partitions)

    def _load(self) -> DataFrame:
        self._require()
        return super()._load()

    def _require(self) -> None:
        if not self._exists():
            message = f"no table at {self._path!r} yet; `kedro run` makes it"
            raise DatasetError(message)

    def _save(self, data: DataFrame) -> None:
        before = set(self._files())
        if before and _has_no_rows(data):
            return  # A job that writes nothing takes half a second.
        super()._save(data)
        added = set(self._files()) - before
        # An append of nothing leaves one more empty file at every run.
        if before and len(added) == 1 and not rows_of(self._fs, *added):
            remove_file(self._fs, *added)

    def _files(self) -> list[str]:
        return self._named("*.parquet")

    def _named(self, pattern: str) -> list[str]:
        # S3 is asked once if there is no folder, thrice by a pattern.
        if not self._fs.isdir(self._path):
            return []
        return list(self._fs.glob(f"{self._path}/**/{pattern}"))

    def _exists(self) -> bool:
        # An aborted first write leaves Spark's _temporary folder alone.
        if not self._fs.isdir(self._path):
            return False
        names = (path.rsplit("/", 1)[-1] for path in self._fs.ls(self._path, False))
        # The name is empty of an object on S3 that stands for the folder itself.
        return any(name and not name.startswith(("_", ".")) for name in names)


class CurrentRowsDataset(TableDataset):
    """The rows of a table that still hold.

    Saving a frame of keys removes from the table every row whose key is not among
    them; loading gives what is left, an empty table before the first run. Only
    files with such rows are written anew.

    Files' new versions are written aside, with a list of the old ones; then the old
    ones are deleted and the new ones moved in. Killed in between, rows are missing,
    never double and never readable after they should be gone, and the next save
    goes on from the list.

    Example for the catalog::

        known_features:
          type: fruit_features.datasets.table_dataset.CurrentRowsDataset
          filepath: data/04_feature/features
          schema: image_key string, features array<float>, backbone_id string
    """

    def _load(self) -> DataFrame:
        if self._exists():
            return super()._load()
        # From a list, a frame without rows would be made by workers; this one the
        # optimizer knows to be empty, and leaves out of every join.
        no_files: list[str] = []
        reader = SparkSession.builder.getOrCreate().read.schema(self._schema)
        return reader.format(self._file_format).load(no_files).limit(0)

    def _save(self, data: DataFrame) -> None:
        for aside in self._named("_kept-*"):
            finish_rewrite(self._fs, aside)  # Of a run that was killed.
        if not self._exists():
            return
        keys = data.cache()
        for folder, files in self._with_stale_rows(keys).items():
            self._rewrite(folder, files, keys)
        keys.unpersist()

    def _with_stale_rows(self, keys: DataFrame) -> dict[str, list[str]]:
        """Find the files that hold rows whose key is not given, by folder."""
        table = super()._load().withColumn("file", F.col("_metadata.file_path"))
        stale = table.select(*keys.columns, "file").join(
            keys, keys.columns, "left_anti"
        )
        folders: dict[str, list[str]] = defaultdict(list)
        for row in stale.select("file").distinct().collect():
            file = self._bare(row.file)
            folders[file.rsplit("/", 1)[0]].append(file)
        return folders

    def _rewrite(self, folder: str, files: list[str], keys: DataFrame) -> None:
        aside = f"{folder}/_kept-{uuid.uuid4().hex}"
        rows = keys.sparkSession.read.parquet(*map(self._address, files))
        kept = rows.join(keys, keys.columns, "left_semi")
        # As the table is written, but for how it is partitioned: this is one partition.
        written = {**self._save_args, "mode": "errorifexists", "partitionBy": None}
        kept.coalesce(1).write.save(self._address(aside), "parquet", **written)
        replaced = [file.rsplit("/", 1)[-1] for file in files]
        with self._fs.open(f"{aside}/{REPLACED}", "w") as listed:
            json.dump(replaced, listed)
        finish_rewrite(self._fs, aside)

    def _address(self, path: str) -> str:
        return spark_path(self._protocol, path)

    def _bare(self, address: str) -> str:
        """Return the path in an address as Spark spells it: escaped."""
        parts = urlsplit(address)
        return unquote(parts.netloc + parts.path)


def _has_no_rows(frame: DataFrame) -> bool:
    """Tell, without a job, a frame that can have no rows, such as ``limit(0)``."""
    return most_rows(frame) == 0
