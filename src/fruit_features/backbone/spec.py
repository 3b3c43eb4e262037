"""What a backbone is: the parameters that name it and the exported model."""

from dataclasses import asdict, dataclass
from typing import Any

# The width multipliers and input sizes that Keras has ImageNet weights for.
ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
SMALLEST_INPUT = 32  # MobileNetV2 halves the picture five times.
PRECISIONS = ("float32", "int8")
IMAGENET_SIZES = (96, 128, 160, 192, 224)


@dataclass(frozen=True)
class Backbone:
    """A feature extractor, ready to be sent to workers.

    Attributes:
        id: Names weights, alpha and input size: other features, other id.
        weights: Where the weights came from: ``bundled``, ``imagenet`` or a path.
        alpha: Width multiplier of MobileNetV2.
        input_size: Side of the square it takes, in pixels.
        dimensions: How many features an image gets.
        sha256: Hash of the weights.
        model: The LiteRT flatbuffer.
        precision: ``float32``, or ``int8`` for weights and activations of 8 bits.
    """

    id: str
    weights: str
    alpha: float
    input_size: int
    dimensions: int
    sha256: str
    model: bytes
    precision: str = "float32"

    def describe(self) -> dict[str, Any]:
        """Return everything but the flatbuffer itself."""
        description = asdict(self)
        del description["model"]
        return description
