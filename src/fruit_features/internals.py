"""Private API of Kedro, kedro-datasets, PySpark and fsspec: all that the project uses.

No other module touches it. Each function says why no public API serves, and
``tests/test_internals.py`` tries each on the installed versions. What is heavy is
imported only where it is used.
"""

import sys
from collections.abc import Callable
from typing import Any

from kedro_datasets._typing import TablePreview as TablePreview  # noqa: PLC0414


def read_params(context: Any, option: Any, text: str) -> dict[str, Any]:
    """Read ``--params`` as ``kedro run`` does; Kedro exports no parser of it."""
    from kedro.framework.cli.utils import _split_params

    return dict(_split_params(context, option, text))


def runtime_params(context: Any) -> dict[str, Any]:
    """Return what ``--params`` gave; ``context.params`` has it merged with all else."""
    return context._runtime_params or {}


def open_conf(source: str) -> tuple[Any, str]:
    """Open a folder or an archive of configuration as Kedro's own loader does.

    Which archives Kedro takes is said nowhere else.

    Returns:
        The fsspec file system and its protocol.
    """
    from kedro.config import OmegaConfigLoader

    return OmegaConfigLoader._initialise_filesystem_and_protocol(source)


def described(dataset: Any) -> dict[str, Any]:
    """Return a dataset's ``filepath`` and such; public is only its text, ``str``."""
    return dict(dataset._describe())


def spark_path(protocol: str, path: str) -> str:
    """Spell a path as kedro-datasets' Spark datasets do; they export no such function.

    Args:
        protocol: As Kedro names it, such as ``file`` or ``s3``.
        path: Without protocol.
    """
    from kedro_datasets._utils.databricks_utils import to_spark_path

    return str(to_spark_path(protocol, path))


def bare_path(filesystem: Any, path: str) -> str:
    """Spell a path as a listing does; fsspec has only the inverse in public."""
    return str(filesystem._strip_protocol(path))


def active_context() -> Any:
    """Return Spark's context if one has started, else ``None``; import no Spark for it.

    ``SparkContext.getOrCreate`` would start one.
    """
    pyspark = sys.modules.get("pyspark")
    context = pyspark.SparkContext._active_spark_context if pyspark else None
    # A context that another thread is starting has no part in Java yet.
    return context if getattr(context, "_jsc", None) else None


def jvm(context: Any = None) -> Any:
    """Return py4j's view of Java's classes, which PySpark keeps to itself.

    Args:
        context: Spark's context; ``None`` while Java runs and Spark does not yet.
    """
    from pyspark import SparkContext

    return (context or SparkContext)._jvm


def as_java(context: Any, value: Any) -> Any:
    """Turn a vector or matrix of MLlib into Java's; ``pyspark.ml`` exports no way."""
    from pyspark.ml.common import _py2java

    return _py2java(context, value)


def replace_launcher(launch: Callable[..., Any]) -> None:
    """Let ``launch`` start Java wherever PySpark would; there is no setting for it."""
    import pyspark.context

    pyspark.context.launch_gateway = launch  # type: ignore[attr-defined]


def start_java() -> None:
    """Start Java without Spark; in public both start at once."""
    from pyspark import SparkContext

    SparkContext._ensure_initialized()


def kill_java() -> None:
    """Kill the Java that PySpark has started, if any; its process is not public."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is not None and hasattr(gateway, "proc"):
        gateway.proc.kill()


def stop_as_failed(context: Any) -> None:
    """Stop Spark with exit code 1, which Python's ``stop`` does not take."""
    context._jsc.sc().stop(1)


def hadoop_settings(settings: Any) -> Any:
    """Return the Hadoop configuration of a ``SparkConf`` before Spark has started."""
    return (
        jvm()
        .org.apache.spark.deploy.SparkHadoopUtil.get()
        .newConfiguration(settings._jconf)
    )


def most_rows(frame: Any) -> int | None:
    """Return how many rows the plan of a frame has at most, without a job.

    Python has no access to the plan. ``None``: the plan does not say.
    """
    rows = frame._jdf.queryExecution().optimizedPlan().maxRows()
    return int(rows.get()) if rows.isDefined() else None
