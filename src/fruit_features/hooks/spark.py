"""Prepares Spark's settings, Java and Python without starting a session."""

import locale
import logging
import os
import shlex
import shutil
import socket
import sys
from pathlib import Path

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl

from fruit_features.hooks import preflight
from fruit_features.hooks.class_archive import archive_options
from fruit_features.hooks.java import (
    as_text,
    check_temporary_folders,
    crash_reports,
    find_java_home,
    java_options,
)
from fruit_features.storage.profile import hand_to_java

logger = logging.getLogger(__name__)

JAVA_OPTIONS = "spark.driver.extraJavaOptions"
# Null where Spark has its own access to S3.
S3A_KEYS = "spark.hadoop.fs.s3a.aws.credentials.provider"

# Variables of a cluster, its Spark or its settings; ignored in a run without one.
OF_CLUSTER = (
    "SPARK_HOME",
    "SPARK_CONF_DIR",
    "SPARK_DIST_CLASSPATH",
    "SPARK_REMOTE",
    "HADOOP_CONF_DIR",
    "YARN_CONF_DIR",
)


class SparkHooks:
    """Passes settings to ``SparkSession.builder.getOrCreate()``; starts no session.

    The first dataset that needs Spark starts it, in a run or a notebook.
    """

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Pass ``spark.yml`` to a later session by ``PYSPARK_SUBMIT_ARGS``."""
        self._settings = settings = context.config_loader["spark"]
        java_home = find_java_home()
        if java_home:
            os.environ["JAVA_HOME"] = java_home
        base = Path(context.config_loader.conf_source, "base")
        if str(settings["spark.master"]).startswith("local"):
            remote = preflight.data_folder(context) is None
            keep_to_this_machine(with_cluster=remote)
            options = _local_options(settings[JAVA_OPTIONS], base, java_home)
            settings = {**settings, JAVA_OPTIONS: " ".join(options)}
        else:
            # Spark reads this setting only if spark-submit starts Python.
            os.environ["PYSPARK_PYTHON"] = settings["spark.pyspark.python"]
            if "SPARK_HOME" not in os.environ:
                # A cluster's own Spark brings its settings.
                os.environ.setdefault("SPARK_CONF_DIR", str(base))
        if settings.get(S3A_KEYS):
            hand_to_java()
        arguments = [
            f"--conf={key}={as_text(value)}"
            for key, value in settings.items()
            if value is not None
        ]
        os.environ["PYSPARK_SUBMIT_ARGS"] = shlex.join([*arguments, "pyspark-shell"])
        os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
        if "AWS_REGION" in os.environ:
            # botocore reads only AWS_DEFAULT_REGION.
            os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
        if locale.getpreferredencoding(do_setlocale=False).upper() != "UTF-8" or (
            os.environ.get("LC_ALL") in ("C", "POSIX")
        ):
            # Otherwise Java replaces non-ASCII characters in paths by "?".
            os.environ["LC_ALL"] = "C.UTF-8"

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self) -> None:
        """Check Spark's temporary folders."""
        if str(self._settings["spark.master"]).startswith("local"):
            check_temporary_folders(self._settings)


def _local_options(options: str, base: Path, java_home: str | None) -> list[str]:
    """Configure Spark's logging by an option instead of SPARK_CONF_DIR.

    Java ignores the class archive if a folder with files is on the class path.
    """
    logging_file = Path(base, "log4j2.properties").absolute().as_uri()
    named = [*java_options(options), f"-Dlog4j2.configurationFile={logging_file}"]
    return [shlex.quote(option) for option in [*named, *archive_options(java_home)]]


def keep_to_this_machine(*, with_cluster: bool) -> None:
    """Unset, with a warning, variables that point a local Spark elsewhere.

    ``with_cluster`` keeps those of a cluster, for data on its storage.
    """
    # Spark's scripts start a small JVM first.
    os.environ.setdefault("SPARK_LAUNCHER_OPTS", crash_reports())
    # Workers must run this Python; Spark must listen on this machine only.
    wanted: dict[str, str | None] = {
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_HOSTNAME": None,
    }
    if not _is_own_address(os.environ.get("SPARK_LOCAL_IP")):
        wanted["SPARK_LOCAL_IP"] = "127.0.0.1"
    if not with_cluster:
        wanted.update(dict.fromkeys(OF_CLUSTER))
    ignored = []
    for name, value in wanted.items():
        given = os.environ.pop(name, None)
        if given and (value is None or value not in (given, shutil.which(given))):
            ignored.append(f"{name}={given}")
        if value:
            os.environ[name] = value
    if ignored:
        logger.warning(
            "ignored, since Spark runs on this machine alone, with pip's Spark, this "
            "Python and the settings of conf: %s",
            ", ".join(ignored),
        )


def _is_own_address(address: str | None) -> bool:
    try:
        socket.create_server((address, 0)).close()
    except (OSError, TypeError):
        return False
    return bool(address)
