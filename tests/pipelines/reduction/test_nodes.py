import dataclasses
import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import threadpoolctl
from pyspark.ml.feature import PCA, PCAModel, StandardScalerModel
from pyspark.ml.feature import StandardScaler as MLlibScaler
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.decomposition import PCA as SklearnPCA
from sklearn.preprocessing import StandardScaler

from fruit_features.backbone.spec import Backbone
from fruit_features.exceptions import (
    ModelMismatchError,
    NoFeaturesError,
    VarianceTargetError,
)
from fruit_features.pipelines.reduction.fit import components_for
from fruit_features.pipelines.reduction.nodes import fit_pca, reduce_features
from fruit_features.pipelines.reduction.parameters import ReductionParameters

BACKBONE = Backbone("b1", "bundled", 0.35, 96, 40, "ab", b"")
ROWS, DIMENSIONS = 300, 40
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

PARTS = ("scaler", "model", "components", "variance", "summary")


def nothing() -> dict[str, None]:
    """Load the stored fit where there is none."""
    return dict.fromkeys(PARTS)


def parameters(**given: Any) -> ReductionParameters:
    how_many = {"components": None, "variance": None, "quality_images": 5000}
    how = {"refit": True, "standardise": False}
    return ReductionParameters(**{**how_many, **how, **given})


def matrix(rows: int = ROWS, seed: int = 0) -> np.ndarray:
    """Features like a network's: positive, of very different spread."""
    random = np.random.default_rng(seed)
    spread = np.geomspace(1, 0.001, DIMENSIONS)
    mixed = random.normal(size=(rows, DIMENSIONS)) * spread
    turned = mixed @ np.linalg.qr(random.normal(size=(DIMENSIONS, DIMENSIONS)))[0]
    return (turned + 5).astype(np.float32)


def frame(spark: SparkSession, values: np.ndarray, backbone: str = "b1") -> DataFrame:
    rows = [
        (f"a/{n}.jpg", "a", [float(v) for v in row], backbone, LONG_AGO)
        for n, row in enumerate(values)
    ]
    schema = (
        "image_key string, label string, features array<float>, backbone_id string, "
        "featurized_at timestamp"
    )
    return spark.createDataFrame(rows, schema)


@pytest.fixture(scope="module")
def features(spark: SparkSession) -> DataFrame:
    return frame(spark, matrix()).cache()


@pytest.fixture(scope="module")
def fitted(features: DataFrame) -> dict[str, Any]:
    return fit_pca(features, BACKBONE, nothing, parameters(components=10))


def test_ratios_equal_those_of_numpys_svd(fitted: dict[str, Any]) -> None:
    values = matrix().astype(np.float64)
    singular = np.linalg.svd(values - values.mean(axis=0), compute_uv=False)
    ratios = singular**2 / (singular**2).sum()
    variance = fitted["variance"]
    np.testing.assert_allclose(variance["ratio"], ratios, atol=1e-6)
    np.testing.assert_allclose(variance["cumulative"], ratios.cumsum(), atol=1e-6)
    assert variance["component"].tolist() == list(range(1, DIMENSIONS + 1))


def test_subspace_is_that_of_scikit_learn(fitted: dict[str, Any]) -> None:
    theirs = SklearnPCA(10).fit(matrix().astype(np.float64)).components_
    ours = fitted["model"].pc.toArray().T
    # The singular values of the product are the cosines between two subspaces.
    np.testing.assert_allclose(np.linalg.svd(ours @ theirs.T)[1], 1, atol=1e-6)
    np.testing.assert_allclose(np.abs(np.diag(ours @ theirs.T)), 1, atol=1e-6)


def test_model_equals_mllibs_own_fit(
    features: DataFrame, fitted: dict[str, Any]
) -> None:
    vectors = features.withColumn("vector", array_to_vector(F.col("features")))
    mllib = PCA(k=10, inputCol="vector", outputCol="pca").fit(vectors)
    ours, theirs = fitted["model"].pc.toArray(), mllib.pc.toArray()
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-6)
    np.testing.assert_allclose(
        fitted["model"].explainedVariance, mllib.explainedVariance, atol=1e-9
    )


def test_signs_are_fixed_whatever_the_order_of_rows(
    spark: SparkSession, fitted: dict[str, Any]
) -> None:
    turned = frame(spark, matrix()[::-1])
    again = fit_pca(turned, BACKBONE, nothing, parameters(components=10))["model"]
    ours = fitted["model"].pc.toArray()
    np.testing.assert_allclose(again.pc.toArray(), ours, atol=1e-9)
    assert (ours[np.abs(ours).argmax(axis=0), range(10)] > 0).all()


def test_reduced_features_equal_the_projection(
    features: DataFrame, fitted: dict[str, Any]
) -> None:
    reduced = reduce_features(
        features, BACKBONE, fitted["scaler"], fitted["model"]
    ).toPandas()
    order = reduced["image_key"].str.extract(r"(\d+)")[0].astype(int)
    ours = np.stack(reduced["pca_features"])[order.argsort()]
    theirs = matrix().astype(np.float64) @ fitted["model"].pc.toArray()
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    assert "features" not in reduced


def test_summary_says_what_was_fitted(fitted: dict[str, Any]) -> None:
    summary = fitted["summary"]
    kept = fitted["variance"]["cumulative"][9]
    assert summary["variance_retained"] == pytest.approx(kept)
    expected = {"backbone_id": "b1", "rows": ROWS, "components": 10}
    assert expected.items() <= summary.items()


@pytest.mark.parametrize(
    ("variance", "components"),
    [(0.1, 1), (0.5, 1), (0.500001, 2), (0.75, 2), (0.76, 3), (1, 4)],
)
def test_components_for_a_share_of_variance(variance: float, components: int) -> None:
    # The last component adds nothing, and rounding keeps the sum below 1.
    ratios = np.array([0.5, 0.25, 0.15, 0.1 - 1e-13, 0.0])
    assert components_for(variance, ratios) == components


def test_variance_in_place_of_components(features: DataFrame) -> None:
    fitted = fit_pca(features, BACKBONE, nothing, parameters(variance=0.9))
    k = fitted["summary"]["components"]
    cumulative = fitted["variance"]["cumulative"]
    assert cumulative[k - 1] >= 0.9 > cumulative[k - 2]
    assert fitted["model"].getK() == k


def test_fewer_rows_than_components_gives_as_many_as_possible(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    few = frame(spark, matrix(rows=7))
    with caplog.at_level(logging.WARNING):
        fitted = fit_pca(few, BACKBONE, nothing, parameters())
    assert fitted["summary"]["components"] == 7
    assert "100 components wanted; 7 images" in caplog.text


def test_other_backbones_rows_do_not_count(
    spark: SparkSession, features: DataFrame, fitted: dict[str, Any]
) -> None:
    both = features.union(frame(spark, matrix(seed=9) * 100, backbone="b2"))
    again = fit_pca(both, BACKBONE, nothing, parameters(components=10))
    pd.testing.assert_frame_equal(again["variance"], fitted["variance"])
    reduced = reduce_features(both, BACKBONE, again["scaler"], again["model"])
    assert reduced.count() == ROWS


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_rows_is_a_clear_error(spark: SparkSession, rows: int) -> None:
    few = frame(spark, matrix()[:rows])
    with pytest.raises(NoFeaturesError, match=f"{rows} image"):
        fit_pca(few, BACKBONE, nothing, parameters())


def test_equal_images_have_no_variance(spark: SparkSession) -> None:
    same = frame(spark, np.ones((5, DIMENSIONS), np.float32))
    fitted = fit_pca(same, BACKBONE, nothing, parameters(components=2))
    assert fitted["variance"]["ratio"].tolist() == [0.0] * DIMENSIONS
    with pytest.raises(VarianceTargetError, match="all 40 components together keep 0"):
        fit_pca(same, BACKBONE, nothing, parameters(variance=0.9))


@pytest.mark.parametrize("variance", [0.76, 1])
def test_variance_out_of_reach_says_how_far_it_gets(variance: float) -> None:
    with pytest.raises(VarianceTargetError, match="2 components together keep 0.75"):
        components_for(variance, np.array([0.5, 0.25]))


def test_features_that_are_no_numbers_are_a_clear_error(spark: SparkSession) -> None:
    broken = frame(spark, np.full((5, DIMENSIONS), np.nan, np.float32))
    with pytest.raises(NoFeaturesError, match="not finite numbers"):
        fit_pca(broken, BACKBONE, nothing, parameters())


def test_summary_names_the_libraries(fitted: dict[str, Any]) -> None:
    loaded = {library["internal_api"] for library in threadpoolctl.threadpool_info()}
    found = loaded & {"openblas", "mkl", "blis", "flexiblas"}
    # numpy's own; on macOS it is Accelerate, which threadpoolctl does not know.
    assert not found or any(name in fitted["summary"]["blas"] for name in found)
    assert fitted["summary"]["lapack"]


class TestStandardised:
    @pytest.fixture(scope="class")
    def values(self) -> np.ndarray:
        spread = np.geomspace(1, 1000, DIMENSIONS)
        # One feature that is always the same.
        return (matrix() * spread * (np.arange(DIMENSIONS) != 7)).astype(np.float32)

    @pytest.fixture(scope="class")
    def standard(self, spark: SparkSession, values: np.ndarray) -> dict[str, Any]:
        rows = frame(spark, values)
        wanted = parameters(components=10, standardise=True)
        return fit_pca(rows, BACKBONE, nothing, wanted)

    def test_equals_scikit_learn(
        self, standard: dict[str, Any], values: np.ndarray
    ) -> None:
        scaled = StandardScaler().fit_transform(values.astype(np.float64))
        theirs = SklearnPCA(10).fit(scaled)
        np.testing.assert_allclose(
            standard["variance"]["ratio"][:10],
            theirs.explained_variance_ratio_,
            atol=1e-6,
        )
        ours = standard["model"].pc.toArray().T
        cosines = np.linalg.svd(ours @ theirs.components_.T)[1]
        np.testing.assert_allclose(cosines, 1, atol=1e-6)

    def test_projection_equals_mllibs_own(
        self, spark: SparkSession, standard: dict[str, Any], values: np.ndarray
    ) -> None:
        rows = frame(spark, values).withColumn(
            "raw_vector", array_to_vector(F.col("features"))
        )
        scaler = MLlibScaler(inputCol="raw_vector", outputCol="vector").fit(rows)
        pca = PCA(k=10, inputCol="vector", outputCol="pca").fit(scaler.transform(rows))
        theirs = pca.transform(scaler.transform(rows)).select("image_key", "pca")
        theirs_by_key = {row.image_key: row.pca.toArray() for row in theirs.collect()}
        ours = reduce_features(
            rows, BACKBONE, standard["scaler"], standard["model"]
        ).collect()
        for row in ours:
            expected = theirs_by_key[row.image_key]
            np.testing.assert_allclose(np.abs(row.pca_features), np.abs(expected), 1e-4)

    def test_stored_models_project_the_same(
        self,
        spark: SparkSession,
        standard: dict[str, Any],
        values: np.ndarray,
        tmp_path: Path,
    ) -> None:
        rows = frame(spark, values[:20])
        for name in ("scaler", "model"):
            standard[name].write().overwrite().save(f"file://{tmp_path}/{name}")
        scaler = StandardScalerModel.load(f"file://{tmp_path}/scaler")
        model = PCAModel.load(f"file://{tmp_path}/model")
        before = reduce_features(rows, BACKBONE, standard["scaler"], standard["model"])
        assert reduce_features(rows, BACKBONE, scaler, model).collect() == (
            before.collect()
        )
        assert scaler.getWithStd()
        assert not scaler.getWithMean()
        assert model.getK() == 10


def test_5000_real_shaped_features_equal_scikit_learn(
    spark: SparkSession, tmp_path: Path
) -> None:
    """Takes some ten seconds, half of them scikit-learn's."""
    random = np.random.default_rng(5)
    # As MobileNetV2's: never negative, mostly small, a few directions that tell.
    values = random.normal(size=(5000, 60)) * np.geomspace(3, 0.1, 60)
    values = values @ random.normal(size=(60, 1280)) / 8
    values += random.normal(size=values.shape) * 0.1
    values = np.clip(values, 0, 6).astype(np.float32)
    table = pa.table({"features": list(values), "backbone_id": ["b1"] * 5000})
    pq.write_table(table, tmp_path / "features.parquet")
    rows = spark.read.parquet(str(tmp_path / "features.parquet"))
    wide = dataclasses.replace(BACKBONE, dimensions=1280)
    fitted = fit_pca(rows, wide, nothing, parameters())
    theirs = SklearnPCA(svd_solver="full").fit(values.astype(np.float64))
    np.testing.assert_allclose(
        fitted["variance"]["ratio"], theirs.explained_variance_ratio_, atol=1e-6
    )
    ours = fitted["model"].pc.toArray()
    cosines = np.linalg.svd(theirs.components_[:100] @ ours)[1]
    np.testing.assert_allclose(cosines, 1, atol=1e-6)


class TestStoredModel:
    @pytest.fixture
    def stored(self, fitted: dict[str, Any]) -> Callable[[], dict[str, Any]]:
        return lambda: fitted

    def test_is_used_as_it_is(
        self,
        spark: SparkSession,
        stored: Callable[[], dict[str, Any]],
        fitted: dict[str, Any],
    ) -> None:
        new = frame(spark, matrix(rows=5, seed=3))
        assert fit_pca(new, BACKBONE, stored, parameters(refit=False)) == fitted

    def test_is_not_loaded_when_fitting_anew(self, features: DataFrame) -> None:
        fit_pca(features, BACKBONE, pytest.fail, parameters(components=2))

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"components": 4}, "keeps 10 components, 4 are asked for"),
            ({"variance": 0.1}, "keeps 10 components, 1 are asked for"),
            ({"standardise": True}, "fitted on features as they are"),
        ],
    )
    def test_that_is_not_what_is_asked_for_is_refused(
        self,
        features: DataFrame,
        stored: Callable[[], dict[str, Any]],
        given: dict[str, Any],
        message: str,
    ) -> None:
        with pytest.raises(ModelMismatchError, match=message):
            fit_pca(features, BACKBONE, stored, parameters(refit=False, **given))

    def test_that_is_asked_for_by_its_own_number_is_taken(
        self,
        features: DataFrame,
        stored: Callable[[], dict[str, Any]],
        fitted: dict[str, Any],
    ) -> None:
        same = parameters(refit=False, components=10)
        assert fit_pca(features, BACKBONE, stored, same) == fitted

    def test_of_another_backbone_is_refused(
        self, features: DataFrame, stored: Callable[[], dict[str, Any]]
    ) -> None:
        other = Backbone("b2", "imagenet", 1.0, 224, 40, "cd", b"")
        with pytest.raises(ModelMismatchError, match="features of b1, not of b2"):
            fit_pca(features, other, stored, parameters(refit=False))

    def test_missing_is_a_clear_error(self, features: DataFrame) -> None:
        with pytest.raises(ModelMismatchError, match="no fitted model is stored"):
            fit_pca(features, BACKBONE, nothing, parameters(refit=False))
