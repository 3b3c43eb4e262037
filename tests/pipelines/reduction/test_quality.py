import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from sklearn.decomposition import PCA
from sklearn.model_selection import PredefinedSplit
from sklearn.neighbors import KNeighborsClassifier

from fruit_features.pipelines.reduction.nodes import (
    fit_pca,
    measure_drift,
    measure_reduction_quality,
    sample_features,
)
from fruit_features.pipelines.reduction.quality import (
    Basis,
    between_within,
    knn_accuracy,
    measure_quality,
)
from tests.pipelines.reduction.test_nodes import (
    BACKBONE,
    DIMENSIONS,
    LONG_AGO,
    frame,
    matrix,
    nothing,
    parameters,
)

LABELS = 6


def labelled(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Rows about a centre a label, so close that neighbours err at times."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, LABELS, rows)
    centres = random.normal(size=(LABELS, DIMENSIONS))
    values = centres[labels] + 2.2 * random.normal(size=(rows, DIMENSIONS))
    named = [f"label {n}" for n in labels]
    return pd.DataFrame({"label": named, "features": list(values.astype(np.float32))})


def basis_of(values: np.ndarray) -> Basis:
    fitted = PCA().fit(values)
    variance = float(values.var(axis=0, ddof=1).sum())
    ones = np.ones(values.shape[1])
    return Basis(values.mean(axis=0), ones, fitted.components_.T, variance)


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return labelled()


@pytest.fixture(scope="module")
def values(sample: pd.DataFrame) -> np.ndarray:
    return np.stack(sample["features"].to_list()).astype(np.float64)


@pytest.fixture(scope="module")
def table(sample: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    return measure_quality(sample, basis_of(values), [2, 10, 999])


def test_a_row_a_number_of_components_and_one_of_all(table: pd.DataFrame) -> None:
    assert table["components"].tolist() == [2, 10, DIMENSIONS]
    assert set(table["images"]) == {240}


@pytest.mark.parametrize(("row", "components"), [(0, 2), (1, 10), (2, DIMENSIONS)])
def test_measures_equal_scikit_learns(
    table: pd.DataFrame,
    sample: pd.DataFrame,
    values: np.ndarray,
    row: int,
    components: int,
) -> None:
    fitted = PCA(components).fit(values)
    reduced = fitted.transform(values)
    lost = ((fitted.inverse_transform(reduced) - values) ** 2).sum()
    total = ((values - values.mean(axis=0)) ** 2).sum()
    assert table["reconstruction_error"][row] == pytest.approx(lost / total, abs=1e-9)

    label = sample["label"].to_numpy()
    # The last of every five of a label is held out.
    fold = np.where(sample.groupby("label").cumcount() % 5 == 4, 0, -1)
    ((known, asked),) = PredefinedSplit(fold).split()
    neighbours = KNeighborsClassifier(5).fit(reduced[known], label[known])
    accuracy = neighbours.score(reduced[asked], label[asked])
    assert 0.3 < accuracy < 1
    assert table["knn_accuracy"][row] == accuracy
    assert table["held_out"][row] == len(asked)


def test_between_and_within_add_up_to_the_variance(values: np.ndarray) -> None:
    labels = np.arange(240) % 3
    ratio = between_within(values, labels)
    within = sum(
        ((values[labels == n] - values[labels == n].mean(axis=0)) ** 2).sum()
        for n in range(3)
    )
    total = ((values - values.mean(axis=0)) ** 2).sum()
    assert ratio == pytest.approx((total - within) / within)


def test_many_asked_rows_are_named_block_by_block(
    values: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, held_out = np.arange(240) % 4, np.arange(240) % 5 == 4
    whole = knn_accuracy(values, labels, held_out)
    monkeypatch.setattr("fruit_features.pipelines.reduction.quality.BLOCK_ROWS", 7)
    assert knn_accuracy(values, labels, held_out) == whole


def test_an_image_a_label_tells_nothing() -> None:
    few = pd.DataFrame({"label": ["a", "b"], "features": [[1.0, 2.0], [2.0, 1.0]]})
    table = measure_quality(few, basis_of(np.array([[1.0, 2.0], [2.0, 1.0]])), [1])
    assert table["knn_accuracy"].isna().all()
    assert table["between_within"].isna().all()
    assert table["held_out"].tolist() == [0, 0]


@pytest.fixture(scope="module")
def features(spark: SparkSession) -> DataFrame:
    return frame(spark, matrix()).cache()


@pytest.fixture(scope="module")
def fitted(features: DataFrame) -> dict[str, Any]:
    return fit_pca(features, BACKBONE, nothing, parameters(components=10))


def test_sample_is_the_same_few_each_time(
    spark: SparkSession, features: DataFrame
) -> None:
    first = sample_features(features, BACKBONE, 20)
    turned = frame(spark, matrix()[::-1])
    again = sample_features(turned.repartition(3), BACKBONE, 20)
    assert len(first) == 20
    assert first["image_key"].tolist() == again["image_key"].tolist()
    larger = sample_features(features, BACKBONE, 50)["image_key"]
    assert larger[:20].tolist() == first["image_key"].tolist()
    assert len(sample_features(features, BACKBONE, 5000)) == 300


def test_table_of_the_fitted_model(features: DataFrame, fitted: dict[str, Any]) -> None:
    table = measure_reduction_quality(
        features,
        BACKBONE,
        fitted["scaler"],
        fitted["components"],
        fitted["variance"],
        fitted["summary"],
        parameters(),
    )
    assert table["components"].tolist() == [10, 25, DIMENSIONS]
    # On all the images of the fit, what is lost is what the components leave out.
    np.testing.assert_allclose(
        table["reconstruction_error"], 1 - table["variance"], atol=1e-9
    )


class TestDrift:
    def measure(
        self, rows: DataFrame, fitted: dict[str, Any], refit: bool = False
    ) -> dict[str, Any]:
        parts = (fitted["scaler"], fitted["model"], fitted["summary"])
        return measure_drift(rows, BACKBONE, *parts, parameters(refit=refit))

    def test_of_a_fresh_fit_is_its_lost_variance(
        self, features: DataFrame, fitted: dict[str, Any]
    ) -> None:
        drift = self.measure(features, fitted, refit=True)
        lost = 1 - fitted["summary"]["variance_retained"]
        assert drift["fitted"] == {"images": 300, "error": pytest.approx(lost)}
        assert drift["new"] is None
        # The same, from the images themselves; a sample's variance is over n - 1.
        measured = self.measure(features, fitted)
        assert measured["fitted"]["error"] == pytest.approx(lost * 299 / 300)
        assert measured["ratio"] is None

    @pytest.mark.parametrize(
        ("like", "least", "most"), [(True, 0.5, 2), (False, 5, 1e9)]
    )
    def test_tells_new_images_that_differ(
        self,
        spark: SparkSession,
        features: DataFrame,
        fitted: dict[str, Any],
        like: bool,
        least: float,
        most: float,
    ) -> None:
        new = matrix()[::10] * (1.0 if like else -1.0)
        if not like:
            new[:, ::2] += 3
        since = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=1)
        rows = [
            (f"n/{n}", "n", [float(v) for v in row], "b1", since)
            for n, row in enumerate(new)
        ]
        both = features.union(spark.createDataFrame(rows, features.schema))
        drift = self.measure(both, fitted)
        assert drift["new"]["images"] == 30
        assert drift["fitted"]["images"] == 300
        assert least < drift["ratio"] < most
        centred = new.astype(np.float64) - matrix().astype(np.float64).mean(axis=0)
        kept = centred @ fitted["model"].pc.toArray()
        lost = (centred**2).sum(axis=1) - (kept**2).sum(axis=1)
        total = matrix().astype(np.float64).var(axis=0, ddof=1).sum()
        assert drift["new"]["error"] == pytest.approx(lost.mean() / total)

    def test_fit_and_features_are_told_apart_by_time(
        self, fitted: dict[str, Any]
    ) -> None:
        assert dt.datetime.fromisoformat(fitted["summary"]["fitted"]) > LONG_AGO
