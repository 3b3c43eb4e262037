"""Fixtures that all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from pyspark.sql import SparkSession

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's folder, known to Kedro."""
    bootstrap_project(PROJECT)
    return PROJECT


@pytest.fixture(scope="session")
def spark(project: Path) -> Iterator[SparkSession]:
    """The one session of the test run, set up by the project's own hook."""
    with KedroSession.create(project) as kedro:
        kedro.load_context()
    # Two cores on any machine, and no page that nobody looks at.
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--conf=spark.ui.enabled=false --conf=spark.sql.shuffle.partitions=2 "
        + os.environ["PYSPARK_SUBMIT_ARGS"].replace("local[*,", "local[2,")
    )
    session = SparkSession.builder.getOrCreate()
    yield session
    session.stop()
