import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from fruit_features.backbone.inference import FeatureExtractor
from fruit_features.backbone.source import bundled_backbone
from fruit_features.backbone.spec import Backbone
from fruit_features.datasets.table_dataset import TableDataset
from fruit_features.exceptions import BackboneError, NoFeaturesError
from fruit_features.pipelines.featurization import nodes
from fruit_features.pipelines.featurization.nodes import (
    featurize_images,
    prepare_backbone,
)
from fruit_features.pipelines.featurization.parameters import (
    BackboneParameters,
    FeaturizationParameters,
)
from fruit_features.tables import IDENTITY, SCHEMAS
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
    table = TableDataset(filepath=str(folder), schema=SCHEMAS["images"])
    rows = [*(image(n) for n in range(COUNT - 1)), image(COUNT - 1, b"bad")]
    for start in range(0, COUNT, 2):
        frame = spark.createDataFrame(rows[start : start + 2], SCHEMAS["images"])
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
    parameters = FeaturizationParameters(
        max_pixels=10**6,
        checkpoint_images=checkpoint,
        max_failure_rate=1,
        retry_quarantined=False,
    )
    return featurize_images(
        keys.withColumn("selected", chosen),
        images,
        features.withColumn("backbone_id", F.lit(bundled_backbone().id)),
        keys.limit(0).withColumn("reason", F.lit("")),
        bundled_backbone(),
        parameters,
    )


def saved(parts: Iterator[dict[str, DataFrame]]) -> list[tuple[list[Row], list[Row]]]:
    """Compute part after part, in the order in which Kedro saves them."""
    return [(p["features"].collect(), p["quarantine"].collect()) for p in parts]


def keys(rows: list[Row]) -> list[str]:
    return sorted(row.image_key for row in rows)


def test_features_and_then_failures(images: DataFrame) -> None:
    (features, nothing), (no_more, (bad,)) = saved(featurize(images))
    assert nothing == no_more == []
    assert keys(features) == [f"a/{n}.jpg" for n in range(COUNT - 1)]
    assert (bad.image_key, bad.reason) == ("a/9.jpg", "not_an_image")
    assert "starts with b'bad'" in bad.detail
    assert (bad.path, bad.length, bad.label) == ("/x/a/9.jpg", 5, "a")
    assert bad.modification_time == WHEN
    extractor = FeatureExtractor(bundled_backbone().model)
    for row in features:
        content = jpeg(int(row.image_key[2:-4]))
        (expected,) = extractor.extract([content], 10**6)
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
        copy = nodes.F.pandas_udf(count, udf.returnType, udf.evalType)
        return copy if udf.deterministic else copy.asNondeterministic()

    monkeypatch.setattr(nodes, "extract_features_udf", counting)
    for part in featurize(images):
        for table in ("features", "quarantine"):
            part[table].write.format("noop").mode("overwrite").save()
    assert counter.value == COUNT


def test_plan_infers_once_and_holds_nothing_back(images: DataFrame) -> None:
    part = next(featurize(images))

    def plan(name: str) -> str:
        return part[name]._jdf.queryExecution().executedPlan().toString()

    assert plan("features").count("ArrowEvalPython") == 1
    # Neither a shuffle nor a cache: a task's features are written as it ends.
    above_images = plan("features").partition("BroadcastHashJoin")[0]
    assert "Exchange" not in above_images
    assert "InMemoryRelation" not in above_images
    assert "ArrowEvalPython" not in plan("quarantine")


def test_a_packed_file_is_a_task(images: DataFrame) -> None:
    part = next(featurize(images))
    assert part["features"].rdd.getNumPartitions() == COUNT // 2


def test_parts_are_whole_files_of_about_the_size(images: DataFrame) -> None:
    parts = saved(featurize(images, checkpoint=4))
    assert [len(features) for features, _ in parts][-1] == 0
    # What failed is written with the next part.
    done = [
        len(features) + len(failures)
        for (features, _), (_, failures) in zip(parts, parts[1:], strict=False)
    ]
    assert done == [4, 4, 2]


def test_what_is_done_is_not_done_again(images: DataFrame) -> None:
    parts = saved(featurize(images, done=["a/0.jpg", "a/1.jpg", "a/5.jpg"]))
    assert keys(parts[0][0]) == [f"a/{n}.jpg" for n in (2, 3, 4, 6, 7, 8)]


def test_only_taken_images_are_featurized(images: DataFrame) -> None:
    parts = saved(featurize(images, taken=["a/3.jpg"]))
    assert keys(parts[0][0]) == ["a/3.jpg"]


def test_nothing_to_do_gives_one_empty_part(images: DataFrame) -> None:
    everything = [f"a/{n}.jpg" for n in range(COUNT)]
    assert saved(featurize(images, done=everything)) == [([], [])]


def test_not_one_good_image_is_an_error_after_the_last_part(images: DataFrame) -> None:
    parts = featurize(images, taken=["a/9.jpg"])
    (_, nothing), (_, failures) = saved(itertools.islice(parts, 2))
    assert (nothing, keys(failures)) == ([], ["a/9.jpg"])
    with pytest.raises(NoFeaturesError, match=r"\(1 not_an_image\)"):
        next(parts)


def backbone_parameters(weights: str) -> BackboneParameters:
    return BackboneParameters(
        weights=weights, alpha=None, input_size=None, precision="float32"
    )


class TestPrepareBackbone:
    BUNDLED = backbone_parameters("bundled")

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
        parameters = backbone_parameters(str(weights))
        first = prepare_backbone(lambda: None, NO_IMAGES, parameters)
        stored = {key: (lambda: exported) for key in first["exported"]}
        again = prepare_backbone(lambda: stored, NO_IMAGES, parameters)
        assert first["backbone"] == again["backbone"] == exported
        assert again["exported"] == {}
        assert calls == [(str(weights), 1.0, 224, None)]

        weights.write_bytes(b"other weights")
        assert prepare_backbone(lambda: stored, NO_IMAGES, parameters)["exported"] != {}
        assert len(calls) == 2

    def test_misfit_is_told_before_any_run(self, tmp_path: Path) -> None:
        weights = tmp_path / "bad.weights.h5"
        weights.write_bytes(b"no weights")
        with pytest.raises(BackboneError, match="is not a weights file"):
            backbone_parameters(str(weights))
