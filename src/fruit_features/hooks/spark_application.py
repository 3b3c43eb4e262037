"""Start, check and end of the Spark application."""

import contextlib
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from fruit_features.exceptions import ClusterError, FruitFeaturesError
from fruit_features.hooks import java
from fruit_features.internals import (
    active_context,
    hadoop_settings,
    jvm,
    kill_java,
    replace_launcher,
    start_java,
    stop_as_failed,
)

# Error texts of a worker that cannot start, and their meaning.
WORKER_FAULTS = {
    "Cannot run program": "is not there",
    "No module named": "lacks the project or what it needs",
    "PYTHON_VERSION_MISMATCH": "is of another version than the driver's",
    "Permission denied": "may not be run",
}

# Timeout for a run to end by itself after `end_at_once`.
GRACE_SECONDS = 20.0

# Logged by py4j, with a traceback, when Java exits.
SENDING = "Exception while sending command."

# Timeout for the error of the starting thread, which may be more specific.
START_SECONDS = 30.0

# Group of the job that only warms up the workers.
WARM_UP = "warm-up"

# The start in the background, and whether it has been abandoned.
_starting: "Future[None] | None" = None
_useless = threading.Event()


def start_in_background(master: str) -> None:
    """Start Spark and its workers' Python while this process still imports modules.

    Other callers of ``getOrCreate`` wait for this session and get its errors.
    """
    global _starting  # noqa: PLW0603
    # Also used if a dataset starts Spark, so that errors are the same.
    replace_launcher(_launch)
    # If Java exits during a call, the call raises: no need to log it too.
    logging.getLogger().addFilter(lambda record: record.msg != SENDING)
    pool = ThreadPoolExecutor(1, thread_name_prefix="spark-start")
    _starting = pool.submit(_start_local if master.startswith("local") else _start_yarn)


def _start_local() -> None:
    # The workers import their libraries while Java loads classes for the first queries.
    # A warm-up query for the latter would only compete for the cores.
    context = _session().sparkContext
    context.setJobGroup(WARM_UP, "start the workers' Python")
    context.parallelize([0], 1).map(abs).collect()


def _start_yarn() -> None:
    from pyspark import SparkContext

    _start_java()
    # Java loads S3's classes while YARN starts the application, and SQL's while an
    # executor starts its Python.
    for prepare in (_open_events, _session):
        threading.Thread(target=_try, args=[prepare]).start()
    _start_worker(SparkContext.getOrCreate())


def _try(prepare: Callable[[], Any]) -> None:
    # An error is raised again where the result is needed.
    with contextlib.suppress(Exception):
        prepare()


def _open_events() -> None:
    """Open the event log's file system ahead of Spark; Hadoop caches it."""
    from pyspark import SparkConf

    settings = SparkConf()
    folder = jvm().org.apache.hadoop.fs.Path(settings.get("spark.eventLog.dir"))
    folder.getFileSystem(hadoop_settings(settings))


def _session() -> Any:
    from pyspark.sql import SparkSession

    _start_java()
    return SparkSession.builder.getOrCreate()


def _launch(*args: Any, **kwargs: Any) -> Any:
    gateway = java.launch(active_context, *args, **kwargs)
    if not java.has_user_name():
        # Hadoop fails for a user without a name.
        users = gateway.jvm.org.apache.hadoop.security.UserGroupInformation
        users.setLoginUser(users.createRemoteUser(str(os.getuid())))
    return gateway


def _start_java() -> None:
    start_java()
    if _useless.is_set():
        kill_java()


def why_not_started(error: BaseException) -> str | None:
    """Return why Spark did not start, if that caused an error of py4j."""
    of_java = type(error).__module__.startswith("py4j.")
    if active_context() or not (of_java or isinstance(error, ConnectionError)):
        return None
    # The error of the first attempt is more specific: Java may have exited then.
    first = _starting.exception(START_SECONDS) if _starting else None
    if isinstance(first, FruitFeaturesError):
        return str(first)
    causes = re.findall(r"^(?:: |Caused by: )[\w.$]+: (.+)$", str(first or error), re.M)
    said = causes[-1] if causes else java.last_words()
    return java.not_started(said or str(first or error))


def end_application(*, failed: bool) -> None:
    """Stop Spark on YARN, with the run's final status.

    If the run failed, a start still in progress is aborted.
    """
    context = active_context()
    if failed and context is None and _starting:
        _break_off()
    if context is None or context.master != "yarn" or _useless.is_set():
        return
    if failed:
        stop_as_failed(context)
    context.stop()


def _break_off() -> None:
    # Hide the errors of the thread that waits for Java.
    logging.disable()
    _useless.set()
    kill_java()


def end_at_once(message: str, ended: threading.Event) -> None:
    """End a run from another thread.

    Kills Java and interrupts the main thread by SIGINT. If ``ended`` is not set within
    20 s, the process prints ``message`` and exits.
    """
    _break_off()
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    if not ended.wait(GRACE_SECONDS):
        print(f"Error: {message}", file=sys.stderr, flush=True)  # noqa: T201
        os._exit(1)


def cancel_jobs() -> None:
    """Cancel Spark's jobs, if any; ignore errors."""
    context = active_context()
    if not context or _useless.is_set():
        return
    with contextlib.suppress(Exception):
        if not hasattr(sys, "ps1"):
            # Hide the errors of cancelled jobs, unless the session is interactive.
            context.setLogLevel("OFF")
        context.cancelAllJobs()


def aside(*calls: Callable[[], Any]) -> None:
    """Make calls one after another in a new thread.

    After an interrupt, this thread's connection to Java may hold an unread answer that
    the next call would take for its own.
    """
    with ThreadPoolExecutor(1) as pool:
        for call in calls:
            pool.submit(call).result()


def check_workers() -> bool:
    """Start one worker's Python; return whether there is a session yet.

    Raises:
        ClusterError: If the worker cannot start.
        JavaError: If Spark has not started.
    """
    context = active_context()
    on_yarn = context is not None and context.master == "yarn"
    if _starting and (on_yarn or _starting.done()):
        _starting.result()
    elif on_yarn:
        _start_worker(context)
    return context is not None


def _start_worker(context: Any) -> None:
    from py4j.protocol import Py4JJavaError

    try:
        context.parallelize([0], 1).map(_load_project).collect()
    except Py4JJavaError as error:
        said = str(error.java_exception)
        faults = [what for sign, what in WORKER_FAULTS.items() if sign in said]
        if not faults:
            raise
        message = (
            f"the workers' Python {context.pythonExec} {faults[0]}: prepare every node "
            "with src/kedro_emr/bootstrap.sh, or name another Python by "
            "FRUIT_FEATURES_PYTHON"
        )
        raise ClusterError(message) from error


def _load_project(_: int) -> str:
    import fruit_features

    return fruit_features.__version__
