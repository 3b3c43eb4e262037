"""``ReplacedTableDataset``: a Parquet table that every save writes anew."""

from typing import Any

import fsspec
from kedro.io.core import DatasetError
from kedro_datasets.spark import SparkDatasetV2
from pyspark.sql import DataFrame, SparkSession

from fruit_features.datasets.replacement import current_place, replacing
from fruit_features.datasets.table_preview import first_rows
from fruit_features.internals import TablePreview, spark_path


class ReplacedTableDataset(SparkDatasetV2):
    """A table of plain Parquet files whose readers keep the old until the new is there.

    Spark's own overwriting deletes the table first: a run that is killed would leave
    half of it, or none.

    Example for the catalog::

        reduced_features:
          type: fruit_features.datasets.replaced_table_dataset.ReplacedTableDataset
          filepath: data/07_model_output/reduced_features
          schema: image_key string, pca_features array<float>
    """

    def __init__(self, *, filepath: str, schema: str, **kwargs: Any) -> None:
        """Name the folder and the columns.

        Args:
            filepath: A folder, local or a URL such as ``s3://bucket/key``.
            schema: The columns in Spark's DDL.
            kwargs: As for ``SparkDatasetV2``.
        """
        kwargs["load_args"] = {**(kwargs.get("load_args") or {}), "schema": schema}
        super().__init__(filepath=filepath, file_format="parquet", **kwargs)
        self._fs = fsspec.filesystem(self._protocol, **self._credentials)

    def preview(self, nrows: int = 20) -> TablePreview:
        """Return the first rows for kedro-viz; starts no Spark session.

        It only looks, perhaps while a run writes: bringing to its end what a run
        has begun is for those who load.

        Args:
            nrows: How many rows at most.

        Raises:
            DatasetError: If there is no table.
        """
        if not self._fs.exists(f"{self._path}/_SUCCESS"):
            raise self._no_table()
        return first_rows(self._fs, self._path, nrows)

    def _load(self) -> DataFrame:
        if not self._exists():
            raise self._no_table()
        place = current_place(self._fs, self._path)
        reader = SparkSession.builder.getOrCreate().read.schema(self._schema)
        return reader.parquet(spark_path(self._protocol, place))

    def _save(self, data: DataFrame) -> None:
        with replacing(self._fs, self._path) as folder:
            address = spark_path(self._protocol, folder)
            data.write.parquet(address, mode="overwrite")

    def _no_table(self) -> DatasetError:
        return DatasetError(f"no table at {self._path!r} yet; `kedro run` makes it")

    def _exists(self) -> bool:
        # Spark writes this file last.
        place = current_place(self._fs, self._path)
        return bool(self._fs.exists(f"{place}/_SUCCESS"))
