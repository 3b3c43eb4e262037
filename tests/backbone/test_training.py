"""What a training is made of; TensorFlow takes some 15 seconds to import."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fruit_features.backbone.decoding import decode_image
from fruit_features.backbone.mobilenet import quiet_tensorflow
from fruit_features.backbone.training import (
    TrainingData,
    build_classifier,
    centre_crop,
    load_pictures,
    training_batches,
)
from tests.pictures import jpeg

# Keras and NumPy 2 do not yet agree on how arrays are copied.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


@pytest.fixture(scope="module")
def tensorflow() -> None:
    quiet_tensorflow()
    import keras

    keras.utils.set_random_seed(0)


class TestLoadPictures:
    def listing(self, folder: Path, files: dict[str, bytes]) -> pd.DataFrame:
        rows = []
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            rows.append((str(path), path.parent.name))
        return pd.DataFrame(rows, columns=["path", "label"])

    def test_are_decoded_in_order(self, tmp_path: Path) -> None:
        files = {"b/1.jpg": jpeg(1), "a/2.jpg": jpeg(2), "b/3.jpg": jpeg(3)}
        data = load_pictures(self.listing(tmp_path, files), ["a", "b"], 20)
        assert data.classes.tolist() == [1, 0, 1]
        expected = [decode_image(content, 20) for content in files.values()]
        assert np.array_equal(data.pixels, np.stack(expected))

    def test_other_labels_and_what_is_no_picture_are_left_out(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        files = {"a/1.jpg": jpeg(1), "c/2.jpg": jpeg(2), "a/3.jpg": b"<html>"}
        listing = self.listing(tmp_path, files)
        with caplog.at_level(logging.WARNING):
            data = load_pictures(listing, ["a", "b"], 20)
        assert data.classes.tolist() == [0]
        assert np.array_equal(data.pixels[0], decode_image(jpeg(1), 20))
        (record,) = caplog.records
        assert record.getMessage() == (
            f"{tmp_path / 'a/3.jpg'} left out: starts with b'<html>'"
        )

    def test_of_none(self) -> None:
        data = load_pictures(pd.DataFrame(columns=["path", "label"]), ["a"], 20)
        assert (data.pixels.shape, data.pixels.dtype) == ((0, 20, 20, 3), np.uint8)
        assert (data.classes.shape, data.classes.dtype) == ((0,), np.int32)


@pytest.mark.parametrize(
    ("side", "first", "last"), [(5, 0, 4), (4, 0, 3), (3, 1, 3), (1, 2, 2)]
)
def test_centre_crop(side: int, first: int, last: int) -> None:
    rows, columns = np.mgrid[0:5, 0:5]
    pixels = np.stack([rows, columns, rows], axis=-1)[None].astype(np.uint8)
    crop = centre_crop(pixels, side)
    assert crop.shape == (1, side, side, 3)
    assert crop[0, 0, 0].tolist() == [first, first, first]
    assert crop[0, -1, -1].tolist() == [last, last, last]


@pytest.mark.usefixtures("tensorflow")
class TestTrainingBatches:
    def test_every_picture_once_an_epoch_with_its_own_class(self) -> None:
        # Grey of 20, 60, ... 220; brightness changes by 25 at most.
        greys = np.arange(20, 256, 40, np.uint8)
        pixels = np.broadcast_to(greys[:, None, None, None], (6, 12, 12, 3))
        classes = np.arange(6, dtype=np.int32)
        batches = training_batches(TrainingData(pixels, classes), 10, 4, seed=0)
        assert len(batches) == 2
        for _ in range(2):
            found = [(x.numpy(), y.numpy()) for x, y in batches]
            assert [x.shape for x, _ in found] == [(4, 10, 10, 3), (2, 10, 10, 3)]
            labels = np.concatenate([y for _, y in found])
            assert sorted(labels) == [0, 1, 2, 3, 4, 5]
            means = np.concatenate([x for x, _ in found]).mean(axis=(1, 2, 3))
            assert np.abs(means - greys[labels]).max() <= 26

    def test_pixels_stay_in_range(self) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (8, 12, 12, 3), np.uint8)
        data = TrainingData(pixels, np.zeros(8, np.int32))
        values = np.concatenate([x for x, _ in training_batches(data, 10, 4, 0)])
        assert values.min() >= 0
        assert values.max() <= 255
        assert values.std() > 30  # still from 0 to 255, not to 1


@pytest.mark.usefixtures("tensorflow")
def test_classifier_takes_raw_pixels_and_learns_its_statistics_fast() -> None:
    import keras

    model = build_classifier(0.35, 32, n_classes=3, dropout=0.2)
    assert (model.input_shape, model.output_shape) == ((None, 32, 32, 3), (None, 3))
    (backbone,) = (la for la in model.layers if isinstance(la, keras.Model))
    norms = [
        layer
        for layer in backbone.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(norms) == 52
    assert {layer.momentum for layer in norms} == {0.9}
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
    features = backbone(pixels.astype("float32") / 127.5 - 1)
    logits = model.get_layer("head")(features)
    assert np.allclose(model(pixels.astype("float32")), logits, atol=1e-6)
