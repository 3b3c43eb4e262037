import logging
import re
import time

import pytest
from pyspark.sql import SparkSession

from fruit_features.workers import progress
from fruit_features.workers.progress import Progress

logger = logging.getLogger(__name__)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOG_SECONDS", (0.02, 0.02))


def test_counts_of_workers_reach_the_line(spark: SparkSession) -> None:
    with Progress(spark.sparkContext, 10, logger) as told:
        counts = told.counts

        def count(numbers: object) -> None:
            for number in numbers:  # type: ignore[attr-defined]
                counts.add({None if number % 4 else "empty": 1})

        assert "0 of 10 images, 0 images/s, starting, 0 quarantined" in told.line()
        spark.sparkContext.parallelize(range(8), 2).foreachPartition(count)
        line = told.line()
    assert re.fullmatch(
        r"8 of 10 images, [\d,]+ images/s, [\d,]+ s left, 2 quarantined", line
    )


def test_says_no_more_than_there_are(spark: SparkSession) -> None:
    # A task that was run again has counted twice.
    with Progress(spark.sparkContext, 3, logger) as told:
        told.counts.add({None: 3, "empty": 3})
        assert told.line().startswith("3 of 3 images")


@pytest.mark.usefixtures("quick")
def test_tells_while_it_lasts_and_where_it_ended(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), Progress(spark.sparkContext, 7, logger) as told:
        time.sleep(0.2)
        told.counts.add({None: 7})
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) >= 3
    assert lines[0].startswith("0 of 7 images")
    assert lines[-1].startswith("7 of 7 images")
    time.sleep(0.1)
    assert len(caplog.records) == len(lines)


def test_of_nothing_says_nothing(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), Progress(spark.sparkContext, 0, logger):
        pass
    assert caplog.records == []


def test_on_a_terminal_one_line_is_written_over(
    spark: SparkSession,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "TERMINAL_SECONDS", 0.02)
    with Progress(spark.sparkContext, 5, logger):
        time.sleep(0.2)
    written = capsys.readouterr().err
    assert written.count("\r") >= 3
    assert written.count("\n") == 1
    assert written.endswith("\x1b[K\n")


def test_lines_get_rarer_in_long_work(spark: SparkSession) -> None:
    told = Progress(spark.sparkContext, 5, logger)
    for minutes, pause in ((0, 2.0), (10, 30.0), (60, 60.0)):
        told._started = time.monotonic() - 60 * minutes
        assert told._pause() == pytest.approx(pause, rel=0.01)
