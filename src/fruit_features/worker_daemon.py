"""Spark's daemon for Python workers, with the UDFs' libraries loaded beforehand.

Spark starts it by ``spark.python.daemon.module`` in place of ``pyspark.daemon``, which
it then runs: workers are forked from it, so what is loaded here is loaded once and
shared by all of them.

It also hides Spark's own zip files from Python's importer once they are loaded.
Spark empties the importer's caches at every task, and then the next import reads
the directory of ``pyspark.zip`` again: 0.2 to 0.4 s a task.
"""

import gc
import sys

import ai_edge_litert.interpreter  # noqa: F401
import pyarrow  # noqa: F401
import pyspark.sql.pandas.serializers
import pyspark.sql.pandas.types  # noqa: F401
from pyspark.daemon import manager

import fruit_features.pipelines.featurization.udf
import fruit_features.pipelines.ingestion.reading
import fruit_features.pipelines.reduction.fit  # noqa: F401


def hide_archives() -> None:
    """Take zip files off the import path; what they held is loaded by now."""
    sys.path[:] = [entry for entry in sys.path if not entry.endswith(".zip")]
    for entry in list(sys.path_importer_cache):
        if ".zip" in entry:
            del sys.path_importer_cache[entry]


if __name__ == "__main__":
    hide_archives()
    # Shared memory stays shared: the collector leaves it alone.
    gc.freeze()
    manager()  # type: ignore[no-untyped-call]
