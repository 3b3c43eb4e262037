"""The only module that uses private API of Kedro, kedro-datasets, PySpark and fsspec.

Each function says why no public API serves; ``tests/test_internals.py`` tests each
against the installed versions. Heavy imports are lazy.
"""

import sys
from collections.abc import Callable
from typing import Any

from kedro_datasets._typing import TablePreview as TablePreview  # noqa: PLC0414


def read_params(context: Any, option: Any, text: str) -> dict[str, Any]:
    """Parse ``--params`` as ``kedro run`` does; Kedro's parser is private."""
    from kedro.framework.cli.utils import _split_params

    return dict(_split_params(context, option, text))


def runtime_params(context: Any) -> dict[str, Any]:
    """Return ``--params`` alone; ``context.params`` has them merged with the rest."""
    return context._runtime_params or {}


def open_conf(source: str) -> tuple[Any, str]:
    """Return file system and protocol of a configuration folder or archive.

    Only Kedro's loader knows which archives it accepts.
    """
    from kedro.config import OmegaConfigLoader

    return OmegaConfigLoader._initialise_filesystem_and_protocol(source)


def described(dataset: Any) -> dict[str, Any]:
    """Return a dataset's ``filepath`` etc.; only its ``str`` is public."""
    return dict(dataset._describe())


def spark_path(protocol: str, path: str) -> str:
    """Spell a path (without protocol) as kedro-datasets' Spark datasets do."""
    from kedro_datasets._utils.databricks_utils import to_spark_path

    return str(to_spark_path(protocol, path))


def bare_path(filesystem: Any, path: str) -> str:
    """Spell a path as a listing does; only the inverse is public in fsspec."""
    return str(filesystem._strip_protocol(path))


def active_context() -> Any:
    """Return the running Spark context or ``None``, without importing PySpark.

    ``SparkContext.getOrCreate`` would start one.
    """
    pyspark = sys.modules.get("pyspark")
    context = pyspark.SparkContext._active_spark_context if pyspark else None
    # A context that another thread is starting has no JVM object yet.
    return context if getattr(context, "_jsc", None) else None


def jvm(context: Any = None) -> Any:
    """Return py4j's view of the JVM, also without a context; PySpark's is private."""
    from pyspark import SparkContext

    return (context or SparkContext)._jvm


def as_java(context: Any, value: Any) -> Any:
    """Convert an MLlib vector or matrix to Java's; ``pyspark.ml`` does so privately."""
    from pyspark.ml.common import _py2java

    return _py2java(context, value)


def replace_launcher(launch: Callable[..., Any]) -> None:
    """Make PySpark start the JVM by ``launch``; there is no setting for it."""
    import pyspark.context

    pyspark.context.launch_gateway = launch  # type: ignore[attr-defined]


def start_java() -> None:
    """Start the JVM without Spark; public API starts both together."""
    from pyspark import SparkContext

    SparkContext._ensure_initialized()


def kill_java() -> None:
    """Kill the JVM that PySpark started, if any; its process is private."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is not None and hasattr(gateway, "proc"):
        gateway.proc.kill()


def stop_as_failed(context: Any) -> None:
    """Stop Spark with exit code 1; Python's ``stop`` takes no code."""
    context._jsc.sc().stop(1)


def hadoop_settings(settings: Any) -> Any:
    """Return the Hadoop configuration of a ``SparkConf`` before Spark has started."""
    return (
        jvm()
        .org.apache.spark.deploy.SparkHadoopUtil.get()
        .newConfiguration(settings._jconf)
    )


def most_rows(frame: Any) -> int | None:
    """Return the upper bound of a frame's rows by its plan, if known; runs no job.

    PySpark does not expose the plan.
    """
    rows = frame._jdf.queryExecution().optimizedPlan().maxRows()
    return int(rows.get()) if rows.isDefined() else None
