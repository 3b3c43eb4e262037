"""The parameters of the reduction pipeline."""

from dataclasses import dataclass

from fruit_features.checks import at_least, boolean, within
from fruit_features.exceptions import ParameterError

DEFAULT_COMPONENTS = 100


@dataclass(frozen=True)
class ReductionParameters:
    """How features are reduced; ``conf/base/parameters_reduction.yml``.

    Attributes:
        components: How many principal components to keep; ``None`` for 100, or
            for as many as ``variance`` asks for.
        variance: The share of the variance to keep at least, above 0, up to 1.
        refit: Whether to fit anew; else the stored model is used.
        standardise: Whether every feature is divided by its standard deviation
            first, so that all weigh the same.
        quality_images: How many images the quality table is made of at most.
    """

    components: int | None
    variance: float | None
    refit: bool
    standardise: bool
    quality_images: int

    def __post_init__(self) -> None:
        """Refuse numbers out of range and two answers to one question."""
        if self.components is not None and self.variance is not None:
            message = (
                f"reduction.components={self.components!r} and "
                f"reduction.variance={self.variance!r}: both say how many components "
                "to keep; give one of them"
            )
            raise ParameterError(message)
        if self.components is not None:
            at_least("reduction.components", self.components, 1)
        if self.variance is not None:
            within("reduction.variance", self.variance, 1e-6, 1)
        boolean("reduction.refit", self.refit)
        boolean("reduction.standardise", self.standardise)
        at_least("reduction.quality_images", self.quality_images, 1)
