"""Which BLAS and LAPACK do the sums."""

from typing import Any

import numpy as np
from pyspark.sql import SparkSession


def numpy_libraries() -> dict[str, str]:
    """Name the libraries that numpy multiplies and decomposes matrices with.

    Returns:
        ``blas`` and ``lapack``, with version; on workers it is the same, since all
        run the same numpy.
    """
    config: Any = np.show_config(mode="dicts")  # type: ignore[call-arg,func-returns-value]
    found = config["Build Dependencies"]
    return {
        kind: f"{found[kind]['name']} {found[kind].get('version', '')}".strip()
        for kind in ("blas", "lapack")
    }


def mllib_library(spark: SparkSession) -> str:
    """Name what MLlib multiplies with: the machine's own library, or plain Java.

    Returns:
        The class of netlib's that is in use: ``JNIBLAS`` calls the machine's.
    """
    linalg = spark.sparkContext._jvm.org.apache.spark.ml.linalg  # type: ignore[union-attr]
    blas = getattr(getattr(linalg, "BLAS$"), "MODULE$")
    return str(blas.nativeBLAS().getClass().getSimpleName())
