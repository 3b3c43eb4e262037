"""What is kept of a fit, as tables and as a summary."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from fruit_features.backbone.spec import Backbone
from fruit_features.pipelines.reduction.blas import numpy_libraries
from fruit_features.pipelines.reduction.fit import Spectrum
from fruit_features.pipelines.reduction.parameters import ReductionParameters
from fruit_features.pipelines.reduction.quality import QUALITY_COMPONENTS

# Components whose cumulative variance the summary names.
NAMED_COMPONENTS = (10, 50, 100, 200)


def summarise_fit(
    spectrum: Spectrum,
    components: int,
    backbone: Backbone,
    parameters: ReductionParameters,
) -> dict[str, Any]:
    """Say what was fitted, on how many rows, when and with what; fit for JSON."""
    cumulative = np.cumsum(spectrum.ratios)
    fitted = dt.datetime.now(dt.timezone.utc)
    return {
        "backbone_id": backbone.id,
        "rows": spectrum.rows,
        "dimensions": len(cumulative),
        "components": components,
        "variance_retained": float(cumulative[components - 1]),
        "cumulative": {
            str(k): float(cumulative[k - 1])
            for k in NAMED_COMPONENTS
            if k <= len(cumulative)
        },
        "standardised": parameters.standardise,
        # To the millisecond: features made after this are new to the model.
        "fitted": fitted.isoformat(timespec="milliseconds"),
        **numpy_libraries(),
    }


def variance_table(spectrum: Spectrum) -> pd.DataFrame:
    """List every component's share of the variance, and what they add up to."""
    return pd.DataFrame(
        {
            "component": np.arange(1, len(spectrum.ratios) + 1, dtype=np.int32),
            "ratio": spectrum.ratios,
            "cumulative": np.cumsum(spectrum.ratios),
        }
    )


def component_table(spectrum: Spectrum, components: int) -> pd.DataFrame:
    """List the components that are kept, and those that the quality table asks for."""
    first = spectrum.vectors.T[: max(components, *QUALITY_COMPONENTS)]
    numbers = np.arange(1, len(first) + 1, dtype=np.int32)
    return pd.DataFrame({"component": numbers, "vector": list(first)})
