"""MobileNetV2 in Keras: building and loading weights. Runs on the driver only.

Functions that take or return a Keras model import TensorFlow: 15 seconds, 500 MB.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fruit_features.backbone.spec import ALPHAS, PARAMETER_COUNTS
from fruit_features.exceptions import BackboneError

if TYPE_CHECKING:
    import keras


def quiet_tensorflow() -> None:
    """Silence TensorFlow and select it as Keras's backend, before their import."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def build_backbone(
    alpha: float, input_size: int, weights: str | None = None
) -> "keras.Model":
    """Build MobileNetV2 without its top, with average pooling.

    ``alpha`` is the width multiplier of the paper (arXiv:1801.04381); ``weights`` are
    random (``None``) or Keras's download (``imagenet``).

    Returns:
        A model of pixels from -1 to 1: ``(n, input_size, input_size, 3)`` to
        ``(n, dimensions)``.
    """
    quiet_tensorflow()
    import keras

    return keras.applications.MobileNetV2(
        input_shape=(input_size, input_size, 3),
        alpha=alpha,
        include_top=False,
        pooling="avg",
        weights=weights,
    )


def check_weights_file(path: Path, alpha: float) -> None:
    """Check that a ``.weights.h5`` file fits alpha; fast, without TensorFlow.

    Raises:
        BackboneError: If the file is no HDF5 file or belongs to another model.
    """
    import h5py

    sizes: list[int] = []

    def count(_: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            sizes.append(item.size)

    with _explained(path, "is not a weights file"), h5py.File(path) as file:
        # A training checkpoint also holds the optimizer's numbers.
        file.get("layers", file).visititems(count)
    found = sum(sizes)
    if found == PARAMETER_COUNTS[alpha]:
        return
    fits = [str(a) for a, n in PARAMETER_COUNTS.items() if n == found]
    hint = (
        f"they fit backbone.alpha={fits[0]}"
        if fits
        else f"MobileNetV2 without top has {PARAMETER_COUNTS[alpha]:,} "
        f"at alpha {alpha}; alphas are {', '.join(map(str, ALPHAS))}"
    )
    message = (
        f"backbone.weights={str(path)!r} holds {found:,} numbers, which do not fit "
        f"backbone.alpha={alpha}: {hint}"
    )
    raise BackboneError(message)


def load_backbone(path: Path, alpha: float, input_size: int) -> "keras.Model":
    """Load a backbone from a ``.weights.h5`` or ``.keras`` file.

    Raises:
        BackboneError: If the weights do not fit alpha and input size.
    """
    if path.name.endswith(".weights.h5"):
        check_weights_file(path, alpha)
        model = build_backbone(alpha, input_size)
        with _explained(path, "does not fit MobileNetV2"):
            model.load_weights(path)
        return model
    quiet_tensorflow()
    import keras

    with _explained(path, "is no Keras model"):
        stored = keras.models.load_model(path, compile=False)
    model = build_backbone(alpha, input_size)
    wanted = f"backbone.alpha={alpha} and backbone.input_size={input_size}"
    with _explained(path, f"does not fit MobileNetV2 with {wanted}"):
        # By layer name: ignores a head or pooling on top of the backbone.
        weights = {layer.name: layer.get_weights() for layer in stored.layers}
        for layer in model.layers:
            if layer.weights:
                layer.set_weights(weights[layer.name])
    return model


@contextlib.contextmanager
def _explained(path: Path, problem: str) -> Iterator[None]:
    """Turn errors of h5py and Keras about a file into a ``BackboneError``."""
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"backbone.weights={str(path)!r} {problem}: {error}"
        raise BackboneError(message) from error


def download_imagenet(alpha: float, input_size: int) -> "keras.Model":
    """Build MobileNetV2 with Keras's own ImageNet weights.

    Raises:
        BackboneError: If they are neither cached nor can be downloaded.
    """
    try:
        return build_backbone(alpha, input_size, weights="imagenet")
    except Exception as error:
        # Keras raises a bare Exception when a download fails.
        message = (
            "backbone.weights=imagenet: Keras could not download the weights "
            f"({str(error)[:400]}). Choose one of three: connect to the network "
            "once, so that Keras keeps them in ~/.keras; backbone.weights=bundled "
            "(made for studio pictures of fruit, no network); or "
            "backbone.weights=<path to a .weights.h5 or .keras file>"
        )
        raise BackboneError(message) from error


def weights_digest(model: "keras.Model") -> str:
    """Return the SHA-256 of the weights in the model's order, whatever the file."""
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(array.astype("<f4").tobytes())
    return digest.hexdigest()
