"""Backbones in Keras for tests; TensorFlow takes some 15 seconds to import."""

from typing import TYPE_CHECKING

import numpy as np

from fruit_features.backbone.decoding import decode_image
from fruit_features.backbone.mobilenet import build_backbone, quiet_tensorflow
from tests.pictures import jpeg

if TYPE_CHECKING:
    import keras


def pictures(size: int) -> list[np.ndarray]:
    """Pixels of six pictures."""
    decoded = [decode_image(jpeg(seed), size) for seed in range(6)]
    return [pixels for pixels in decoded if isinstance(pixels, np.ndarray)]


def telling_backbone(alpha: float, size: int) -> "keras.Model":
    """A backbone of random weights that tells pictures apart.

    As Keras makes them, batch norms do nothing, and features are all but the same
    whatever the picture: here the norms take their statistics from the pictures.
    """
    quiet_tensorflow()
    import keras

    keras.utils.set_random_seed(0)
    model = build_backbone(alpha, size)
    norms = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    for layer in norms:
        layer.momentum = 0.0
    model(np.stack(pictures(size)) / np.float32(127.5) - 1, training=True)
    for layer in norms:
        layer.momentum = 0.999
    return model


def by_keras(model: "keras.Model") -> np.ndarray:
    """What Keras itself makes of the pictures, with MobileNetV2's preprocessing."""
    from keras.applications.mobilenet_v2 import preprocess_input

    pixels = np.stack(pictures(model.input_shape[1])).astype(np.float32)
    return np.asarray(model(preprocess_input(pixels), training=False))
