"""Where a backbone comes from: the package, Keras's download or a file."""

import hashlib
import json
import logging
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fruit_features.backbone.export import export_backbone, images_at_a_time
from fruit_features.backbone.mobilenet import download_imagenet, load_backbone
from fruit_features.backbone.spec import Backbone

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

_WEIGHTS = Path(str(resources.files("fruit_features"))) / "weights"
BUNDLED_MODEL = _WEIGHTS / "bundled.tflite"
BUNDLED_WEIGHTS = _WEIGHTS / "bundled.keras"


def bundled_backbone() -> Backbone:
    """Load the backbone bundled with the package; needs no TensorFlow."""
    card = json.loads((_WEIGHTS / "bundled_card.json").read_text())
    described = {**card["backbone"], "weights": "bundled"}
    return Backbone(**described, model=BUNDLED_MODEL.read_bytes())


def source_key(
    weights: str, alpha: float, input_size: int, precision: str = "float32"
) -> str:
    """Return a cache key for an export, fit for a file name.

    ``weights`` is ``bundled``, ``imagenet`` or a file, identified by its content.
    """
    at_a_time = images_at_a_time(alpha, precision)
    suffix = "" if precision == "float32" else f"_{precision}"
    suffix += "" if at_a_time == 1 else f"_by{at_a_time}"
    if weights == "imagenet":
        return f"imagenet_{alpha:g}_{input_size}{suffix}"
    digest = hashlib.sha256(_file(weights).read_bytes()).hexdigest()
    return f"{digest[:16]}_{alpha:g}_{input_size}{suffix}"


def export_from_source(
    weights: str,
    alpha: float,
    input_size: int,
    calibration: list[npt.NDArray[np.uint8]] | None = None,
) -> Backbone:
    """Build the Keras model and export it; imports TensorFlow.

    ``weights`` is ``bundled``, ``imagenet`` or a file; with ``calibration`` pixels the
    export is int8.

    Raises:
        BackboneError: If the weights are missing or do not fit.
    """
    precision = "int8" if calibration else "float32"
    logger.info(
        "exporting MobileNetV2 %s at %s px to LiteRT, %s", alpha, input_size, precision
    )
    model = model_from_source(weights, alpha, input_size)
    # Only the file's name: its folder's may reveal more than a report should.
    named = weights if weights in ("bundled", "imagenet") else Path(weights).name
    return export_backbone(model, named, alpha, calibration)


def model_from_source(weights: str, alpha: float, input_size: int) -> "keras.Model":
    """Build the Keras model; arguments and errors as for ``export_from_source``."""
    if weights == "imagenet":
        return download_imagenet(alpha, input_size)
    return load_backbone(_file(weights), alpha, input_size)


def _file(weights: str) -> Path:
    return BUNDLED_WEIGHTS if weights == "bundled" else Path(weights)
