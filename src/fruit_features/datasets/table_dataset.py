"""Parquet tables that grow by appends and lose what no longer holds."""

import uuid
from collections import defaultdict
from typing import Any
from urllib.parse import unquote, urlsplit

from kedro.io.core import DatasetError
from kedro_datasets._utils.spark_utils import get_spark, get_spark_filesystem
from kedro_datasets.spark import SparkDatasetV2
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


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
        self._fs = get_spark_filesystem(self._protocol, self._credentials)

    def _load(self) -> DataFrame:
        if not self._exists():
            message = f"no table at {self._path!r} yet; `kedro run` makes it"
            raise DatasetError(message)
        return super()._load()

    def _save(self, data: DataFrame) -> None:
        # An append of nothing would leave one more empty file at every run.
        if self._exists() and data.isEmpty():
            return
        super()._save(data)

    def _exists(self) -> bool:
        # An aborted first write leaves Spark's _temporary folder alone.
        if not self._fs.isdir(self._path):
            return False
        names = (path.rsplit("/", 1)[-1] for path in self._fs.ls(self._path, False))
        return any(not name.startswith(("_", ".")) for name in names)


class CurrentRowsDataset(TableDataset):
    """The rows of a table that still hold.

    Saving a frame of keys removes from the table every row whose key is not among
    them; loading gives what is left, an empty table before the first run. Only
    files with such rows are written anew.

    A file's new version is written aside, the old one deleted, then the new one
    moved in: killed in between, rows are missing, never double and never
    readable after they should be gone. What is missing, the next run makes again.

    Example for the catalog::

        known_features:
          type: fruit_features.datasets.table_dataset.CurrentRowsDataset
          filepath: data/04_feature/features
          schema: image_key string, features array<float>, backbone_id string
    """

    def _load(self) -> DataFrame:
        if self._exists():
            return super()._load()
        return get_spark().createDataFrame([], self._schema)

    def _save(self, data: DataFrame) -> None:
        for left in self._fs.glob(f"{self._path}/**/_kept-*"):
            self._fs.rm(left, recursive=True)  # Of a run that was killed.
        if not self._exists():
            return
        key = data.columns
        table = super()._load()
        stale = table.withColumn("file", F.col("_metadata.file_path"))
        stale = stale.select(*key, "file").join(data, key, "left_anti")
        folders: dict[str, list[str]] = defaultdict(list)
        for row in stale.select("file").distinct().collect():
            file = unquote(urlsplit(row.file).path)
            folders[file.rsplit("/", 1)[0]].append(file)
        for folder, files in folders.items():
            self._rewrite(folder, files, data)

    def _rewrite(self, folder: str, files: list[str], keys: DataFrame) -> None:
        aside = f"{folder}/_kept-{uuid.uuid4().hex}"
        rows = keys.sparkSession.read.parquet(*map(self._address, files))
        kept = rows.join(keys, keys.columns, "left_semi")
        # The last file stays, if without rows: it holds the columns.
        others = set(self._fs.glob(f"{folder}/*.parquet")) - set(files)
        empty = bool(others) and kept.isEmpty()
        if not empty:
            kept.coalesce(1).write.parquet(self._address(aside))
        for file in files:
            self._fs.rm_file(file)
            self._remove_checksum(file)
        if empty:
            return
        for file in self._fs.glob(f"{aside}/*.parquet"):
            self._fs.mv(file, f"{folder}/{file.rsplit('/', 1)[-1]}")
        self._fs.rm(aside, recursive=True)

    def _remove_checksum(self, file: str) -> None:
        # Hadoop keeps one beside every local file.
        parent, name = file.rsplit("/", 1)
        checksum = f"{parent}/.{name}.crc"
        if self._fs.exists(checksum):
            self._fs.rm_file(checksum)

    def _address(self, path: str) -> str:
        scheme = "file" if self._protocol in ("", "file") else self._protocol
        return f"{scheme}://{path}"
