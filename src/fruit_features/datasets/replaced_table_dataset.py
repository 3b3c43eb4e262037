"""``ReplacedTableDataset``: a Parquet table that every save writes anew."""

from typing import Any

from kedro.io.core import DatasetError
from kedro_datasets._utils.databricks_utils import to_spark_path
from kedro_datasets._utils.spark_utils import get_spark, get_spark_filesystem
from kedro_datasets.spark import SparkDatasetV2
from pyspark.sql import DataFrame

from fruit_features.datasets.replacement import current_place, replacing


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
        self._fs = get_spark_filesystem(self._protocol, self._credentials)

    def _load(self) -> DataFrame:
        if not self._exists():
            message = f"no table at {self._path!r} yet; `kedro run` makes it"
            raise DatasetError(message)
        place = current_place(self._fs, self._path)
        reader = get_spark().read.schema(self._schema)
        return reader.parquet(to_spark_path(self._protocol, place))

    def _save(self, data: DataFrame) -> None:
        with replacing(self._fs, self._path) as folder:
            address = to_spark_path(self._protocol, folder)
            data.write.parquet(address, mode="overwrite")

    def _exists(self) -> bool:
        # Spark writes this file last.
        place = current_place(self._fs, self._path)
        return bool(self._fs.exists(f"{place}/_SUCCESS"))
