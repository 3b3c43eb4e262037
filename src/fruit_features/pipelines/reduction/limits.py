"""The longest features that a driver can fit principal components to."""

import math
import os
from pathlib import Path

from pyspark.sql import SparkSession

from fruit_features.exceptions import DimensionError
from fruit_features.workers.sums import parts_for_driver

# A matrix travels from worker to driver as one value, of 2 GB at most.
LARGEST_VALUE = 2**31 - 1

# Square matrices of 8-byte numbers that are held at once: by the driver's Python while
# LAPACK works (6.2 measured), and by Java's heap, where each part is there as it came,
# in its row, and on its way to Python.
PYTHON_MATRICES = 7
JAVA_MATRICES = 3

CGROUP_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")


def check_dimensions(spark: SparkSession, dimensions: int) -> None:
    """Refuse features that the driver cannot decompose the covariance of.

    Raises:
        DimensionError: With the limit and what sets it.
    """
    limits = _limits(spark)
    limit = min(limits, key=lambda name: limits[name])
    if dimensions > limits[limit]:
        message = (
            f"features of {dimensions:,} numbers: the driver can fit principal "
            f"components to {limits[limit]:,} at most, for {limit}; raise that, or "
            "choose a backbone with fewer features"
        )
        raise DimensionError(message)


def largest_dimension(spark: SparkSession) -> int:
    """Return how long features may be."""
    return min(_limits(spark).values())


def _limits(spark: SparkSession) -> dict[str, int]:
    context = spark.sparkContext
    jvm = context._jvm
    assert jvm is not None  # noqa: S101  Set as long as there is a session.
    parts = parts_for_driver(spark)
    said = context.getConf().get("spark.driver.maxResultSize", "1g")
    results = jvm.org.apache.spark.network.util.JavaUtils.byteStringAsBytes(said)
    heap = jvm.java.lang.Runtime.getRuntime().maxMemory()
    memory = memory_limit()
    matrix = {
        "the 2 GB that a value in Arrow may have": LARGEST_VALUE,
        f"spark.driver.maxResultSize={said}": results // parts or LARGEST_VALUE,
        f"spark.driver.memory ({heap / 2**30:.1f} GiB)": heap // parts // JAVA_MATRICES,
        f"its machine's memory ({memory / 2**30:.1f} GiB)": memory // PYTHON_MATRICES,
    }
    return {name: math.isqrt(size // 8) for name, size in matrix.items()}


def memory_limit() -> int:
    """Return the bytes of memory that this machine, or its container, has."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    files = (Path("/sys/fs/cgroup", name) for name in CGROUP_LIMITS)
    said = [file.read_text().strip() for file in files if file.is_file()]
    return min([physical, *(int(limit) for limit in said if limit.isdigit())])
