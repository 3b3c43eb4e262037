import subprocess
import sys

import pytest
from pyspark.sql import SparkSession

from fruit_features import spark_application
from fruit_features.spark_application import WARM_UP, start_in_background

# Ends, as a user's mistake does, while Spark is on its way.
BROKEN_OFF = """
import sys
import time
import pyspark
from fruit_features import spark_application
spark_application.start_in_background("local[1]")
while sys.argv[1] == "late" and pyspark.SparkContext._gateway is None:
    time.sleep(0.01)
spark_application.end_application(failed=True)
assert spark_application._starting.exception(60)
print(pyspark.SparkContext._gateway.proc.wait(5))
"""


def test_workers_start_beside_the_program(spark: SparkSession, monkeypatch) -> None:
    monkeypatch.setattr(spark_application, "_starting", None)
    tracker = spark.sparkContext.statusTracker()
    before = set(tracker.getJobIdsForGroup(WARM_UP))
    start_in_background("local[2]")
    assert spark_application._starting is not None
    spark_application._starting.result(60)
    (job,) = set(tracker.getJobIdsForGroup(WARM_UP)) - before
    assert tracker.getJobInfo(job).status == "SUCCEEDED"


@pytest.mark.parametrize("moment", ["early", "late"])
def test_nobody_waits_for_a_start_after_an_error(moment: str) -> None:
    # A process of its own, for its Java is killed: 3 to 5 seconds.
    done = subprocess.run(
        [sys.executable, "-c", BROKEN_OFF, moment],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "-9"
    assert "Error" not in done.stderr
