"""The file that `source` reads: what the user's own commands need to know."""

import shlex
from collections.abc import Mapping
from pathlib import Path

HEADER = """\
# Made by `make cluster-up`: source it, then `kedro run --env emr`.
# As on a node of EMR, SPARK_CONF_DIR holds the cluster's own settings: where jars are.
"""
# What the user's shell may say of another S3, of AWS or of another Spark.
OTHERS = (
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "PYSPARK_PYTHON",
    "SPARK_HOME",
)


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Write a file for `source`."""
    lines = [f"unset {' '.join(OTHERS)}"]
    lines += [f"export {name}={shlex.quote(text)}" for name, text in variables.items()]
    path.write_text(HEADER + "\n".join(lines) + "\n")


def read(path: Path) -> dict[str, str]:
    """Return the variables of a file of ``write``."""
    words = shlex.split(path.read_text(), comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)


def cleared(variables: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what ``source`` unsets."""
    return {name: text for name, text in variables.items() if name not in OTHERS}
