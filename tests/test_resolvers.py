"""What the configuration of --env emr is, by what the environment says."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader
from omegaconf.errors import InterpolationResolutionError

from fruit_features.resolvers import cores, setting
from fruit_features.settings import CONFIG_LOADER_ARGS

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

Load = Callable[[], Any]
OTHERS = ("AWS_", "FRUIT_FEATURES_", "SPARK_")


@pytest.fixture
def load(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    for name in filter(lambda each: each.startswith(OTHERS), [*os.environ]):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/aws")
    monkeypatch.setenv("FRUIT_FEATURES_BUCKET", "fruit")
    return lambda: OmegaConfigLoader(
        str(project / "conf"), env="emr", **CONFIG_LOADER_ARGS
    )


def test_everything_lies_in_the_bucket(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = load()["catalog"]
    places = {
        name: place
        for name, entry in catalog.items()
        if (place := entry.get("filepath") or entry.get("path"))
    }
    local = {name for name, place in places.items() if not place.startswith("s3a://")}
    assert local == {"training_state"}
    assert places["features"] == "s3a://fruit/fruit_features/04_feature/features"
    assert places["raw_images"] == "s3a://fruit/fruit_features/01_raw/images"
    monkeypatch.setenv("FRUIT_FEATURES_PREFIX", "a/b")
    assert load()["catalog"]["report"]["filepath"] == "s3a://fruit/a/b" + (
        "/08_reporting/report.html"
    )


def test_no_bucket(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRUIT_FEATURES_BUCKET")
    with pytest.raises(InterpolationResolutionError, match="FRUIT_FEATURES_BUCKET is"):
        load()


def test_spark_on_amazon(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_HOME", "/usr/lib/spark")
    spark = load()["spark"]
    assert spark["spark.master"] == "yarn"
    assert spark["spark.hadoop.fs.s3a.endpoint"] is None
    # EMR's Spark has its own.
    for name in ("spark.jars.packages", "spark.sql.sources.commitProtocolClass"):
        assert spark[name] is None
    assert spark["spark.default.parallelism"] == 64
    # What base says and emr does not stays.
    assert spark["spark.sql.session.timeZone"] == "UTC"


def test_another_s3_and_pips_spark(
    load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://minio:9000")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    spark = load()["spark"]
    assert spark["spark.hadoop.fs.s3a.endpoint"] == "http://minio:9000"
    assert spark["spark.hadoop.fs.s3a.path.style.access"] is True
    assert spark["spark.executorEnv.AWS_REGION"] == "eu-west-3"
    assert "hadoop-aws:3.3.4" in spark["spark.jars.packages"]
    assert spark["spark.sql.sources.commitProtocolClass"].endswith("CommitProtocol")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://minio:9001")
    # A cluster's own settings say where its jars are.
    (tmp_path / "spark-defaults.conf").touch()
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    spark = load()["spark"]
    assert spark["spark.hadoop.fs.s3a.endpoint"] == "http://minio:9001"
    assert spark["spark.jars.packages"] is None
    assert spark["spark.sql.sources.commitProtocolClass"].endswith("CommitProtocol")


def test_a_profile_says_where_s3_is(
    load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = "region = eu-west-3\nendpoint_url = http://minio:9000\n"
    (tmp_path / "aws").write_text(f"[profile other]\n{said}")
    assert load()["spark"]["spark.hadoop.fs.s3a.endpoint"] is None
    assert load()["cluster"]["region"] == "eu-west-1"
    monkeypatch.setenv("AWS_PROFILE", "other")
    spark = load()["spark"]
    assert spark["spark.hadoop.fs.s3a.endpoint"] == "http://minio:9000"
    assert spark["spark.hadoop.fs.s3a.path.style.access"] is True
    assert spark["spark.executorEnv.AWS_REGION"] == "eu-west-3"
    assert load()["cluster"]["region"] == "eu-west-3"
    # The environment goes before it.
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert load()["spark"]["spark.hadoop.fs.s3a.endpoint.region"] == "eu-north-1"


def test_keys_reach_no_configuration(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted")
    loader = load()
    for group in ("catalog", "spark", "parameters"):
        assert "planted" not in str(loader[group])
    with pytest.raises(Exception, match="no setting; there are: FRUIT_FEATURES_BUCKET"):
        setting("AWS_SECRET_ACCESS_KEY")


def test_a_table_is_read_by_sixteen_tasks_a_core(load: Load, project: Path) -> None:
    base = OmegaConfigLoader(str(project / "conf"), **CONFIG_LOADER_ARGS)
    base["globals"]
    tasks = "spark.sql.files.minPartitionNum"
    assert base["spark"][tasks] == 16 * cores()
    assert load()["spark"][tasks] == 16 * 16 * 4
