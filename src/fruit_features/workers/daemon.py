"""Spark's daemon for Python workers, with the UDFs' libraries loaded beforehand.

``spark.python.daemon.module`` names it. It runs ``pyspark.daemon``, which forks the
workers: what is loaded here is loaded once and shared by all of them.
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
    """Let Python keep what it knows of zip files, which do not change meanwhile.

    A worker empties the caches of Python's importer at every task
    (``pyspark/worker.py``), and a zip file's cache is filled again at once: reading the
    directories of ``pyspark.zip`` and ``py4j.zip`` takes 0.2 to 0.3 s a task.
    """
    zipimport.zipimporter.invalidate_caches = (  # type: ignore[method-assign]
        lambda self: None
    )


if __name__ == "__main__":
    keep_archives_read()
    # Shared memory stays shared: the collector leaves it alone.
    gc.freeze()
    manager()  # type: ignore[no-untyped-call]
