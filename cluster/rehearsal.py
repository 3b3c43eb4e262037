"""``make emr-local``: one whole run on the local cluster, from nothing to nothing."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cluster import ROOT, yarn
from cluster.local import LocalCluster

REPORTS = ROOT / "data" / "emr-local"


def run(cluster: LocalCluster) -> int:
    """Do what a user does: source the environment, then `kedro run --env emr`.

    Returns:
        The run's exit code.
    """
    began = time.monotonic()
    done = subprocess.run(
        [str(Path(sys.executable).with_name("kedro")), "run", "--env", "emr"],
        cwd=ROOT,
        env=cluster.sourced,
        check=False,
    )
    print(f"emr-local: the run took {time.monotonic() - began:.0f} s")
    return done.returncode


def conclude(cluster: LocalCluster) -> None:
    """Copy the reports, and say what YARN and the report say of the run."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    copied = cluster.download("08_reporting", REPORTS)
    print(f"emr-local: {copied} files in {REPORTS.relative_to(ROOT)}")
    for application in applications(cluster):
        print(
            f"emr-local: {application['id']} {application['state']}, "
            f"{application['finalStatus']}, {application['elapsedTime'] / 1000:.0f} s"
        )
    report = REPORTS / "run_report.json"
    if report.exists():
        images = json.loads(report.read_text())["images"]
        counts = ", ".join(f"{number:,} {name}" for name, number in images.items())
        print(f"emr-local: images: {counts}")


def applications(cluster: LocalCluster) -> list[dict[str, Any]]:
    """Return what YARN knows of its applications, once none is at work any more.

    It learns of an end some seconds after the driver's.
    """
    end = time.monotonic() + 20
    while True:
        answer = yarn.ask(cluster.page, "apps")["apps"] or {}
        found: list[dict[str, Any]] = answer.get("app", [])
        over = all(each["finalStatus"] != "UNDEFINED" for each in found)
        if over or time.monotonic() > end:
            return sorted(found, key=lambda each: each["startedTime"])
        time.sleep(0.5)
