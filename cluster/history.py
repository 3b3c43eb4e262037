"""``make history``: Spark's history server on the event logs in the bucket."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, cast

import pyspark
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from cluster import ROOT
from cluster.jars import spark_jars
from cluster.local import LocalCluster
from cluster.processes import HOST, free_ports, java_home
from fruit_features.hooks.java import as_text

MAIN = "org.apache.spark.deploy.history.HistoryServer"


def serve(cluster: LocalCluster) -> int:
    """Serve until the user has seen enough.

    Args:
        cluster: The one whose bucket it is if the environment names none.

    Returns:
        The server's exit code; 0 after Ctrl-C.
    """
    if not os.environ.get("FRUIT_FEATURES_BUCKET"):
        os.environ.update(cluster.variables)
    settings = spark_settings()
    (port,) = free_ports(1)
    print(f"history: reading {settings['spark.eventLog.dir']}")
    # The address is ours to say: the server says much, and says it too early.
    print(f"history: http://{HOST}:{port} (Ctrl-C ends it)", flush=True)
    server = subprocess.Popen(command(settings, port), env=_environment())
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.send_signal(signal.SIGTERM)
        server.wait()
        return 0


def spark_settings() -> dict[str, Any]:
    """Return the Spark settings of ``--env emr``: where the logs are, what S3 it is."""
    bootstrap_project(ROOT)
    with KedroSession.create(ROOT, env="emr") as session:
        context = cast(KedroSession, session).load_context()
        return dict(context.config_loader["spark"])


def command(settings: dict[str, Any], port: int) -> list[str]:
    """Return the server's command line.

    Args:
        settings: Of Spark; what Hadoop should know begins with ``spark.hadoop.``.
        port: Where the server listens.
    """
    given = {
        name: value
        for name, value in settings.items()
        if name.startswith("spark.hadoop.") and value is not None
    }
    given |= {
        "spark.history.fs.logDirectory": settings["spark.eventLog.dir"],
        "spark.history.fs.update.interval": "5s",
        "spark.history.ui.port": port,
    }
    own = Path(pyspark.__file__).parent / "jars" / "*"
    classpath = (ROOT / "conf" / "base", own, *spark_jars())
    return [
        str(java_home() / "bin" / "java"),
        "-Xmx512m",
        "-cp",
        os.pathsep.join(str(path) for path in classpath),
        *(f"-D{name}={as_text(value)}" for name, value in given.items()),
        MAIN,
    ]


def _environment() -> dict[str, str]:
    return {**os.environ, "SPARK_LOCAL_IP": HOST, "SPARK_PUBLIC_DNS": HOST}
