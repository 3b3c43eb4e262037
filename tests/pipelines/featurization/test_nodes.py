import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fruit_features.backbone.inference import FeatureExtractor
from fruit_features.backbone.source import bundled_backbone
from fruit_features.backbone.spec import Backbone
from fruit_features.datasets.image_folder_dataset import IDENTITY
from fruit_features.datasets.table_dataset import TableDataset
from fruit_features.exceptions import BackboneError
from fruit_features.pipelines.featurization import nodes
from fruit_features.pipelines.featurization.nodes import (
    featurize_images,
    prepare_backbone,
)
from fruit_features.pipelines.featurization.parameters import (
    BackboneParameters,
    FeaturizationParameters,
)
from fruit_features.pipelines.ingestion.nodes import IMAGES_SCHEMA
from tests.pictures import jpeg

WHEN = dt.datetime(2026, 1, 2, 3, 4, 5, 678901)
COUNT = 10
NO_IMAGES = pd.DataFrame()


def image(number: int, content: bytes | None = None) -> tuple[Any, ...]:
    key = f"a/{number}.jpg"
    return key, f"/x/{key}", "a", 5, WHEN, content or jpeg(number), None, None


@pytest.fixture(scope="module")
def images(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """Nine pictures and a bad one, packed into five files."""
    folder = tmp_path_factory.mktemp("packed") / "images"
    table = TableDataset(filepath=str(folder), schema=IMAGES_SCHEMA)
    rows = [*(image(n) for n in range(COUNT - 1)), image(COUNT - 1, b"bad")]
    for start in range(0, COUNT, 2):
        frame = spark.createDataFrame(rows[start : start + 2], IMAGES_SCHEMA)
        table.save(frame.coalesce(1))
    return table.load()


def featurize(
    images: DataFrame,
    checkpoint: int = 100,
    done: list[str] = (),  # type: ignore[assignment]
    taken: list[str] | None = None,
) -> Iterator[dict[str, DataFrame]]:
    keys = images.select(*IDENTITY, "label").cache()
    chosen = F.lit(True) if taken is None else F.col("image_key").isin(taken)
    features = keys.where(F.col("image_key").isin(list(done)))
    return featurize_images(
        keys.withColumn("selected", chosen),
        images,
        features.withColumn("backbone_id", F.lit(bundled_backbone().id)),
        keys.limit(0).withColumn("reason", F.lit("")),
        bundled_backbone(),
        FeaturizationParameters(
            max_pixels=10**6,
            checkpoint_images=checkpoint,
            max_failure_rate=1,
            retry_quarantined=False,
        ),
    )


def test_features_and_quarantine_share_the_images(images: DataFrame) -> None:
    (part,) = featurize(images)
    features = {row.image_key: row for row in part["features"].collect()}
    (bad,) = part["quarantine"].collect()
    assert set(features) == {f"a/{n}.jpg" for n in range(COUNT - 1)}
    assert (bad.image_key, bad.reason) == ("a/9.jpg", "not_an_image")
    extractor = FeatureExtractor(bundled_backbone().model)
    for number in range(COUNT - 1):
        row = features[f"a/{number}.jpg"]
        expected = extractor.extract(jpeg(number), 10**6)
        np.testing.assert_array_equal(np.float32(row.features), expected)
        assert row.modification_time == WHEN
        assert row.backbone_id == bundled_backbone().id


def test_inference_runs_once_for_both_tables(
    images: DataFrame, monkeypatch: pytest.MonkeyPatch, spark: SparkSession
) -> None:
    counter = spark.sparkContext.accumulator(0)
    make = nodes.extract_features_udf

    def counting(*arguments: Any) -> Any:
        udf = make(*arguments)
        function = udf.func

        def count(batches: Iterator[Any]) -> Iterator[Any]:
            for batch in batches:
                counter.add(len(batch[0]))
                yield from function(iter([batch]))

        count.__annotations__ = function.__annotations__
        return nodes.F.pandas_udf(count, udf.returnType, udf.evalType)

    monkeypatch.setattr(nodes, "extract_features_udf", counting)
    for part in featurize(images):
        for table in ("features", "quarantine"):
            part[table].write.format("noop").mode("overwrite").save()
    assert counter.value == COUNT


def test_plan_reads_the_cache_and_infers_under_it(images: DataFrame) -> None:
    # Still in its first part: the cache is given up with the second.
    parts = featurize(images)
    part = next(parts)
    for frame in part.values():
        plan = frame._jdf.queryExecution().executedPlan().toString()
        above, _, below = plan.partition("InMemoryRelation")
        assert "ArrowEvalPython" not in above
        assert below.count("ArrowEvalPython") == 1


def test_parts_are_whole_files_of_about_the_size(images: DataFrame) -> None:
    parts = [
        part["features"].count() + part["quarantine"].count()
        for part in featurize(images, checkpoint=4)
    ]
    assert parts == [4, 4, 2]


def test_what_is_done_is_not_done_again(images: DataFrame) -> None:
    (part,) = featurize(images, done=["a/0.jpg", "a/1.jpg", "a/5.jpg"])
    rest = {row.image_key for row in part["features"].collect()}
    assert rest == {f"a/{n}.jpg" for n in (2, 3, 4, 6, 7, 8)}


def test_only_taken_images_are_featurized(images: DataFrame) -> None:
    (part,) = featurize(images, taken=["a/3.jpg"])
    assert [row.image_key for row in part["features"].collect()] == ["a/3.jpg"]


def test_nothing_to_do_gives_one_empty_part(images: DataFrame) -> None:
    everything = [f"a/{n}.jpg" for n in range(COUNT)]
    (part,) = featurize(images, done=everything)
    assert part["features"].isEmpty()
    assert part["quarantine"].isEmpty()


class TestPrepareBackbone:
    BUNDLED = BackboneParameters("bundled", None, None)

    def test_bundled_needs_no_export(self) -> None:
        made = prepare_backbone(lambda: None, NO_IMAGES, self.BUNDLED)
        assert made == {"backbone": bundled_backbone(), "exported": {}}

    def test_export_is_used_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        weights = tmp_path / "mine.keras"
        weights.write_bytes(b"weights")
        exported = Backbone("b", "mine.keras", 1.0, 224, 1280, "ab", b"model")
        calls = []

        def export(*arguments: Any) -> Backbone:
            calls.append(arguments)
            return exported

        monkeypatch.setattr(nodes, "export_from_source", export)
        parameters = BackboneParameters(str(weights), None, None)
        first = prepare_backbone(lambda: None, NO_IMAGES, parameters)
        stored = {key: (lambda: exported) for key in first["exported"]}
        again = prepare_backbone(lambda: stored, NO_IMAGES, parameters)
        assert first["backbone"] == again["backbone"] == exported
        assert again["exported"] == {}
        assert calls == [(str(weights), 1.0, 224, None)]

        weights.write_bytes(b"other weights")
        assert prepare_backbone(lambda: stored, NO_IMAGES, parameters)["exported"] != {}
        assert len(calls) == 2

    def test_misfit_is_told_before_any_export(self, tmp_path: Path) -> None:
        weights = tmp_path / "bad.weights.h5"
        weights.write_bytes(b"no weights")
        with pytest.raises(BackboneError, match="is not a weights file"):
            BackboneParameters(str(weights), None, None)
