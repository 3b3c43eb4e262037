"""Nodes of the reduction pipeline."""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml.feature import PCAModel
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fruit_features.backbone.spec import Backbone
from fruit_features.exceptions import ModelMismatchError
from fruit_features.pipelines.reduction.fit import (
    build_model,
    components_for,
    fit_spectrum,
)
from fruit_features.pipelines.reduction.parameters import (
    DEFAULT_COMPONENTS,
    ReductionParameters,
)

logger = logging.getLogger(__name__)


def fit_pca(
    features: DataFrame,
    backbone: Backbone,
    stored_pca_model: Callable[[], PCAModel | None],
    stored_explained_variance: Callable[[], pd.DataFrame | None],
    stored_pca_summary: Callable[[], dict[str, Any] | None],
    parameters: ReductionParameters,
) -> dict[str, Any]:
    """Fit principal components to the backbone's features, or take the stored ones.

    Args:
        features: Features of any backbones.
        backbone: Whose features are meant.
        stored_pca_model: Loads the model that an earlier run fitted, if any.
        stored_explained_variance: Loads its variance.
        stored_pca_summary: Loads what it was fitted on.
        parameters: How many components; whether to fit anew.

    Returns:
        ``model``: a ``PCAModel``; ``variance``: the share of every component,
        kept or not; ``summary``: what was fitted, on how many rows, when.

    Raises:
        NoFeaturesError: With fewer than two rows.
        ModelMismatchError: If the stored model is missing or of another backbone.
    """
    if not parameters.refit:
        stored = {
            "model": stored_pca_model(),
            "variance": stored_explained_variance(),
            "summary": stored_pca_summary(),
        }
        return _checked(stored, backbone)
    rows = features.where(F.col("backbone_id") == backbone.id)
    spectrum = fit_spectrum(rows)
    components = _components(parameters, spectrum.ratios, spectrum.rows)
    cumulative = np.cumsum(spectrum.ratios)
    variance = pd.DataFrame(
        {
            "component": np.arange(1, len(cumulative) + 1, dtype=np.int32),
            "ratio": spectrum.ratios,
            "cumulative": cumulative,
        }
    )
    summary = {
        "backbone_id": backbone.id,
        "rows": spectrum.rows,
        "dimensions": len(cumulative),
        "components": components,
        "variance_retained": float(cumulative[components - 1]),
        "fitted": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
    }
    model = build_model(features.sparkSession, spectrum, components)
    return {"model": model, "variance": variance, "summary": summary}


def reduce_features(
    features: DataFrame, backbone: Backbone, pca_model: PCAModel
) -> DataFrame:
    """Project the backbone's features on the principal components.

    As MLlib does it: without taking off the mean first, so that
    ``pca_model.transform`` gives the same numbers.

    Args:
        features: Features of any backbones.
        backbone: Whose features are meant.
        pca_model: Fitted on features of this backbone.

    Returns:
        The rows with ``pca_features`` in place of ``features``.
    """
    rows = features.where(F.col("backbone_id") == backbone.id)
    cores = features.sparkSession.sparkContext.defaultParallelism
    vector = array_to_vector(F.col("features"))
    vectors = rows.withColumn("vector", vector).drop("features")
    reduced = pca_model.transform(vectors).withColumn(
        "pca_features", vector_to_array(F.col("pca_vector"), "float32")
    )
    return (
        reduced.drop("vector", "pca_vector")
        .coalesce(cores)
        .sortWithinPartitions("label", "image_key")
    )


def _components(
    parameters: ReductionParameters, ratios: np.ndarray[Any, Any], rows: int
) -> int:
    if parameters.variance is not None:
        return components_for(parameters.variance, ratios)
    wanted = parameters.components or DEFAULT_COMPONENTS
    possible = min(rows, len(ratios))
    if wanted > possible:
        logger.warning(
            "%s components wanted; %s images of %s features give %s at the most",
            wanted,
            rows,
            len(ratios),
            possible,
        )
    return min(wanted, possible)


def _checked(stored: dict[str, Any], backbone: Backbone) -> dict[str, Any]:
    if any(part is None for part in stored.values()):
        message = (
            "reduction.refit=false, but no fitted model is stored; run once without it"
        )
        raise ModelMismatchError(message)
    fitted_on = stored["summary"]["backbone_id"]
    if fitted_on != backbone.id:
        message = (
            f"the stored model was fitted on features of {fitted_on}, not of "
            f"{backbone.id}; run with reduction.refit=true"
        )
        raise ModelMismatchError(message)
    logger.info("model fitted %s used again", stored["summary"]["fitted"])
    return stored
