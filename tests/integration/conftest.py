"""The cluster that all integration tests share: a real YARN, an S3 API over HTTP."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cluster import LocalClusterError
from cluster.jars import spark_jars, yarn_jars
from cluster.local import LocalCluster
from cluster.processes import java_home


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A cluster of its own, beside one that ``make cluster-up`` may have started.

    Up in 15 to 30 s, once for all tests.
    """
    try:
        java_home()
        yarn_jars()
        spark_jars()
    except LocalClusterError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    # A blank in the path, as a user's may have one.
    folder = tmp_path_factory.mktemp("a cluster") / ".cluster"
    cluster = LocalCluster(folder)
    cluster.up()
    assert len(traces(cluster.home)) >= 3
    yield cluster
    cluster.down()
    assert not folder.exists()
    assert not cluster.home.exists()
    assert not traces(cluster.home)


def traces(home: Path) -> list[psutil.Process]:
    """Find processes of a cluster by place, arguments or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            texts = [process.cwd(), *process.cmdline(), *process.environ().values()]
        except (psutil.Error, OSError):
            continue
        if process.pid != os.getpid() and any(str(home) in text for text in texts):
            found.append(process)
    return found
