"""Training MobileNetV2 on a labelled folder of images."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from fruit_features.backbone.decoding import DecodeFailure, decode_image
from fruit_features.backbone.mobilenet import build_backbone, quiet_tensorflow

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

logger = logging.getLogger(__name__)

# Pictures are kept a little larger than the input, so that crops can be taken:
# 100 pixels, the size of Fruits-360, for an input of 96.
CROP_MARGIN = 25 / 24

Pixels = npt.NDArray[np.uint8]
Classes = npt.NDArray[np.int32]


class TrainingData(NamedTuple):
    """Decoded pictures and their classes.

    Attributes:
        pixels: ``(n, side, side, 3)`` from 0 to 255, all in memory.
        classes: ``(n,)``, indices into the sorted labels.
    """

    pixels: Pixels
    classes: Classes


def load_pictures(listing: pd.DataFrame, labels: list[str], side: int) -> TrainingData:
    """Decode the images of a listing (``path``, ``label``) to squares of ``side``.

    Skips images that cannot be decoded or have none of the labels.
    """
    place = {label: number for number, label in enumerate(labels)}
    pixels, classes = [], []
    for path, label in zip(listing["path"], listing["label"], strict=True):
        if label not in place:
            continue
        picture = decode_image(Path(path).read_bytes(), side)
        if isinstance(picture, DecodeFailure):
            logger.warning("%s left out: %s", path, picture.detail)
            continue
        pixels.append(picture)
        classes.append(place[label])
    stacked = np.stack(pixels) if pixels else np.zeros((0, side, side, 3), np.uint8)
    return TrainingData(stacked, np.asarray(classes, dtype=np.int32))


def build_classifier(
    alpha: float, input_size: int, n_classes: int, dropout: float
) -> "keras.Model":
    """Put a softmax head on a backbone with random weights.

    Keras's batch norms have a momentum of 0.999: in a short training their statistics
    lag behind and validation stays at chance. Here it is 0.9.
    """
    quiet_tensorflow()
    import keras

    backbone = build_backbone(alpha, input_size)
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9
    pixels = keras.Input((input_size, input_size, 3), name="pixels")
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    features = keras.layers.Dropout(dropout)(backbone(scaled))
    classes = keras.layers.Dense(n_classes, name="head")(features)
    return keras.Model(pixels, classes)


def training_batches(
    data: TrainingData, input_size: int, batch_size: int, seed: int
) -> "tf.data.Dataset":
    """Return endless batches, augmented and shuffled anew each epoch."""
    import tensorflow as tf

    def augment(picture: "tf.Tensor", label: "tf.Tensor") -> tuple["tf.Tensor", ...]:
        picture = tf.image.random_crop(picture, (input_size, input_size, 3))
        picture = tf.image.random_flip_left_right(picture)
        picture = tf.image.random_brightness(tf.cast(picture, tf.float32), 25.0)
        picture = tf.image.random_contrast(picture, 0.8, 1.25)
        picture = tf.image.random_saturation(picture / 255, 0.8, 1.25) * 255
        return tf.clip_by_value(picture, 0, 255), label

    def fetch(place: "tf.Tensor") -> tuple["tf.Tensor", ...]:
        picture, label = tf.numpy_function(
            lambda n: (data.pixels[n], data.classes[n]), [place], (tf.uint8, tf.int32)
        )
        shape = data.pixels.shape[1:]
        return tf.ensure_shape(picture, shape), tf.ensure_shape(label, ())

    order = tf.data.Dataset.range(len(data.classes))
    pictures = order.shuffle(len(data.classes), seed=seed).map(fetch)
    return pictures.map(augment, num_parallel_calls=2).batch(batch_size).prefetch(4)


def centre_crop(pixels: Pixels, side: int) -> Pixels:
    """Crop the central square of each image."""
    start = (pixels.shape[1] - side) // 2
    return pixels[:, start : start + side, start : start + side]


def fit_classifier(
    model: "keras.Model",
    batches: "tf.data.Dataset",
    held_out: tuple[Pixels, Classes],
    folder: Path,
    *,
    epochs: int,
    learning_rate: float,
    weight_decay: float,
) -> pd.DataFrame:
    """Train, keep the best epoch, and resume from an earlier try's checkpoint.

    Args:
        model: From ``build_classifier``; ends with the best epoch's weights.
        batches: From ``training_batches``.
        held_out: Validation pixels ``(n, input_size, input_size, 3)`` and classes.
        folder: Holds the checkpoint until training is done.
        epochs: In total, earlier tries included.
        learning_rate: The initial one; it decays to zero.
        weight_decay: Of AdamW.

    Returns:
        A row an epoch: ``epoch``, ``loss``, ``accuracy``, ``val_loss``,
        ``val_accuracy``.
    """
    import keras

    steps = len(batches) * epochs
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=weight_decay),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
    )
    # A step that creates variables, such as the optimizer's first, is traced twice.
    model.optimizer.build(model.trainable_variables)
    folder.mkdir(parents=True, exist_ok=True)
    best, log = folder / "best.weights.h5", folder / "epochs.csv"
    done = pd.read_csv(log) if log.exists() and log.stat().st_size else pd.DataFrame()
    if len(done) >= epochs:
        model.load_weights(best)
        return done
    best_so_far = float(done["val_accuracy"].max()) if len(done) else None
    model.fit(
        batches,
        epochs=epochs,
        validation_data=held_out,
        validation_batch_size=64,
        verbose=2,
        callbacks=[
            keras.callbacks.ModelCheckpoint(
                best,
                monitor="val_accuracy",
                mode="max",
                save_best_only=True,
                save_weights_only=True,
                initial_value_threshold=best_so_far,
            ),
            keras.callbacks.BackupAndRestore(folder / "state"),
            keras.callbacks.CSVLogger(log, append=True),
        ],
    )
    model.load_weights(best)
    return pd.read_csv(log)
