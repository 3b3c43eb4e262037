"""A Keras backbone to the LiteRT flatbuffer that workers run. Imports TensorFlow."""

import hashlib
import tempfile
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fruit_features.backbone.inference import silence_stderr
from fruit_features.backbone.mobilenet import quiet_tensorflow, weights_digest
from fruit_features.backbone.spec import PARAMETER_COUNTS, Backbone

if TYPE_CHECKING:
    import keras

# The layers after this one have 90% of MobileNetV2's weights and few pixels.
TURNS_UNTIL = "block_9_add"

# Between alpha .5, which gains nothing by it, and .75.
HEAVY_PARAMETERS = 1_000_000


def images_at_a_time(alpha: float, precision: str) -> int:
    """Return the batch size of an export: four where the weights are many.

    The late layers then fetch their weights once for four images. With int8, each
    position of a batch would get ranges of its own.
    """
    heavy = precision == "float32" and PARAMETER_COUNTS[alpha] > HEAVY_PARAMETERS
    return 4 if heavy else 1


def export_backbone(
    model: "keras.Model",
    weights: str,
    alpha: float,
    calibration: list[npt.NDArray[np.uint8]] | None = None,
) -> Backbone:
    """Export a Keras backbone; ``weights`` says where its weights came from."""
    sha256 = weights_digest(model)
    input_size = model.input_shape[1]
    precision = "int8" if calibration else "float32"
    at_a_time = images_at_a_time(alpha, precision)
    flatbuffer = export_litert(model, calibration, at_a_time)
    name = f"mobilenet_v2_{alpha:g}_{input_size}_{sha256[:12]}"
    if calibration:
        # Features depend on the calibration images.
        name += f"_int8_{hashlib.sha256(flatbuffer).hexdigest()[:8]}"
    return Backbone(
        id=name,
        weights=weights,
        alpha=alpha,
        input_size=input_size,
        dimensions=model.output_shape[-1],
        sha256=sha256,
        model=flatbuffer,
        precision=precision,
    )


def export_litert(
    model: "keras.Model",
    calibration: list[npt.NDArray[np.uint8]] | None = None,
    at_a_time: int = 1,
) -> bytes:
    """Convert a backbone to a LiteRT flatbuffer that takes raw pixels.

    The preprocessing of MobileNetV2, x / 127.5 - 1, becomes part of the graph.

    Args:
        model: From ``build_backbone``.
        calibration: Pixels ``(input_size, input_size, 3)`` of some hundred images,
            whose ranges quantize weights and activations to int8.
        at_a_time: Batch size. More than one only for MobileNetV2 without
            ``calibration``; features are the same.

    Returns:
        A flatbuffer: float32 pixels ``(at_a_time, input_size, input_size, 3)`` from 0
        to 255 in, float32 features ``(at_a_time, dimensions)`` out.
    """
    quiet_tensorflow()
    import tensorflow as tf

    whole = _with_preprocessing(model, at_a_time)
    signature = [tf.TensorSpec(whole.input_shape, tf.float32)]
    with tempfile.TemporaryDirectory() as folder, silence_stderr():
        whole.export(
            folder,
            format="tf_saved_model",
            verbose=False,
            input_signature=signature,
        )
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if calibration:
            # https://ai.google.dev/edge/litert/models/post_training_quantization
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: (
                [pixels[np.newaxis].astype(np.float32)] for pixels in calibration
            )
        return bytes(converter.convert())


def _with_preprocessing(model: "keras.Model", at_a_time: int) -> "keras.Model":
    """Run the early layers, which have many pixels, on one image at a time."""
    import keras

    pixels = keras.Input(model.input_shape[1:], at_a_time, name="pixels")
    scale = keras.layers.Rescaling(1 / 127.5, offset=-1.0)
    if at_a_time == 1:
        return keras.Model(pixels, model(scale(pixels), training=False))
    middle = model.get_layer(TURNS_UNTIL).output
    early = keras.Model(model.input, middle)
    late = keras.Model(middle, model.output)
    seen = [
        early(scale(image), training=False)
        for image in keras.ops.split(pixels, at_a_time)
    ]
    return keras.Model(pixels, late(keras.ops.concatenate(seen), training=False))
