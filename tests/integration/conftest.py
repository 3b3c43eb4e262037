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
    # Blanks in the path: as a user's folder may have.
    folder = tmp_path_factory.mktemp("a cluster") / ".cluster"
    cluster = LocalCluster(folder)
    cluster.up()
    started = working_for(folder)
    yield cluster
    left = {process for process in working_for(folder) if process in started}
    assert left, "all daemons died on the way"
    cluster.down()
    assert not folder.exists()
    assert not working_for(folder)


def working_for(folder: Path) -> list[psutil.Process]:
    """Find processes by any trace of the folder: place, arguments or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            traces = [process.cwd(), *process.cmdline(), *process.environ().values()]
        except (psutil.Error, OSError):
            continue
        if process.pid != os.getpid() and any(folder.parent.name in t for t in traces):
            found.append(process)
    return found
