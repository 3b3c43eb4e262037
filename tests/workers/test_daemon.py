import ast
from collections.abc import Iterator

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def _process() -> str:
    import os
    import sys
    import zipimport

    archive = next(entry for entry in sys.path if entry.endswith("pyspark.zip"))
    importer = zipimport.zipimporter(archive)
    known = importer._files
    importer.invalidate_caches()
    needless = ("tensorflow", "keras", "pyspark.ml", "scipy", "matplotlib", "boto3")
    heavy = [name for name in needless if name in sys.modules]
    loaded = [
        name
        for name in ("pandas", "pyarrow", "ai_edge_litert.interpreter")
        if name in sys.modules
    ]
    return repr((os.getppid(), known is importer._files, heavy, loaded))


def test_workers_come_from_one_daemon_that_has_loaded_all(spark: SparkSession) -> None:
    def in_arrow(batches: Iterator[object]) -> Iterator[object]:
        import pyarrow as pa

        for _ in batches:
            yield pa.RecordBatch.from_arrays([pa.array([_process()])], ["found"])

    @F.pandas_udf("string")  # type: ignore[call-overload]
    def in_pandas(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for batch in batches:
            yield pd.Series([_process()] * len(batch))

    numbers = spark.range(8).repartition(4)
    rows = numbers.mapInArrow(in_arrow, "found string").collect()
    rows += numbers.select(in_pandas("id").alias("found")).collect()
    found, *others = {row.found for row in rows}
    assert others == [], found
    _, archive_is_kept, heavy, loaded = ast.literal_eval(found)
    assert archive_is_kept
    assert heavy == []
    assert loaded == ["pandas", "pyarrow", "ai_edge_litert.interpreter"]
