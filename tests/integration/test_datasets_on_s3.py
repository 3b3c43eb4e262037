"""The datasets on an S3 over HTTP: what is asked of it, what a kill leaves.

Spark runs here, as in all tests; S3A and its magic committer are those of a cluster.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.ml.feature import PCA, PCAModel
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession

from cluster.front import Front
from cluster.processes import free_ports
from fruit_features.datasets.image_folder_dataset import RUN_STATE, ImageFolderDataset
from fruit_features.datasets.mllib_model_dataset import MLlibModelDataset
from fruit_features.datasets.table_dataset import (
    CurrentRowsDataset,
    ReplacedTableDataset,
    TableDataset,
)
from fruit_features.exceptions import StorageError
from fruit_features.storage.s3_files import PatientS3FileSystem
from fruit_features.workers.packing import Content
from fruit_features.workers.reading import read_file, reader
from tests.conftest import jars_for_s3
from tests.s3_server import KEYS, S3Server

# PySpark 3.5 asks pandas in old ways.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.skipif(not jars_for_s3(), reason="no Maven for the jars of S3A"),
]

SCHEMA = "image_key string, length bigint"
COMMITTER = {
    "spark.sql.sources.commitProtocolClass": "org.apache.spark.internal.io.cloud"
    ".PathOutputCommitProtocol",
    "spark.sql.parquet.output.committer.class": "org.apache.spark.internal.io.cloud"
    ".BindingParquetOutputCommitter",
}


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server) -> str:
    return s3_server.make_bucket("datasets")


@pytest.fixture(scope="module")
def spark_on_s3(spark: SparkSession, s3_server: S3Server) -> Iterator[SparkSession]:
    """The shared session, which knows S3 for as long as these tests run."""
    hadoop = spark.sparkContext._jsc.hadoopConfiguration()
    settings = {
        "fs.s3a.endpoint": s3_server.endpoint,
        "fs.s3a.endpoint.region": s3_server.environment["AWS_REGION"],
        "fs.s3a.path.style.access": "true",
        "fs.s3a.access.key": KEYS["AWS_ACCESS_KEY_ID"],
        "fs.s3a.secret.key": KEYS["AWS_SECRET_ACCESS_KEY"],
        # As in conf/emr, and in the Hadoop of EMR.
        "fs.s3a.directory.marker.retention": "keep",
        "fs.s3a.committer.name": "magic",
        "fs.s3a.committer.magic.enabled": "true",
        "mapreduce.outputcommitter.factory.scheme.s3a": "org.apache.hadoop.fs.s3a"
        ".commit.S3ACommitterFactory",
    }
    before = {name: spark.conf.get(name, None) for name in COMMITTER}
    for name, value in settings.items():
        hadoop.set(name, value)
    for name, value in COMMITTER.items():
        spark.conf.set(name, value)
    yield spark
    for name, value in before.items():
        spark.conf.unset(name) if value is None else spark.conf.set(name, value)
    for name in settings:
        hadoop.unset(name)


@pytest.fixture(autouse=True)
def environment(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def place(bucket: str, request: pytest.FixtureRequest) -> str:
    """A place of its own for every test, with a name that is hard to spell."""
    number = abs(hash(request.node.nodeid)) % 10**8
    return f"s3a://{bucket}/a b%20é #{number}"


def keys(server: S3Server, place: str) -> list[str]:
    bucket, _, prefix = place.removeprefix("s3a://").partition("/")
    found = server.client().list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [each["Key"].removeprefix(prefix) for each in found.get("Contents", [])]


def methods(server: S3Server, before: int) -> "Counter[str]":
    return Counter(method for method, _ in server.asked()[before:])


def frame(spark: SparkSession, *rows: tuple[str, int]) -> DataFrame:
    columns = pd.DataFrame(list(rows), columns=["image_key", "length"])
    return spark.createDataFrame(columns, SCHEMA).coalesce(1)


def stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_listing_and_reading_ask_once(s3_server: S3Server, place: str) -> None:
    # More than a page of a listing; four seconds to upload.
    bucket, _, prefix = place.removeprefix("s3a://").partition("/")
    client = s3_server.client()
    # S3 tells names apart that differ by slashes.
    slashes = ["a/b/c.jpg", "a/b//c.jpg", "x.jpg", "/x.jpg", "//x.jpg", "/a/b/c.jpg"]
    names = [
        "é ß/ü%41 #1?.jpg",
        *slashes,
        *(f"label/{number}.jpg" for number in range(1001)),
    ]

    def put(name: str) -> None:
        client.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=name.encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, names))
    client.put_object(Bucket=bucket, Key=f"{prefix}/folder.jpg/")
    client.put_object(Bucket=bucket, Key=f"{prefix}/label/._1.jpg", Body=b"leftover")
    # Results of a run, which are no images.
    for name in (RUN_STATE, "08_reporting/variance_plot.png"):
        client.put_object(Bucket=bucket, Key=f"{prefix}/results/{name}")

    before = len(s3_server.asked())
    listing = ImageFolderDataset(filepath=place).load()
    assert methods(s3_server, before) == {"GET": 2}
    assert sorted(listing["image_key"]) == sorted(names)
    labels = listing.set_index("image_key")["label"]
    assert set(labels) == {"é ß", "label", "b", prefix}
    assert list(labels[slashes]) == ["b", "b", prefix, prefix, prefix, "b"]
    assert ImageFolderDataset(filepath=f"{place}/").load().equals(listing)
    by_other_name = ImageFolderDataset(filepath=place.replace("s3a:", "s3:"))
    pd.testing.assert_frame_equal(by_other_name.load(), listing)
    now = pd.Timestamp.now("UTC")
    assert (now - listing["modification_time"]).dt.total_seconds().between(0, 300).all()

    before = len(s3_server.asked())
    others = listing[~listing["image_key"].isin(slashes)]
    some = pd.concat([listing[listing["image_key"].isin(slashes)], others.head(14)])
    for row in some.itertuples():
        content = Content(str(row.image_key).encode(), None, None)
        assert read_file(str(row.path), int(row.length), 1000) == content  # type: ignore[arg-type]
    assert methods(s3_server, before) == {"GET": 20}


def test_an_image_that_is_gone(place: str) -> None:
    ImageFolderDataset(filepath=place, optional=True).load()
    gone = read_file(f"{place}/gone.jpg", 1, 1000)
    assert (gone.bytes, gone.reason) == (None, "unreadable")


class Counts:
    """What the driver would add up."""

    def add(self, term: object) -> None:
        pass


def batch(place: str, count: int) -> pa.RecordBatch:
    paths = [f"{place}/{number}.jpg" for number in range(count)]
    return pa.RecordBatch.from_pydict({"path": paths, "length": [1] * count})


def test_an_s3_that_went_away_is_no_fault_of_images(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = free_ports(1)
    endpoint = {"endpoint_url": f"http://127.0.0.1:{port}"}
    monkeypatch.setattr(PatientS3FileSystem, "retries", 2)
    monkeypatch.setitem(fsspec.config.conf, "s3", endpoint)
    read = reader(1000, 1000, Counts())  # type: ignore[arg-type]
    with pytest.raises(
        StorageError, match=r"of 16 images in a row .*Could not connect"
    ):
        list(read([batch(place, 16)]))
    # A few may be odd ones.
    (rows,) = read([batch(place, 3)])
    assert rows.column("reason").to_pylist() == ["unreadable"] * 3


def test_trouble_is_waited_for(
    s3_server: S3Server, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Four seconds of 503, and answers that end in the middle.
    with Front(s3_server.endpoint) as front:
        monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": front.endpoint})
        filesystem = fsspec.filesystem("s3a")
        sound = b"x" * 5000
        filesystem.pipe_file(f"{place}/0.jpg", sound)
        front.slow_down(4)
        front.cuts = 2
        assert read_file(f"{place}/0.jpg", 5000, 10**6).bytes == sound
        assert front.counts["GET"] > 4


def test_what_is_there_is_asked_once(
    s3_server: S3Server, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Front(s3_server.endpoint) as front:
        monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": front.endpoint})
        filesystem = fsspec.filesystem("s3a")
        for name in ("a", "a-b", "folder/c", "folder-d", "marked/"):
            filesystem.pipe_file(f"{place}/{name}", b"x" * (name != "marked/"))
        before = front.counts.copy()
        expected = {
            **{"a": True, "a-b": True, "folder": True, "folder/c": True},
            **{"marked": True, "folder-d": True, "fold": False, "folder/": True},
            **{"folder/d": False, "other": False, "a-": False},
        }
        found = {name: filesystem.exists(f"{place}/{name}") for name in expected}
        assert found == expected
        assert front.counts - before == {"LIST": len(expected)}
        assert not filesystem.exists("s3a://no-such-bucket/a")


def test_names_that_begin_alike_hide_no_folder(place: str) -> None:
    # A list of S3's ends after 1,000; these come before the folder.
    filesystem = fsspec.filesystem("s3a")
    with ThreadPoolExecutor(16) as pool:
        names = [f"{place}/x {number}" for number in range(1001)]
        list(pool.map(lambda name: filesystem.pipe_file(name, b""), names))
    assert not filesystem.exists(f"{place}/x")
    filesystem.pipe_file(f"{place}/x/1", b"")
    assert filesystem.exists(f"{place}/x")


@pytest.mark.parametrize("step", ["pipe_file", "copy", "rm", "rm_file"])
def test_a_replaced_table_is_the_old_or_the_new(  # noqa: PLR0913
    spark_on_s3: SparkSession,
    s3_server: S3Server,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    dataset = ReplacedTableDataset(filepath=f"{place}/table", schema=SCHEMA)
    assert not dataset.exists()
    dataset.save(frame(spark_on_s3, ("old", 1), ("old", 2)))
    assert len(dataset.load().collect()) == 2
    with monkeypatch.context() as patch:
        patch.setattr(dataset._fs, step, stop)
        with pytest.raises(KeyboardInterrupt):
            dataset.save(frame(spark_on_s3, ("new", 3)))
    expected = [("old", 1), ("old", 2)] if step == "pipe_file" else [("new", 3)]
    assert sorted(map(tuple, dataset.load().collect())) == expected
    dataset.save(frame(spark_on_s3, ("newer", 4)))
    assert dataset.load().collect() == [("newer", 4)]
    left = keys(s3_server, place)
    assert len(left) == 2
    assert all(key.startswith("/table/") for key in left)


@pytest.mark.parametrize("step", ["pipe_file", "copy", "rm_file"])
def test_a_replaced_model_is_the_old_or_the_new(
    spark_on_s3: SparkSession,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    rows = [[1.0, 0.0, 2.0], [3.0, 1.0, 5.0], [-2.0, 4.0, 0.0]]
    data = spark_on_s3.createDataFrame([(Vectors.dense(row),) for row in rows], ["x"])
    models = [PCA(k=k, inputCol="x", outputCol="y").fit(data) for k in (1, 2)]
    dataset = MLlibModelDataset(
        filepath=f"{place}/model", model_class="pyspark.ml.feature.PCAModel"
    )
    dataset.save(models[0])
    with monkeypatch.context() as patch:
        patch.setattr(dataset._fs, step, stop)
        with pytest.raises(KeyboardInterrupt):
            dataset.save(models[1])
    loaded: PCAModel = dataset.load()
    expected = models[0 if step == "pipe_file" else 1]
    assert np.array_equal(loaded.pc.toArray(), expected.pc.toArray())


def test_an_object_in_place_of_the_folder_is_no_table(place: str) -> None:
    # S3A leaves one when a first write is killed.
    fsspec.filesystem("s3a").pipe_file(f"{place}/", b"")
    assert not TableDataset(filepath=place, schema=SCHEMA).exists()


def test_rows_that_no_longer_hold_are_taken_out(
    spark_on_s3: SparkSession,
    s3_server: S3Server,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Workers, which rewrite the files, get what this process has been told since.
    for name, value in {**KEYS, **s3_server.environment}.items():
        monkeypatch.setitem(spark_on_s3.sparkContext.environment, name, value)
    table = TableDataset(filepath=f"{place}/table", schema=SCHEMA)
    current = CurrentRowsDataset(filepath=f"{place}/table", schema=SCHEMA)
    assert current.load().collect() == []
    table.save(frame(spark_on_s3, ("a", 1), ("b", 1)))
    table.save(frame(spark_on_s3, ("c", 1)))
    table.save(frame(spark_on_s3, ("d", 1)))
    before = keys(s3_server, place)
    current.save(frame(spark_on_s3, ("a", 1), ("c", 1)))
    assert sorted(map(tuple, current.load().collect())) == [("a", 1), ("c", 1)]
    left = keys(s3_server, place)
    # What stands for the folder is there by Hadoop's newer versions as well.
    assert {"/table/", "/table/_SUCCESS"} < set(left) < set(before)
    assert len(left) == 4


def test_appending_renames_nothing(
    spark_on_s3: SparkSession, s3_server: S3Server, place: str
) -> None:
    table = TableDataset(
        filepath=f"{place}/table", schema=SCHEMA, save_args={"partitionBy": "length"}
    )
    before = len(s3_server.asked())
    table.save(frame(spark_on_s3, ("a", 1), ("b", 2)))
    asked = s3_server.asked()[before:]
    uploads = [address for method, address in asked if "uploads" in address]
    assert len(uploads) >= 2
    # A rename is a copy and a deletion; magic's own notes apart, nothing is deleted.
    data = [(m, a) for m, a in asked if ".parquet" in a and "__magic" not in a]
    assert {method for method, _ in data} <= {"POST", "PUT", "HEAD", "GET"}
    assert sorted(map(tuple, table.load().collect())) == [("a", 1), ("b", 2)]
