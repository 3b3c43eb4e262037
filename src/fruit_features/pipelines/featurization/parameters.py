"""The parameters of the featurization pipeline."""

from dataclasses import dataclass
from pathlib import Path

from fruit_features.backbone.mobilenet import check_weights_file
from fruit_features.backbone.spec import (
    ALPHAS,
    IMAGENET_SIZES,
    PRECISIONS,
    SMALLEST_INPUT,
)
from fruit_features.checks import at_least, boolean, one_of, within
from fruit_features.exceptions import BackboneError, ParameterError

# What the package's own backbone is.
BUNDLED_ALPHA, BUNDLED_SIZE = 0.35, 96
FILE_ENDINGS = (".weights.h5", ".keras")


@dataclass(frozen=True)
class BackboneParameters:
    """Which backbone; ``conf/base/parameters_featurization.yml``.

    Attributes:
        weights: ``bundled``, ``imagenet`` or a ``.weights.h5`` or ``.keras`` file.
        alpha: Width multiplier of MobileNetV2; ``None`` for the weights' own
            (``bundled``) or 1.0.
        input_size: Side of its input in pixels; ``None`` for the weights' own
            (``bundled``) or 224.
        precision: ``float32``, or ``int8``: faster, other features; see
            docs/performance.md.
    """

    weights: str
    alpha: float | None
    input_size: int | None
    precision: str = "float32"

    def __post_init__(self) -> None:
        """Refuse weights that are not there and sizes that do not exist."""
        one_of("backbone.precision", self.precision, PRECISIONS)
        if self.alpha is not None:
            one_of("backbone.alpha", self.alpha, ALPHAS)
        if self.input_size is not None:
            at_least("backbone.input_size", self.input_size, SMALLEST_INPUT)
        if self.weights == "bundled":
            self._check_bundled()
        elif self.weights == "imagenet":
            one_of("backbone.input_size", self.size, IMAGENET_SIZES)
        else:
            self._check_file()

    @property
    def width(self) -> float:
        """Alpha, or its default."""
        default = BUNDLED_ALPHA if self.weights == "bundled" else 1.0
        return default if self.alpha is None else float(self.alpha)

    @property
    def size(self) -> int:
        """The input's side in pixels, or its default."""
        return self.input_size or (BUNDLED_SIZE if self.weights == "bundled" else 224)

    def _check_bundled(self) -> None:
        if (self.width, self.size) == (BUNDLED_ALPHA, BUNDLED_SIZE):
            return
        message = (
            f"backbone.weights=bundled is alpha 0.35 at 96 px, not "
            f"alpha={self.alpha} input_size={self.input_size}; for another size "
            "choose backbone.weights=imagenet or a weights file"
        )
        raise BackboneError(message)

    def _check_file(self) -> None:
        choices = (
            f"bundled, imagenet or a file that ends in {' or '.join(FILE_ENDINGS)}"
        )
        if not str(self.weights).endswith(FILE_ENDINGS):
            message = f"backbone.weights={self.weights!r}: expected {choices}"
            raise ParameterError(message)
        if not Path(self.weights).is_file():
            message = f"backbone.weights={self.weights!r}: no such file; give {choices}"
            raise BackboneError(message)
        if str(self.weights).endswith(".weights.h5"):
            check_weights_file(Path(self.weights), self.width)


@dataclass(frozen=True)
class FeaturizationParameters:
    """How images become features; ``conf/base/parameters_featurization.yml``.

    Attributes:
        max_pixels: Width times height above which an image is not decoded.
        checkpoint_images: How many images a part of the work has: a job of Spark,
            after which its failures are written.
        max_failure_rate: Share of the images, 0 to 1, that may be quarantined
            before a run counts as failed.
        retry_quarantined: Whether images that an earlier run quarantined are tried
            again.
    """

    max_pixels: int
    checkpoint_images: int
    max_failure_rate: float
    retry_quarantined: bool

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        at_least("featurization.max_pixels", self.max_pixels, 1)
        at_least("featurization.checkpoint_images", self.checkpoint_images, 1)
        within("featurization.max_failure_rate", self.max_failure_rate, 0, 1)
        boolean("featurization.retry_quarantined", self.retry_quarantined)
