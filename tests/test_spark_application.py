import threading

from pyspark.sql import SparkSession

from fruit_features.spark_application import WARM_UP, start_in_background


def started_by(master: str) -> set[threading.Thread]:
    before = set(threading.enumerate())
    start_in_background(master)
    return set(threading.enumerate()) - before


def test_a_cluster_waits_for_the_checks() -> None:
    assert started_by("yarn") == set()


def test_workers_start_beside_the_program(spark: SparkSession) -> None:
    tracker = spark.sparkContext.statusTracker()
    before = set(tracker.getJobIdsForGroup(WARM_UP))
    (thread,) = (t for t in started_by("local[2]") if t.name.endswith("(_start)"))
    thread.join(60)
    for python in threading.enumerate():
        if python.name.endswith("(_start_python)"):
            python.join(60)
    jobs = set(tracker.getJobIdsForGroup(WARM_UP)) - before
    states = [tracker.getJobInfo(job).status for job in jobs]
    assert states == ["SUCCEEDED"] * 2
