"""Nodes of the training pipeline."""

import datetime as dt
import hashlib
import json
import logging
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fruit_features.backbone.export import export_backbone
from fruit_features.backbone.mobilenet import quiet_tensorflow
from fruit_features.backbone.training import (
    CROP_MARGIN,
    build_classifier,
    centre_crop,
    fit_classifier,
    load_pictures,
    training_batches,
)
from fruit_features.pipelines.training.parameters import TrainingParameters
from fruit_features.privacy.erasure_list import without_erased

logger = logging.getLogger(__name__)


def split_pictures(
    raw_images: pd.DataFrame,
    stored_erasure_list: Callable[[], dict[str, Any] | None],
    parameters: TrainingParameters,
) -> dict[str, pd.DataFrame]:
    """Hold out the same share of every label, at least one picture of each.

    Args:
        raw_images: Columns ``image_key``, ``path`` and ``label``; a row a picture.
        stored_erasure_list: Loads the list of erased images, if any.
        parameters: Uses ``held_out`` and ``seed``.

    Returns:
        ``train`` and ``held_out``: disjoint, together all pictures not erased.
    """
    pictures = without_erased(raw_images, stored_erasure_list())
    shuffled = pictures.sample(frac=1, random_state=parameters.seed)
    rank = shuffled.groupby("label").cumcount()
    sizes = shuffled.groupby("label")["path"].transform("size")
    out = rank < np.ceil(sizes * parameters.held_out)
    return {
        "train": shuffled[~out].sort_values("path", ignore_index=True),
        "held_out": shuffled[out].sort_values("path", ignore_index=True),
    }


def train_backbone(
    train: pd.DataFrame,
    held_out: pd.DataFrame,
    test_images: pd.DataFrame,
    state_folder: Path,
    stored_erasure_list: Callable[[], dict[str, Any] | None],
    parameters: TrainingParameters,
) -> dict[str, Any]:
    """Train MobileNetV2 with a softmax head, evaluate it and export the backbone.

    Args:
        train: Training set.
        held_out: Validation set, which selects the best epoch.
        test_images: Test set with the same labels; may be empty.
        state_folder: Folder of checkpoints, from which a killed training resumes.
        stored_erasure_list: Loads the list of erased images, if any.
        parameters: Hyperparameters.

    Returns:
        ``weights``: the Keras backbone; ``backbone``: the same for LiteRT; ``card``:
        the model card, with data, accuracy, parameters and versions.
    """
    quiet_tensorflow()
    import keras

    keras.utils.set_random_seed(parameters.seed)
    labels = sorted(train["label"].unique())
    size = parameters.input_size
    side = round(size * CROP_MARGIN)
    logger.info("training on %d pictures of %d labels", len(train), len(labels))
    model = build_classifier(parameters.alpha, size, len(labels), parameters.dropout)
    chosen_by = load_pictures(held_out, labels, side)
    learnt_from = load_pictures(train, labels, side)
    epochs = fit_classifier(
        model,
        training_batches(learnt_from, size, parameters.batch_size, parameters.seed),
        (centre_crop(chosen_by.pixels, size), chosen_by.classes),
        state_folder / _fingerprint(train, parameters),
        epochs=parameters.epochs,
        learning_rate=parameters.learning_rate,
        weight_decay=parameters.weight_decay,
    )
    tested_on = without_erased(test_images, stored_erasure_list())
    test = load_pictures(tested_on, labels, side)
    extractor = next(la for la in model.layers if isinstance(la, keras.Model))
    backbone = export_backbone(extractor, "trained", parameters.alpha)
    card = {
        "backbone": backbone.describe(),
        "data": {
            "labels": labels,
            "pictures_trained_on": len(train),
            "pictures_held_out": len(chosen_by.classes),
            "pictures_tested": len(test.classes),
        },
        "accuracy": {
            "held_out": float(epochs["val_accuracy"].max()),
            "test": _accuracy(model, centre_crop(test.pixels, size), test.classes),
        },
        "epochs": epochs.round(5).to_dict("records"),
        "parameters": vars(parameters),
        "command": "kedro run --pipelines training --params images=<folder>",
        "date": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "versions": {"keras": keras.__version__, "python": platform.python_version()},
        "limits": (
            "Learnt from studio pictures on white alone: for pictures like these. "
            "For photographs with a background use backbone.weights=imagenet."
        ),
    }
    return {"weights": extractor, "backbone": backbone, "card": card}


def _fingerprint(train: pd.DataFrame, parameters: TrainingParameters) -> str:
    """Return a key for checkpoints; other pictures or parameters give another."""
    said = json.dumps([vars(parameters), train["image_key"].tolist()])
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _accuracy(model: Any, pixels: Any, classes: Any) -> float | None:
    """Return the share of correct predictions; ``None`` without pictures."""
    if not len(classes):
        return None
    logits = model.predict(pixels, batch_size=64, verbose=0)
    return float((logits.argmax(axis=1) == classes).mean())
