"""Spark's daemon for Python workers, with the UDFs' libraries preloaded.

``spark.python.daemon.module`` names it. ``pyspark.daemon`` forks the workers, which
share what is loaded here.
"""

import gc
import zipimport

import ai_edge_litert.interpreter  # noqa: F401
import pyarrow  # noqa: F401
import pyspark.sql.pandas.serializers
import pyspark.sql.pandas.types  # noqa: F401
from pyspark.daemon import manager

import fruit_features.workers.reading
import fruit_features.workers.sums  # noqa: F401


def keep_archives_read() -> None:
    """Keep Python's cache of zip directories, which do not change during a run.

    A worker invalidates it at every task (``pyspark/worker.py``); reading the
    directories of ``pyspark.zip`` and ``py4j.zip`` again takes 0.2 to 0.3 s.
    """
    zipimport.zipimporter.invalidate_caches = (  # type: ignore[method-assign]
        lambda self: None
    )


if __name__ == "__main__":
    keep_archives_read()
    # Garbage collection would write to the memory that is shared.
    gc.freeze()
    manager()  # type: ignore[no-untyped-call]
