"""Checks of YARN before Spark starts: state, queue and free room."""

import json
import os
import re
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from fruit_features.exceptions import ClusterError

SECONDS = 5.0
UNITS = {"k": 1 / 1024, "m": 1, "g": 1024, "t": 1024**2}


def check_yarn(spark: Mapping[str, Any]) -> None:
    """Raise ``ClusterError`` if a run with these Spark settings would wait forever."""
    page = resource_manager(_configuration())
    state = _ask(page, "info")["clusterInfo"]["state"]
    if state != "STARTED":
        message = f"YARN at {page} is {state}, not STARTED: wait, or start it"
        raise ClusterError(message)
    scheduler = _ask(page, "scheduler")["scheduler"]["schedulerInfo"]
    _check_queue(scheduler, str(spark.get("spark.yarn.queue") or "default"))
    nodes = (_ask(page, "nodes?states=RUNNING")["nodes"] or {}).get("node", [])
    _check_room(page, nodes, spark)


def resource_manager(settings: Mapping[str, str]) -> str:
    """Return the address of the ResourceManager's web page and REST API."""
    prefix = "yarn.resourcemanager"
    ids = settings.get(f"{prefix}.ha.rm-ids", "").split(",")
    for suffix in (f".{rm.strip()}" if rm.strip() else "" for rm in ids):
        address = settings.get(f"{prefix}.webapp.address{suffix}", "")
        host = settings.get(f"{prefix}.hostname{suffix}", "")
        if address and "${" not in address:
            return f"http://{address}"
        if host:
            return f"http://{host}:8088"
    message = (
        "yarn-site.xml names no ResourceManager (yarn.resourcemanager.hostname): see "
        "HADOOP_CONF_DIR"
    )
    raise ClusterError(message)


def _configuration() -> dict[str, str]:
    folder = os.environ.get("YARN_CONF_DIR") or os.environ.get("HADOOP_CONF_DIR")
    if not folder:
        message = (
            "no cluster: HADOOP_CONF_DIR is not set; on an EMR node export "
            "HADOOP_CONF_DIR=/etc/hadoop/conf, for the local cluster run "
            "`make cluster-up` and `source .cluster/env`, for Spark on this machine "
            "export FRUIT_FEATURES_MASTER='local[*]'"
        )
        raise ClusterError(message)
    site = Path(folder, "yarn-site.xml")
    try:
        properties = ElementTree.parse(site).iter("property")
    except (OSError, ElementTree.ParseError) as error:
        message = f"cannot read {str(site)!r}: {error}; see HADOOP_CONF_DIR"
        raise ClusterError(message) from error
    return {
        (each.findtext("name") or ""): (each.findtext("value") or "")
        for each in properties
    }


def _ask(page: str, what: str) -> Any:
    request = urllib.request.Request(
        f"{page}/ws/v1/cluster/{what}", headers={"Accept": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        message = (
            f"YARN's ResourceManager does not answer at {page}: {why}; start it, or "
            "see HADOOP_CONF_DIR"
        )
        raise ClusterError(message) from error


def _check_queue(scheduler: Mapping[str, Any], queue: str) -> None:
    known = sorted(_queues(scheduler))
    names = {name.rsplit(".", 1)[-1] for name in known}
    if known and queue not in {*known, *names}:
        message = (
            f"YARN has no queue {queue!r} (spark.yarn.queue); there are: "
            f"{', '.join(known)}"
        )
        raise ClusterError(message)


def _queues(queue: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the leaf queues; only the Capacity Scheduler lists any."""
    if "queueName" not in queue:
        return
    path = f"{above}.{queue['queueName']}".lstrip(".")
    below = (queue.get("queues") or {}).get("queue", [])
    for each in below:
        yield from _queues(each, path)
    if not below:
        yield path


def _check_room(
    page: str, nodes: list[dict[str, Any]], spark: Mapping[str, Any]
) -> None:
    if not nodes:
        message = f"YARN at {page} has no node that runs: start a NodeManager"
        raise ClusterError(message)
    heap = megabytes(spark["spark.executor.memory"])
    overhead = megabytes(spark["spark.executor.memoryOverhead"])
    needed, cores = heap + overhead, int(spark["spark.executor.cores"])
    for node in nodes:
        memory = node["usedMemoryMB"] + node["availMemoryMB"]
        vcores = node["usedVirtualCores"] + node["availableVirtualCores"]
        if memory >= needed and vcores >= cores:
            return
    message = (
        f"no node of YARN has room for an executor of {needed:,} MB and {cores} cores; "
        f"the largest of {len(nodes)} has {memory:,} MB and {vcores} cores; set "
        "FRUIT_FEATURES_EXECUTOR_MEMORY, FRUIT_FEATURES_EXECUTOR_OVERHEAD and "
        "FRUIT_FEATURES_EXECUTOR_CORES"
    )
    raise ClusterError(message)


def megabytes(size: object) -> int:
    """Parse a Spark size such as ``3584m`` or ``2g``; a bare number is megabytes."""
    found = re.fullmatch(r"(\d+)\s*([kmgt]?)b?", str(size).strip().lower())
    if found is None:
        message = f"{str(size)!r} is no size of memory: expected such as 3584m or 2g"
        raise ClusterError(message)
    return round(int(found[1]) * UNITS[found[2] or "m"])
