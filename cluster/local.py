"""The cluster of one folder: up, down, and what is known of it."""

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psutil
import pyspark

from cluster import ROOT, LocalClusterError, environment, s3, workers, yarn
from cluster.jars import spark_jars, yarn_jars
from cluster.processes import HOST, java_home, stop_all, working_in

LONGEST_START = 120.0
# An executor: two cores, two gigabytes of Java's memory and one beside it, and as many
# of them as there are cores for, but no more than two. One more gigabyte is for the
# application's master.
EXECUTOR_CORES, EXECUTOR_MB, OVERHEAD_MB = 2, 2048, 1024
EXECUTORS = min(2, max(1, (os.cpu_count() or 1) // EXECUTOR_CORES))
MASTER_MB = 1024


class LocalCluster:
    """YARN and S3 that live and die with a folder.

    Attributes:
        env_file: What `source` reads.
        home: Where all the rest lies: daemons work in ``work``, and containers below
            it; what they say is in ``logs``.
    """

    def __init__(self, folder: Path = ROOT / ".cluster") -> None:
        """Name the folder; nothing is started."""
        self._folder = folder.absolute()
        self.home = _without_blanks(self._folder)
        self.env_file = self._folder / "env"

    @property
    def variables(self) -> dict[str, str]:
        """What ``env_file`` says.

        Raises:
            LocalClusterError: If no cluster is up.
        """
        if not self.env_file.exists():
            message = "no cluster is up: make cluster-up"
            raise LocalClusterError(message)
        return environment.read(self.env_file)

    @property
    def sourced(self) -> dict[str, str]:
        """The environment of a shell that has sourced ``env_file``."""
        return {**environment.cleared(os.environ), **self.variables}

    @property
    def page(self) -> str:
        """The address of YARN's page."""
        return self.variables["YARN_PAGE"]

    def is_up(self) -> bool:
        """Tell whether both YARN and S3 answer.

        Raises:
            LocalClusterError: If only parts of a cluster are there.
        """
        if not self._folder.exists():
            return False
        if self.env_file.exists():
            endpoint = self.variables["AWS_ENDPOINT_URL"]
            if yarn.running_nodes(self.page) and s3.answers(endpoint):
                return True
        message = (
            f"parts of a cluster are left in {str(self._folder)!r}, or it is being "
            "started: make cluster-down, then make cluster-up"
        )
        raise LocalClusterError(message)

    def up(self) -> None:
        """Start everything and wait until it can be used; leave nothing if that fails.

        Raises:
            LocalClusterError: If something is missing, or does not come up.
        """
        java_home()
        yarn_jars()
        spark_jars()
        try:
            # Two at once: one of them is refused.
            self._folder.mkdir(parents=True)
        except FileExistsError as error:
            message = f"{str(self._folder)!r} is there already: make cluster-down"
            raise LocalClusterError(message) from error
        try:
            self._start()
        except BaseException:
            self.down()
            raise

    def down(self) -> int:
        """Stop all processes, containers too, and delete the folder.

        Returns:
            How many processes were stopped.
        """
        stopped = stop_all(self.home / "work")
        for folder in {self.home, self._folder}:
            if folder.exists():
                shutil.rmtree(folder)
        return stopped

    def on_s3(self, name: str) -> s3.Place:
        """Return where on S3 a layer or folder of the catalog lies."""
        prefix = os.environ.get("FRUIT_FEATURES_PREFIX") or "fruit_features"
        return s3.Place(self.variables["FRUIT_FEATURES_BUCKET"], f"{prefix}/{name}/")

    def upload(self, images: Path) -> int:
        """Upload images to where ``--env emr`` looks for them.

        Returns:
            How many there were.
        """
        place = self.on_s3("01_raw/images")
        return s3.upload(s3.client(self.variables), images, place)

    def download(self, name: str, folder: Path) -> int:
        """Copy what lies below a name, such as ``08_reporting``, into a folder.

        Returns:
            How many files there were.
        """
        return s3.download(s3.client(self.variables), self.on_s3(name), folder)

    def daemon(self, name: str) -> psutil.Process:
        """Return the running daemon of a name.

        Raises:
            LocalClusterError: If it does not run.
        """
        for process in working_in(self.home / "work"):
            if yarn.DAEMONS[name] in process.cmdline():
                return process
        message = f"the {name} of {str(self._folder)!r} does not run"
        raise LocalClusterError(message)

    def start_daemon(self, name: str) -> None:
        """Start one of YARN's daemons, which must not be running."""
        home = self.home
        yarn.start_daemon(name, home / "hadoop", home / "work", home / "logs", s3.KEYS)

    def _start(self) -> None:
        home = self.home
        work, logs = home / "work", home / "logs"
        work.mkdir(parents=True)
        logs.mkdir()
        endpoint = s3.start_server(work, logs)
        memory = MASTER_MB + EXECUTORS * (EXECUTOR_MB + OVERHEAD_MB)
        page = yarn.write_configuration(home / "hadoop", work, logs, memory)
        for name in yarn.DAEMONS:
            self.start_daemon(name)
        self._write_spark_configuration(home / "spark", work)
        python = home / "python" / "bin" / "python"
        variables = self._variables(endpoint, page, python)
        self._wait("S3", logs / "s3.log", lambda: s3.answers(endpoint))
        s3.make_bucket(s3.client(variables), s3.BUCKET, s3.REGION)
        # While YARN starts.
        workers.make_python(home / "python", home / "dist", variables)
        self._wait(
            "YARN", logs / "nodemanager.log", lambda: yarn.running_nodes(page) > 0
        )
        # Last: who finds it, finds a cluster that can be used.
        environment.write(self.env_file, variables)

    def _variables(self, endpoint: str, page: str, python: Path) -> dict[str, str]:
        return {
            "HADOOP_CONF_DIR": str(self.home / "hadoop"),
            "SPARK_CONF_DIR": str(self.home / "spark"),
            "SPARK_LOCAL_IP": HOST,
            "YARN_PAGE": page,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": s3.REGION,
            **s3.KEYS,
            "AWS_EC2_METADATA_DISABLED": "true",
            "FRUIT_FEATURES_BUCKET": s3.BUCKET,
            "FRUIT_FEATURES_PYTHON": str(python),
            "FRUIT_FEATURES_EXECUTORS": str(EXECUTORS),
            "FRUIT_FEATURES_EXECUTOR_CORES": str(EXECUTOR_CORES),
            "FRUIT_FEATURES_EXECUTOR_MEMORY": f"{EXECUTOR_MB}m",
            "FRUIT_FEATURES_EXECUTOR_OVERHEAD": f"{OVERHEAD_MB}m",
        }

    def _write_spark_configuration(self, conf: Path, work: Path) -> None:
        """Write what a cluster's own Spark would know: where its jars are.

        The executors find the jars where the driver does: nothing is copied.
        """
        conf.mkdir()
        pyspark_jars = Path(pyspark.__file__).parent / "jars"
        settings = {
            "spark.yarn.jars": _local_uri(pyspark_jars / "*"),
            "spark.jars": ",".join(_local_uri(jar) for jar in spark_jars()),
            # Executors share this machine's cores with everything else: a short start.
            "spark.executor.extraJavaOptions": "-XX:+UseSerialGC "
            "-XX:TieredStopAtLevel=1",
            # In the user's home, by default, and left there by a driver that is killed.
            "spark.yarn.stagingDir": (work / "staging").as_uri(),
        }
        lines = [f"{name} {text}" for name, text in settings.items()]
        (conf / "spark-defaults.conf").write_text("\n".join(lines) + "\n")
        shutil.copy(ROOT / "conf" / "base" / "log4j2.properties", conf)

    def _wait(self, name: str, log: Path, ready: Callable[[], bool]) -> None:
        end = time.monotonic() + LONGEST_START
        while not ready():
            if time.monotonic() > end:
                last = log.read_text(errors="replace").splitlines()[-3:]
                message = (
                    f"{name} did not come up within {LONGEST_START:.0f} s; the last "
                    f"lines of its log: {' | '.join(last)}"
                )
                raise LocalClusterError(message)
            time.sleep(0.3)


def _without_blanks(folder: Path) -> Path:
    """Return where everything but ``env`` lies: YARN and Spark fail at blanks."""
    if not re.search(r"\s", str(folder)):
        return folder
    name = hashlib.sha256(bytes(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir(), f"fruit_features-{name}")


def _local_uri(path: Path) -> str:
    return f"local:{quote(str(path), safe='/*')}"
