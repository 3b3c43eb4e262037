"""Where a backbone comes from: the package, Keras's download or a file."""

import hashlib
import json
import logging
from importlib import resources
from pathlib import Path

from fruit_features.backbone.mobilenet import (
    check_weights_file,
    download_imagenet,
    export_backbone,
    load_backbone,
)
from fruit_features.backbone.spec import Backbone

logger = logging.getLogger(__name__)

BUNDLED = resources.files("fruit_features") / "weights"


def bundled_backbone() -> Backbone:
    """Load the backbone of the package, exported beforehand; no TensorFlow needed."""
    card = json.loads((BUNDLED / "bundled_card.json").read_text())
    model = (BUNDLED / "bundled.tflite").read_bytes()
    return Backbone(**{**card["backbone"], "weights": "bundled"}, model=model)


def source_key(weights: str, alpha: float, input_size: int) -> str:
    """Name an export before it is made, so that it is made once.

    Args:
        weights: ``imagenet`` or a file; a file counts by its content.
        alpha: Width multiplier.
        input_size: Side of the input square, in pixels.

    Returns:
        A name fit for a file.

    Raises:
        BackboneError: If a file of weights does not fit alpha.
    """
    if weights == "imagenet":
        return f"imagenet_{alpha:g}_{input_size}"
    path = Path(weights)
    if path.name.endswith(".weights.h5"):
        check_weights_file(path, alpha)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{digest[:16]}_{alpha:g}_{input_size}"


def export_from_source(weights: str, alpha: float, input_size: int) -> Backbone:
    """Build the Keras model and export it; imports TensorFlow.

    Raises:
        BackboneError: If the weights are missing or do not fit.
    """
    logger.info("exporting MobileNetV2 %s at %s px to LiteRT", alpha, input_size)
    if weights == "imagenet":
        model = download_imagenet(alpha, input_size)
        return export_backbone(model, weights, alpha)
    model = load_backbone(Path(weights), alpha, input_size)
    # The file's name alone: a folder's name may tell more than a report should.
    return export_backbone(model, Path(weights).name, alpha)
