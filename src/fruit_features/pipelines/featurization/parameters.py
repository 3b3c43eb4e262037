"""The parameters of the featurization pipeline."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fruit_features.backbone.mobilenet import check_weights_file
from fruit_features.backbone.spec import ALPHAS, IMAGENET_SIZES, SMALLEST_INPUT
from fruit_features.exceptions import BackboneError, ParameterError
from fruit_features.parameters import Parameters, one_of

# The bundled backbone.
BUNDLED_ALPHA, BUNDLED_SIZE = 0.35, 96
FILE_ENDINGS = (".weights.h5", ".keras")


class BackboneParameters(Parameters):
    """The choice of the backbone; see ``conf/base/parameters_featurization.yml``."""

    weights: str
    alpha: Annotated[float | None, one_of((*ALPHAS, None))]
    input_size: int | None = Field(ge=SMALLEST_INPUT)
    precision: Literal["float32", "int8"]

    @property
    def width(self) -> float:
        """Alpha, or the default of the weights."""
        default = BUNDLED_ALPHA if self.weights == "bundled" else 1.0
        return default if self.alpha is None else self.alpha

    @property
    def size(self) -> int:
        """The input's side in pixels, or the default of the weights."""
        return self.input_size or (BUNDLED_SIZE if self.weights == "bundled" else 224)

    @model_validator(mode="after")
    def check_weights(self) -> "BackboneParameters":
        """Refuse weights that are missing, or do not match alpha and size."""
        choices = (
            f"bundled, imagenet or a file that ends in {' or '.join(FILE_ENDINGS)}"
        )
        given = f"backbone.weights={self.weights!r}"
        if self.weights == "bundled":
            if (self.width, self.size) != (BUNDLED_ALPHA, BUNDLED_SIZE):
                message = (
                    "backbone.weights=bundled is alpha 0.35 at 96 px, not "
                    f"alpha={self.alpha} input_size={self.input_size}; for another "
                    "size choose backbone.weights=imagenet or a weights file"
                )
                raise BackboneError(message)
        elif self.weights == "imagenet":
            if self.size not in IMAGENET_SIZES:
                sizes = ", ".join(map(str, IMAGENET_SIZES))
                message = f"backbone.input_size={self.size}: expected one of {sizes}"
                raise ParameterError(message)
        elif not self.weights.endswith(FILE_ENDINGS):
            raise ParameterError(f"{given}: expected {choices}")
        elif not Path(self.weights).is_file():
            raise BackboneError(f"{given}: no such file; give {choices}")
        elif self.weights.endswith(".weights.h5"):
            check_weights_file(Path(self.weights), self.width)
        return self


class FeaturizationParameters(Parameters):
    """Limits, parts and retries; see ``conf/base/parameters_featurization.yml``."""

    max_pixels: int = Field(ge=1)
    checkpoint_images: int = Field(ge=1)
    max_failure_rate: float = Field(ge=0, le=1)
    retry_quarantined: bool
