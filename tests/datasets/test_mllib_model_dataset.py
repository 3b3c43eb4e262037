from pathlib import Path

import numpy as np
import pytest
from kedro.io import DatasetError
from pyspark.ml.feature import PCA, PCAModel
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession

from fruit_features.datasets.mllib_model_dataset import MLlibModelDataset

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

CLASS = "pyspark.ml.feature.PCAModel"


@pytest.fixture(scope="module")
def model(spark: SparkSession) -> PCAModel:
    values = [[1.0, 0.0, 2.0], [3.0, 1.0, 5.0], [-2.0, 4.0, 0.0]]
    rows = spark.createDataFrame([(Vectors.dense(row),) for row in values], ["x"])
    return PCA(k=2, inputCol="x", outputCol="reduced").fit(rows)


@pytest.mark.parametrize("folder", ["a b%20é #1", "a: b, c"])
def test_round_trip(model: PCAModel, tmp_path: Path, folder: str) -> None:
    dataset = MLlibModelDataset(
        filepath=str(tmp_path / folder / "model"), model_class=CLASS
    )
    assert not dataset.exists()
    dataset.save(model)
    assert dataset.exists()
    loaded = dataset.load()
    assert isinstance(loaded, PCAModel)
    assert np.array_equal(loaded.pc.toArray(), model.pc.toArray())
    assert np.array_equal(loaded.explainedVariance, model.explainedVariance)
    assert loaded.extractParamMap() == model.extractParamMap()


def test_saving_takes_the_place_of_an_older_one(
    model: PCAModel, tmp_path: Path
) -> None:
    dataset = MLlibModelDataset(filepath=str(tmp_path / "model"), model_class=CLASS)
    dataset.save(model)
    # As a run without refit does: what was loaded from there is saved there.
    dataset.save(dataset.load().setOutputCol("other"))
    loaded = dataset.load()
    assert loaded.getOutputCol() == "other"
    assert np.array_equal(loaded.pc.toArray(), model.pc.toArray())


@pytest.mark.parametrize("aborted", [False, True])
def test_loading_what_is_not_there_is_told(tmp_path: Path, aborted: bool) -> None:
    place = tmp_path / "model"
    if aborted:
        (place / "metadata" / "_temporary").mkdir(parents=True)
    dataset = MLlibModelDataset(filepath=str(place), model_class=CLASS)
    assert not dataset.exists()
    with pytest.raises(DatasetError, match=f"^no {CLASS} at '{place}'$"):
        dataset.load()
