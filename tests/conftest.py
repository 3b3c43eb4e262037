"""Fixtures that all tests share."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from pyspark.sql import SparkSession

from cluster import LocalClusterError
from cluster.jars import spark_jars
from tests.s3_server import S3Server

PROJECT = Path(__file__).parents[1]

# Where the tests run in the background of a script, Ctrl-C is ignored, and would be by
# every program that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long a case takes says nothing: other tests run beside it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's folder, known to Kedro."""
    bootstrap_project(PROJECT)
    return PROJECT


def jars_for_s3() -> list[Path]:
    """Find the jars that pip's Spark lacks for S3; without Maven tests skip S3."""
    try:
        return spark_jars()
    except LocalClusterError:
        if os.environ.get("CI"):
            raise
        return []


@pytest.fixture(scope="session")
def spark(project: Path) -> Iterator[SparkSession]:
    """The one session of the test run, set up by the project's own hook."""
    with KedroSession.create(project) as kedro:
        kedro.load_context()
    # Two cores on any machine, no page that nobody looks at, and what S3 takes.
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--conf=spark.ui.enabled=false --conf=spark.sql.shuffle.partitions=2 "
        f"--conf=spark.jars={','.join(f'local:{jar}' for jar in jars_for_s3())} "
        + os.environ["PYSPARK_SUBMIT_ARGS"].replace("local[*,", "local[2,")
    )
    session = SparkSession.builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 API over HTTP, with no bucket in it, up in a few seconds."""
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server
