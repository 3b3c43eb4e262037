"""OmegaConf resolvers: what configuration may read from the environment."""

import math
import os
from pathlib import Path
from typing import Any

from fruit_features.exceptions import SettingError
from fruit_features.storage.profile import of_profile
from fruit_features.tables import SCHEMAS

# The only variables that configuration can read, so no secret gets into it.
SETTINGS = {
    "FRUIT_FEATURES_BUCKET": "the bucket everything lies in",
    "FRUIT_FEATURES_PREFIX": "where in the bucket",
    "FRUIT_FEATURES_OWNER": "who answers for a cluster: a tag of it",
    "FRUIT_FEATURES_SUBNET": "the private subnet that clusters are in",
    "FRUIT_FEATURES_SECURITY_GROUPS": "their security groups, three of them",
    "FRUIT_FEATURES_KEY_PAIR": "the key pair for ssh to a cluster",
    "FRUIT_FEATURES_SECURITY_CONFIGURATION": "EMR's security configuration of clusters",
    "FRUIT_FEATURES_KMS_KEY": "the ARN of the KMS key for a cluster's logs",
    "FRUIT_FEATURES_MASTER": "`local[*]`: Spark on this machine, without YARN",
    "FRUIT_FEATURES_QUEUE": "YARN's queue",
    "FRUIT_FEATURES_PYTHON": "the workers' Python, the same place on every node",
    "FRUIT_FEATURES_EXECUTORS": "executors at most",
    "FRUIT_FEATURES_EXECUTOR_CORES": "cores, and Python workers, of an executor",
    "FRUIT_FEATURES_EXECUTOR_MEMORY": "memory of an executor's Java",
    "FRUIT_FEATURES_EXECUTOR_OVERHEAD": "memory beside it, for the workers",
}

# Variables of Java, Spark, Hadoop and AWS that the code reads as well.
OTHER_VARIABLES = {
    "JAVA_HOME": "Java 8, 11 or 17; else the machine's, else the one of the packages",
    "JAVA_TOOL_OPTIONS": "options of every Java, which Spark's obeys; the like are "
    "`JDK_JAVA_OPTIONS`, `_JAVA_OPTIONS`, `SPARK_SUBMIT_OPTS`",
    "SPARK_HOME": "a cluster's own Spark; without it, and on local data, pip's",
    "SPARK_CONF_DIR": "its settings, likewise; pip's Spark gets `conf/base`",
    "SPARK_LOCAL_DIRS": "where a local Spark keeps temporary files; else `/tmp`",
    "SPARK_LOCAL_IP": "the address of a local Spark; `127.0.0.1` where it is not ours",
    "HADOOP_CONF_DIR": "where YARN is described; `--env emr` needs it",
    "YARN_CONF_DIR": "the same, and goes before it",
    "AWS_REGION": "the bucket's region",
    "AWS_DEFAULT_REGION": "the same, by its other name",
    "AWS_ENDPOINT_URL": "an S3 that is not Amazon's",
    "AWS_ENDPOINT_URL_S3": "the same, and goes before it",
    "AWS_PROFILE": "the profile of AWS's files that keys and region are taken from",
    "HOME": "the user's folder, where the system does not know the user",
    "KEDRO_LOGGING_CONFIG": "a file of logging; else the configuration's `logging.yml`",
    "LC_ALL": "`C` and `POSIX` become `C.UTF-8`: Java could not spell all names",
}


def setting(name: str, default: Any = None) -> Any:
    """Read one of ``SETTINGS``; raise ``SettingError`` if unknown or not set."""
    if name not in SETTINGS:
        known = ", ".join(SETTINGS)
        message = f"${{setting:{name}}}: no setting; there are: {known}"
        raise SettingError(message)
    value = os.environ.get(name) or default
    if value is None:
        message = f"{name} is not set: export {name}=<value>, see docs/emr.md"
        raise SettingError(message)
    return value


def schema(table: str) -> str:
    """Return the schema of a table as Spark DDL."""
    return SCHEMAS[table]


def product(*factors: str | int) -> int:
    """Multiply whole numbers."""
    return math.prod(int(factor) for factor in factors)


def cores() -> int:
    """Count the cores available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def on_yarn() -> bool:
    """Return whether Spark runs on YARN."""
    return bool(setting("FRUIT_FEATURES_MASTER", "yarn") == "yarn")


def own_spark(value: Any) -> Any:
    """Return the value for pip's Spark; null for a cluster's (``SPARK_HOME``)."""
    return None if os.environ.get("SPARK_HOME") else value


def packages(value: str) -> str | None:
    """Return the packages Spark needs for S3; null where a cluster has the jars."""
    settings = os.environ.get("SPARK_CONF_DIR")
    if settings and Path(settings, "spark-defaults.conf").is_file():
        return None
    return own_spark(value)


def s3_endpoint() -> str | None:
    """Return the custom S3 endpoint, from the environment or the AWS profile."""
    told = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return told or of_profile("endpoint_url")


def s3_region(default: str | None = None) -> str | None:
    """Return the region, from the environment or the AWS profile."""
    told = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return told or of_profile("region") or default


def s3_path_style() -> bool | None:
    """Return true for a custom endpoint: its buckets have no host names."""
    return True if s3_endpoint() else None


RESOLVERS = {
    function.__name__: function
    for function in (
        *(schema, setting, product, cores, on_yarn, own_spark, packages),
        *(s3_endpoint, s3_region, s3_path_style),
    )
}
