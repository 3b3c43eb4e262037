"""A Keras model to a file and back; TensorFlow takes some 15 seconds to import."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from kedro.io import DatasetError

from fruit_features.backbone.mobilenet import quiet_tensorflow
from fruit_features.datasets.keras_model_dataset import KerasModelDataset

if TYPE_CHECKING:
    import keras


# Keras and NumPy 2 do not yet agree on how arrays are copied.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


@pytest.fixture(scope="module")
def model() -> "keras.Model":
    # As another program may want it.
    os.environ["KERAS_BACKEND"] = "torch"
    quiet_tensorflow()
    import keras

    assert keras.backend.backend() == "tensorflow"
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])


@pytest.mark.parametrize("place", ["{}/new folder/m.keras", "memory:///{}/m.keras"])
def test_round_trip(model: "keras.Model", tmp_path: Path, place: str) -> None:
    dataset = KerasModelDataset(filepath=place.format(tmp_path))
    assert not dataset.exists()
    dataset.save(model)
    assert dataset.exists()
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert np.array_equal(dataset.load()(values), model(values))


def test_loading_what_is_not_there_is_told(
    model: "keras.Model", tmp_path: Path
) -> None:
    dataset = KerasModelDataset(filepath=str(tmp_path / "m.keras"))
    with pytest.raises(DatasetError, match="m.keras"):
        dataset.load()
