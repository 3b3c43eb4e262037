"""YARN: a ResourceManager and a NodeManager, set up for one small machine."""

import json
import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from cluster.jars import yarn_jars
from cluster.processes import HOST, free_ports, java_home, start
from fruit_features.hooks.java import as_text

PACKAGE = "org.apache.hadoop.yarn.server"
DAEMONS = {
    "resourcemanager": f"{PACKAGE}.resourcemanager.ResourceManager",
    "nodemanager": f"{PACKAGE}.nodemanager.NodeManager",
}
# Started in seconds, and small.
JAVA_OPTIONS = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# From the environment of the option's name, as Java 8 does not know the flag.
MODULES = {
    "JDK_JAVA_OPTIONS": "--add-opens=java.base/java.lang=ALL-UNNAMED "
    "--add-opens=java.base/java.util=ALL-UNNAMED"
}
# What containers find in their environment without asking, as on a node whose role may
# use the bucket. Region and endpoint are for the application to hand on.
NODE_ENVIRONMENT = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

LOG4J = """\
log4j.rootLogger=INFO, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d %p %c{2}: %m%n
"""


def write_configuration(conf: Path, work: Path, logs: Path, memory_mb: int) -> str:
    """Write what daemons, and Spark by ``HADOOP_CONF_DIR``, read.

    Args:
        conf: The folder for it.
        work: Where the daemons keep their state and containers work.
        logs: Where the containers' output goes.
        memory_mb: What the node offers to containers.

    Returns:
        The address of the ResourceManager's page and REST API.
    """
    ports = free_ports(6)
    resource_manager = dict(
        zip(
            ("", ".scheduler", ".resource-tracker", ".admin", ".webapp"),
            ports,
            strict=False,
        )
    )
    site = {
        "yarn.resourcemanager.hostname": HOST,
        **{
            f"yarn.resourcemanager{service}.address": f"{HOST}:{port}"
            for service, port in resource_manager.items()
        },
        "yarn.nodemanager.hostname": HOST,
        # The same after a restart, so that the node is known again.
        "yarn.nodemanager.address": f"{HOST}:{ports[-1]}",
        "yarn.nodemanager.localizer.address": f"{HOST}:0",
        "yarn.nodemanager.webapp.address": f"{HOST}:0",
        "yarn.nodemanager.local-dirs": work / "local",
        "yarn.nodemanager.log-dirs": logs / "containers",
        # Containers outlive the NodeManager, as they do on EMR.
        "yarn.nodemanager.recovery.enabled": True,
        "yarn.nodemanager.recovery.supervised": True,
        "yarn.nodemanager.recovery.dir": work / "recovery",
        "yarn.nodemanager.resource.memory-mb": memory_mb,
        "yarn.nodemanager.resource.cpu-vcores": (os.cpu_count() or 1) + 1,
        "yarn.nodemanager.vmem-check-enabled": False,
        # A disk that is nearly full is still good enough here.
        "yarn.nodemanager.disk-health-checker."
        "max-disk-utilization-per-disk-percentage": 100,
        "yarn.nodemanager.env-whitelist": ",".join(
            ("JAVA_HOME", "HADOOP_CONF_DIR", "PATH", "LANG", "TZ", *NODE_ENVIRONMENT)
        ),
        "yarn.scheduler.minimum-allocation-mb": 256,
        "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": 250,
    }
    queues = {
        "yarn.scheduler.capacity.root.queues": "default",
        "yarn.scheduler.capacity.root.default.capacity": 100,
        "yarn.scheduler.capacity.maximum-am-resource-percent": 0.5,
    }
    core = {"fs.defaultFS": "file:///", "hadoop.tmp.dir": work / "tmp"}
    conf.mkdir()
    _write(conf / "core-site.xml", core)
    _write(conf / "yarn-site.xml", site)
    _write(conf / "capacity-scheduler.xml", queues)
    (conf / "log4j.properties").write_text(LOG4J)
    return f"http://{HOST}:{resource_manager['.webapp']}"


def start_daemon(
    name: str, conf: Path, work: Path, logs: Path, environment: Mapping[str, str]
) -> None:
    """Start one of ``DAEMONS``, or start it again.

    Args:
        name: Which one.
        conf: The folder of ``write_configuration``.
        work: Where it works.
        logs: Where its output goes.
        environment: What the node offers to containers, see ``NODE_ENVIRONMENT``.
    """
    home = java_home()
    classpath = os.pathsep.join(str(path) for path in (conf, *yarn_jars()))
    start(
        [str(home / "bin" / "java"), *JAVA_OPTIONS, "-cp", classpath, DAEMONS[name]],
        work,
        logs / f"{name}.log",
        {
            **MODULES,
            **environment,
            "JAVA_HOME": str(home),
            "HADOOP_CONF_DIR": str(conf),
        },
    )


def running_nodes(page: str) -> int:
    """Count the nodes that the ResourceManager can use; 0 while it does not answer."""
    try:
        answer = ask(page, "nodes")["nodes"] or {}
    except (OSError, ValueError):
        return 0
    return sum(node["state"] == "RUNNING" for node in answer.get("node", []))


def ask(page: str, what: str) -> Any:
    """Ask the ResourceManager's REST API.

    Raises:
        OSError: If it does not answer.
        ValueError: If it answers with anything but JSON.
    """
    with urllib.request.urlopen(f"{page}/ws/v1/cluster/{what}", timeout=5) as answer:
        return json.load(answer)


def _write(path: Path, settings: Mapping[str, object]) -> None:
    lines = [
        f"  <property><name>{name}</name><value>{escape(as_text(value))}</value>"
        "</property>"
        for name, value in settings.items()
    ]
    text = "\n".join(["<configuration>", *lines, "</configuration>", ""])
    path.write_text(text)
