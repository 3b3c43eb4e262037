"""The parameters of the reduction pipeline."""

from pydantic import Field, model_validator

from fruit_features.exceptions import ParameterError
from fruit_features.parameters import Parameters

DEFAULT_COMPONENTS = 100


class ReductionParameters(Parameters):
    """How features are reduced; see ``conf/base/parameters_reduction.yml``."""

    components: int | None = Field(ge=1)
    variance: float | None = Field(ge=1e-6, le=1)
    refit: bool
    standardise: bool
    quality_images: int = Field(ge=1)

    @model_validator(mode="after")
    def check_one_target(self) -> "ReductionParameters":
        """Refuse ``components`` and ``variance`` together."""
        if self.components is not None and self.variance is not None:
            message = (
                f"reduction.components={self.components!r} and "
                f"reduction.variance={self.variance!r}: both say how many components "
                "to keep; give one of them"
            )
            raise ParameterError(message)
        return self
