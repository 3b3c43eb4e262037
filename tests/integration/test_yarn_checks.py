"""What is said of a YARN that would keep a run waiting, asked of a real one."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cluster.local import LocalCluster
from cluster.processes import free_ports
from fruit_features.exceptions import ClusterError
from fruit_features.storage.yarn import check_yarn, megabytes, resource_manager

FITS = {
    "spark.executor.memory": "512m",
    "spark.executor.memoryOverhead": "384m",
    "spark.executor.cores": 1,
}
SITE = "<configuration><property><name>{}</name><value>{}</value></property>"
Check = Callable[..., None]


@pytest.fixture
def check(cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.delenv("YARN_CONF_DIR", raising=False)
    monkeypatch.setenv("HADOOP_CONF_DIR", cluster.variables["HADOOP_CONF_DIR"])
    return lambda **more: check_yarn(
        {**FITS, **{f"spark.{name}": value for name, value in more.items()}}
    )


def test_a_cluster_with_room(check: Check) -> None:
    check()
    check(**{"yarn.queue": "root.default"})


def test_no_such_queue(check: Check) -> None:
    message = "^YARN has no queue 'fast' .*; there are: root.default$"
    with pytest.raises(ClusterError, match=message):
        check(**{"yarn.queue": "fast"})


@pytest.mark.parametrize("more", [{"executor.memory": "500g"}, {"executor.cores": 400}])
def test_no_room(check: Check, more: dict[str, Any]) -> None:
    message = "no node of YARN has room .* set FRUIT_FEATURES_EXECUTOR_MEMORY"
    with pytest.raises(ClusterError, match=message):
        check(**more)


def test_nobody_answers(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = free_ports(1)
    name = "yarn.resourcemanager.webapp.address"
    site = SITE.format(name, f"127.0.0.1:{port}") + "</configuration>"
    (tmp_path / "yarn-site.xml").write_text(site)
    monkeypatch.setenv("HADOOP_CONF_DIR", str(tmp_path))
    began = time.monotonic()
    with pytest.raises(ClusterError, match="does not answer at .*Connection refused"):
        check()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read '.*yarn-site.xml'"),
        ("<configuration>", "cannot read '.*yarn-site.xml'"),
        ("<configuration/>", "names no ResourceManager"),
    ],
)
def test_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, message: str
) -> None:
    monkeypatch.delenv("YARN_CONF_DIR", raising=False)
    monkeypatch.setenv("HADOOP_CONF_DIR", str(tmp_path))
    if content:
        (tmp_path / "yarn-site.xml").write_text(content)
    with pytest.raises(ClusterError, match=message):
        check_yarn(FITS)


def test_no_cluster_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ClusterError, match="no cluster: HADOOP_CONF_DIR is not set"):
        check_yarn(FITS)


@pytest.mark.parametrize(
    ("settings", "page"),
    [
        ({"hostname": "rm"}, "http://rm:8088"),
        ({"webapp.address": "rm:99", "hostname": "rm"}, "http://rm:99"),
        ({"webapp.address": "${yarn.x}:1", "hostname": "rm"}, "http://rm:8088"),
        ({"ha.rm-ids": "a, b", "hostname.a": "one"}, "http://one:8088"),
    ],
)
def test_where_the_resource_manager_is(settings: dict[str, str], page: str) -> None:
    named = {f"yarn.resourcemanager.{k}": value for k, value in settings.items()}
    assert resource_manager(named) == page


@pytest.mark.parametrize(
    ("size", "expected"),
    [("3584m", 3584), ("2g", 2048), ("2G", 2048), ("1gb", 1024), (512, 512)],
)
def test_sizes(size: object, expected: int) -> None:
    assert megabytes(size) == expected


def test_no_size() -> None:
    with pytest.raises(ClusterError, match="'much' is no size of memory"):
        megabytes("much")
