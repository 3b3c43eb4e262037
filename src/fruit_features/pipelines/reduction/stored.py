"""The model that an earlier run fitted, and whether it suits this one."""

import logging
from typing import Any

import numpy as np

from fruit_features.backbone.spec import Backbone
from fruit_features.exceptions import ModelMismatchError
from fruit_features.pipelines.reduction.fit import components_for
from fruit_features.pipelines.reduction.parameters import ReductionParameters

logger = logging.getLogger(__name__)

ANEW = "run with reduction.refit=true"


def check_stored(
    stored: dict[str, Any], backbone: Backbone, parameters: ReductionParameters
) -> None:
    """Refuse a stored model that is not what the run asks for.

    Args:
        stored: The parts of the model, ``None`` where one is missing.
        backbone: Whose features are to be projected.
        parameters: What is asked for; what is not given is as it was fitted.

    Raises:
        ModelMismatchError: If a part is missing, or the model is of another backbone
            or was fitted with other parameters.
    """
    if any(part is None for part in stored.values()):
        message = (
            "reduction.refit=false, but no fitted model is stored; run once without it"
        )
        raise ModelMismatchError(message)
    summary = stored["summary"]
    if summary["backbone_id"] != backbone.id:
        message = (
            f"the stored model was fitted on features of {summary['backbone_id']}, not "
            f"of {backbone.id}; {ANEW}"
        )
        raise ModelMismatchError(message)
    wanted = _wanted(stored, parameters)
    if wanted != summary["components"]:
        message = (
            f"the stored model keeps {summary['components']} components, "
            f"{wanted} are asked for; {ANEW}"
        )
        raise ModelMismatchError(message)
    if parameters.standardise and not summary["standardised"]:
        message = (
            "reduction.standardise=true, but the stored model was fitted on features "
            f"as they are; {ANEW}"
        )
        raise ModelMismatchError(message)
    logger.info("model fitted %s used again", summary["fitted"])


def _wanted(stored: dict[str, Any], parameters: ReductionParameters) -> int:
    if parameters.variance is not None:
        ratios = np.asarray(stored["variance"]["ratio"])
        return components_for(parameters.variance, ratios)
    return parameters.components or int(stored["summary"]["components"])
