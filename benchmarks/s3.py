"""``make bench-s3``: are many small objects read at the pace of a near or a far S3?

moto's server holds the images, and a front before it keeps its answers, counts
requests and adds a delay to each. One warm Spark session, on this machine and with S3A,
packs the images by ``ingestion``, and reads some by ``binaryFile``, with and without
the delay. Both have read them once before: moto answers some 200 requests a second, and
is not what is measured. What is written goes to moto each time.
"""

import argparse
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from pyspark.sql import SparkSession

from benchmarks.bench import WORK, keep_result, require_images
from benchmarks.images import choose_images
from benchmarks.project import ROOT
from benchmarks.tables import figure, table
from cluster import s3
from cluster.front import Front
from cluster.jars import spark_jars
from cluster.processes import stop_all

BUCKET = "bench"
DELAYS = (0.0, 0.03)
# One after another, binaryFile would take a quarter of an hour for 10,000.
BINARY_FILES = 500


def main() -> None:
    """Start an S3, measure, print and keep the figures, stop it."""
    parser = argparse.ArgumentParser(prog="bench-s3", description=__doc__)
    parser.add_argument("--images", default="")
    parser.add_argument("--n", type=int, default=1000)
    options = parser.parse_args()
    require_images(options.images, "make bench-s3")
    work = WORK / "s3"
    shutil.rmtree(work, ignore_errors=True)
    (work / "server").mkdir(parents=True)
    try:
        images = choose_images(options.images, options.n, work / "images")
        server = s3.start_server(work / "server", work / "server")
        _wait(lambda: s3.answers(server))
        with Front(server) as front:
            results = _measure(front, images, options.n)
    finally:
        stop_all(work / "server")
        shutil.rmtree(work, ignore_errors=True)
    _print(results)
    content = {"images": options.n, "delays": DELAYS, "results": results}
    print(f"\nall figures: {keep_result('s3', content)}")


def _measure(front: Front, images: Path, count: int) -> list[dict[str, Any]]:
    _set_environment(front.endpoint)
    client = s3.client(dict(os.environ))
    s3.make_bucket(client, BUCKET, s3.REGION)
    print(f"uploading {count:,} images", flush=True)
    s3.upload(client, images, s3.Place(BUCKET, "images/"))
    fewer = min(count, BINARY_FILES)
    few = choose_images(str(images), fewer, images.with_name("few"))
    s3.upload(client, few, s3.Place(BUCKET, "few/"))
    bootstrap_project(ROOT)
    print("warming up", flush=True)
    _ingest("warm-up")
    _binary_file("")
    readers = {"ingestion": (_ingest, count), "binaryFile": (_binary_file, fewer)}
    results = []
    for delay in DELAYS:
        for name, (work, read) in readers.items():
            print(f"{name}, {delay * 1000:.0f} ms", flush=True)
            front.delay = delay
            before = front.counts.copy()
            seconds = work(f"after-{delay}")
            asked: Counter[str] = front.counts - before
            results.append(
                {
                    "reader": name,
                    "delay": delay,
                    "images": read,
                    "seconds": seconds,
                    "rate": read / seconds,
                    "requests": dict(asked),
                    "requests_an_image": asked.total() / read,
                }
            )
    front.delay = 0.0
    SparkSession.builder.getOrCreate().stop()
    return results


def _set_environment(endpoint: str) -> None:
    """Be at the S3, with Spark here and the jars that Maven brought."""
    jars = ",".join(f"local:{jar}" for jar in spark_jars())
    conf = WORK / "s3" / "spark"
    conf.mkdir()
    (conf / "spark-defaults.conf").write_text(f"spark.jars {jars}\n")
    shutil.copy(ROOT / "conf" / "base" / "log4j2.properties", conf)
    os.environ.update(
        AWS_ENDPOINT_URL=endpoint,
        AWS_REGION=s3.REGION,
        SPARK_CONF_DIR=str(conf),
        FRUIT_FEATURES_BUCKET=BUCKET,
        FRUIT_FEATURES_MASTER=f"local[{os.cpu_count()}]",
        FRUIT_FEATURES_EXECUTORS="1",
        FRUIT_FEATURES_EXECUTOR_CORES=str(os.cpu_count()),
        **s3.KEYS,
    )


def _ingest(place: str) -> float:
    """Run the ingestion pipeline, from the listing to the packed table."""
    params = {
        "images": f"s3a://{BUCKET}/images",
        "data": f"s3a://{BUCKET}/{place}",
    }
    with KedroSession.create(ROOT, env="emr", runtime_params=params) as session:
        began = time.monotonic()
        # Kedro's abstract session does not name what its sessions take.
        session.run(pipeline_names=["ingestion"])  # type: ignore[call-arg]
        return time.monotonic() - began


def _binary_file(_: str) -> float:
    spark = SparkSession.builder.getOrCreate()
    began = time.monotonic()
    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    content = files.load(f"s3a://{BUCKET}/few").select("path", "content")
    content.write.format("noop").mode("overwrite").save()
    return time.monotonic() - began


def _wait(ready: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            sys.exit("bench-s3: moto's server does not come up")
        time.sleep(0.2)


def _print(results: list[dict[str, Any]]) -> None:
    rows = [
        (
            each["reader"],
            f"{each['delay'] * 1000:.0f}",
            f"{each['images']:,}",
            figure(each["seconds"]),
            figure(each["rate"]),
            figure(each["requests_an_image"]),
        )
        for each in results
    ]
    header = (
        "reader",
        "delay, ms",
        "images",
        "seconds",
        "images/s",
        "requests an image",
    )
    print("\n" + table(header, rows))
    rates = {(each["reader"], each["delay"]): each["rate"] for each in results}
    near, far = (rates["ingestion", delay] for delay in DELAYS)
    print(f"\nrate kept under the delay: {far / near:.0%}")
    print(f"times binaryFile under it: {far / rates['binaryFile', DELAYS[1]]:.1f}")


if __name__ == "__main__":
    main()
