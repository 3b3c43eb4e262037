"""What configuration may ask of the environment: a setting, Spark's place, S3's."""

import math
import os
from pathlib import Path
from typing import Any

from fruit_features.exceptions import SettingError

# Nothing else of the environment, and so no key, gets into a configuration.
PREFIX = "FRUIT_FEATURES_"


def setting(name: str, default: Any = None) -> Any:
    """Read a variable of this project's.

    Args:
        name: Begins with ``FRUIT_FEATURES_``.
        default: What holds where it is not set.

    Raises:
        SettingError: If it is not set and has no default.
    """
    if not name.startswith(PREFIX):
        message = f"${{setting:{name}}}: only names that begin with {PREFIX} are read"
        raise SettingError(message)
    value = os.environ.get(name) or default
    if value is None:
        message = f"{name} is not set: export {name}=<value>, see docs/emr.md"
        raise SettingError(message)
    return value


def product(*factors: str | int) -> int:
    """Multiply whole numbers."""
    return math.prod(int(factor) for factor in factors)


def on_yarn() -> bool:
    """Tell whether Spark is to run on YARN."""
    return bool(setting("FRUIT_FEATURES_MASTER", "yarn") == "yarn")


def own_spark(value: Any) -> Any:
    """Return a value for pip's Spark, null for a cluster's own (``SPARK_HOME``)."""
    return None if os.environ.get("SPARK_HOME") else value


def packages(value: str) -> str | None:
    """Return what Spark is to fetch for S3; null where a cluster has the jars."""
    settings = os.environ.get("SPARK_CONF_DIR")
    if settings and Path(settings, "spark-defaults.conf").is_file():
        return None
    return own_spark(value)


def s3_endpoint() -> str | None:
    """Return the address of an S3 that is not Amazon's, as AWS's tools find it."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")


def s3_region() -> str | None:
    """Return the region, as AWS's tools find it in the environment."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def s3_path_style() -> bool | None:
    """Return true for another S3 than Amazon's: its buckets have no host names."""
    return True if s3_endpoint() else None


RESOLVERS = {
    "setting": setting,
    "product": product,
    "on_yarn": on_yarn,
    "own_spark": own_spark,
    "packages": packages,
    "s3_endpoint": s3_endpoint,
    "s3_region": s3_region,
    "s3_path_style": s3_path_style,
}
