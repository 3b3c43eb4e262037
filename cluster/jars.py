"""The jars of YARN and of S3A: pinned in ``pom.xml``, fetched once by Maven."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from cluster import LocalClusterError
from cluster.processes import java_home

POM = Path(__file__).with_name("pom.xml")
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath"


def yarn_jars() -> list[Path]:
    """Return what YARN's daemons run on, 150 jars of 74 MB."""
    return _jars("yarn")


def spark_jars() -> list[Path]:
    """Return what PySpark lacks for S3: S3A, Amazon's SDK of 270 MB, committers."""
    return _jars("spark")


def _jars(profile: str) -> list[Path]:
    """Return the jars of a profile of ``pom.xml``, from Maven's own repository.

    Raises:
        LocalClusterError: If they are not there yet and cannot be fetched.
    """
    pinned = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    known = _cache() / f"{profile}-{pinned}.txt"
    if known.exists():
        jars = _read(known)
        if all(jar.exists() for jar in jars):
            return jars
    known.parent.mkdir(parents=True, exist_ok=True)
    fresh = known.with_suffix(f".{os.getpid()}")
    try:
        _ask_maven(profile, fresh)
        fresh.replace(known)
    finally:
        fresh.unlink(missing_ok=True)
    return _read(known)


def _cache() -> Path:
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches, "fruit_features", "jars")


def _read(known: Path) -> list[Path]:
    return [Path(jar) for jar in known.read_text().strip().split(os.pathsep)]


def _ask_maven(profile: str, output: Path) -> None:
    maven = shutil.which("mvn")
    if not maven:
        message = (
            "no Maven found, which fetches the jars of YARN and S3 once: install it "
            "(Debian: apt-get install maven)"
        )
        raise LocalClusterError(message)
    done = subprocess.run(
        [maven, "--quiet", "--batch-mode", "--file", str(POM), "-P", profile]
        + [GOAL, f"-Dmdep.outputFile={output}"],
        env={**os.environ, "JAVA_HOME": str(java_home())},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        reason = errors[0] if errors else done.stderr.strip()
        message = f"Maven could not fetch the jars of {POM.name}: {reason}"
        raise LocalClusterError(message)
