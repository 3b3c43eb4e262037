"""The backbone: the parameters that identify it and the exported model."""

from dataclasses import asdict, dataclass
from typing import Any

# Parameters of MobileNetV2 without top, by width multiplier; a test counts them.
PARAMETER_COUNTS = {
    0.35: 410_208,
    0.5: 706_224,
    0.75: 1_382_064,
    1.0: 2_257_984,
    1.3: 3_766_048,
    1.4: 4_363_712,
}
# Keras has ImageNet weights for each, at IMAGENET_SIZES.
ALPHAS = tuple(PARAMETER_COUNTS)
SMALLEST_INPUT = 32  # MobileNetV2 halves the picture five times.
PRECISIONS = ("float32", "int8")
IMAGENET_SIZES = (96, 128, 160, 192, 224)


@dataclass(frozen=True)
class Backbone:
    """A feature extractor, ready to be sent to workers.

    Attributes:
        id: Identifies weights, alpha, input size and precision.
        weights: Where the weights came from: ``bundled``, ``imagenet`` or a path.
        alpha: Width multiplier of MobileNetV2.
        input_size: Side of the square it takes, in pixels.
        dimensions: How many features an image gets.
        sha256: Hash of the weights.
        model: The LiteRT flatbuffer.
        precision: ``float32`` or ``int8``.
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
