"""What LiteRT makes of an exported backbone, against Keras.

TensorFlow takes some 15 seconds to import and 10 to export a model: of each kind of
export all tests share one.
"""

import dataclasses
import functools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fruit_features.backbone.decoding import DecodeFailure
from fruit_features.backbone.export import export_litert, images_at_a_time
from fruit_features.backbone.inference import FeatureExtractor
from fruit_features.backbone.mobilenet import weights_digest
from fruit_features.backbone.source import export_from_source
from fruit_features.backbone.spec import Backbone
from tests.keras_models import by_keras, pictures, telling_backbone
from tests.pictures import jpeg

if TYPE_CHECKING:
    import keras

# Keras and NumPy 2 do not yet agree on how arrays are copied.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

# By alpha: a light one takes one image at a time, a heavy one four.
SIZES = {0.35: 96, 1.0: 64}
of_both = pytest.mark.parametrize("alpha", SIZES)


@functools.cache
def model_of(alpha: float) -> "keras.Model":
    return telling_backbone(alpha, SIZES[alpha])


@functools.cache
def exported(alpha: float) -> Backbone:
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "a.weights.h5"))
        model_of(alpha).save_weights(file)
        return export_from_source(file, alpha, SIZES[alpha])


@of_both
def test_litert_gives_what_keras_gives(alpha: float) -> None:
    extractor = FeatureExtractor(exported(alpha).model)
    found = np.stack(extractor.infer(pictures(SIZES[alpha])))
    expected = by_keras(model_of(alpha))
    error = np.abs(found - expected).max()
    # Else equal features would say nothing: no picture is like another.
    assert np.abs(np.diff(expected, axis=0)).max(axis=1).min() > 1000 * error
    assert error <= 1e-3
    assert error <= 1e-4 * np.abs(expected).max()
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    assert ((found * expected).sum(axis=1) / lengths >= 0.9999).all()


@of_both
def test_says_what_it_is(alpha: float) -> None:
    sha256 = weights_digest(model_of(alpha))
    expected = Backbone(
        id=f"mobilenet_v2_{alpha:g}_{SIZES[alpha]}_{sha256[:12]}",
        weights="a.weights.h5",
        alpha=alpha,
        input_size=SIZES[alpha],
        dimensions=1280,
        sha256=sha256,
        model=exported(alpha).model,
    )
    assert dataclasses.asdict(exported(alpha)) == dataclasses.asdict(expected)


def test_four_at_a_time_give_the_very_features_of_one_at_a_time() -> None:
    # Of the light one, which takes half the time to export.
    one, four = (
        FeatureExtractor(model)
        for model in (exported(0.35).model, export_litert(model_of(0.35), at_a_time=4))
    )
    # Six of them: beside the last two are places left over.
    six = pictures(SIZES[0.35])
    expected = np.stack(one.infer(six))
    assert np.array_equal(four.infer(six), expected)
    assert np.array_equal(four.infer(six[::-1]), expected[::-1])


def test_bad_images_take_no_place_from_good_ones() -> None:
    four = FeatureExtractor(exported(1.0).model)
    contents = [b"", jpeg(0), b"<html>", *map(jpeg, range(1, 6)), jpeg()[:1500]]
    results = four.extract(contents, 10**6)
    bad = [isinstance(result, DecodeFailure) for result in results]
    assert bad == [True, False, True, *[False] * 5, True]
    good = [result for result in results if not isinstance(result, DecodeFailure)]
    assert np.array_equal(good, four.infer(pictures(SIZES[1.0])))
    assert four.extract([], 10**6) == four.infer([]) == []


@pytest.mark.parametrize(
    ("alpha", "precision", "count"),
    [(0.35, "float32", 1), (0.5, "float32", 1), (0.75, "float32", 4)]
    + [(1.4, "float32", 4), (1.0, "int8", 1)],
)
def test_heavy_ones_take_four_at_a_time(
    alpha: float, precision: str, count: int
) -> None:
    assert images_at_a_time(alpha, precision) == count
