"""Nodes of the reduction pipeline."""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml.feature import PCAModel, StandardScalerModel
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fruit_features.backbone.spec import Backbone
from fruit_features.exceptions import ModelMismatchError
from fruit_features.pipelines.reduction.fit import (
    Spectrum,
    build_model,
    build_scaler,
    components_for,
    fit_spectrum,
    numpy_libraries,
)
from fruit_features.pipelines.reduction.parameters import (
    DEFAULT_COMPONENTS,
    ReductionParameters,
)
from fruit_features.pipelines.reduction.quality import (
    QUALITY_COMPONENTS,
    Basis,
    mean_errors,
    measure_quality,
)

logger = logging.getLogger(__name__)

# Numbers of components whose cumulative variance is in the summary.
NAMED_COMPONENTS = (10, 50, 100, 200)

# A sample reads as many hash buckets as hold it and a fifth more.
HASH_BUCKETS = 2**20
MARGIN = 1.2


def fit_pca(
    features: DataFrame,
    backbone: Backbone,
    stored_fit: Callable[[], dict[str, Any]],
    parameters: ReductionParameters,
) -> dict[str, Any]:
    """Fit principal components to the backbone's features, or load the stored fit.

    Returns:
        ``scaler``: a ``StandardScalerModel`` with mean and standard deviation of the
        features, which divides with ``standardise``; ``model``: a ``PCAModel``;
        ``components``: the first components; ``variance``: the share of every
        component, kept or not; ``summary``: parameters, rows and time of the fit.
        ``stored_fit`` loads the same, with ``None`` for missing parts.

    Raises:
        NoFeaturesError: With fewer than two rows.
        VarianceTargetError: If no number of components keeps that variance.
        ModelMismatchError: If the stored model is missing, of another backbone, or
            fitted with other parameters.
    """
    if not parameters.refit:
        stored = stored_fit()
        _check_stored(stored, backbone, parameters)
        logger.info("model fitted %s used again", stored["summary"]["fitted"])
        return stored
    rows = features.where(F.col("backbone_id") == backbone.id)
    spectrum = fit_spectrum(rows, parameters.standardise)
    components = _components(parameters, spectrum)
    variance = spectrum.variance_table()
    cumulative = variance["cumulative"].to_list()
    named = {str(k): cumulative[k - 1] for k in NAMED_COMPONENTS if k <= len(variance)}
    libraries = numpy_libraries()
    now = dt.datetime.now(dt.timezone.utc)
    retained = cumulative[components - 1]
    message = "%s components keep %.1f %% of the variance; BLAS %s, LAPACK %s"
    logger.info(message, components, 100 * retained, *libraries.values())
    return {
        "scaler": build_scaler(rows.sparkSession, spectrum, parameters.standardise),
        "model": build_model(rows.sparkSession, spectrum, components),
        "components": spectrum.component_table(max(components, *QUALITY_COMPONENTS)),
        "variance": variance,
        "summary": {
            "backbone_id": backbone.id,
            "rows": spectrum.rows,
            "dimensions": len(cumulative),
            "components": components,
            "variance_retained": retained,
            "cumulative": named,
            "standardised": parameters.standardise,
            # Features made after this time count as new to the model.
            "fitted": now.isoformat(timespec="milliseconds"),
            **libraries,
        },
    }


def reduce_features(
    features: DataFrame,
    backbone: Backbone,
    scaler_model: StandardScalerModel,
    pca_model: PCAModel,
) -> DataFrame:
    """Project the backbone's features on the principal components.

    As in MLlib, the mean is not subtracted, so the models' ``transform`` gives the
    same numbers. ``pca_features`` replaces ``features``.
    """
    rows = features.where(F.col("backbone_id") == backbone.id)
    cores = features.sparkSession.sparkContext.defaultParallelism
    divides = scaler_model.getWithStd()
    vector = array_to_vector(F.col("features"))
    vectors = rows.withColumn("raw_vector" if divides else "vector", vector)
    vectors = vectors.drop("features")
    if divides:
        vectors = scaler_model.transform(vectors).drop("raw_vector")
    numbers = vector_to_array(F.col("pca_vector"), "float32")
    return (
        pca_model.transform(vectors)
        .withColumn("pca_features", numbers)
        .drop("vector", "pca_vector")
        .coalesce(cores)
        .sortWithinPartitions("label", "image_key")
    )


def measure_drift(
    features: DataFrame,
    backbone: Backbone,
    scaler_model: StandardScalerModel,
    pca_model: PCAModel,
    pca_summary: dict[str, Any],
    parameters: ReductionParameters,
) -> dict[str, Any]:
    """Compare the reconstruction error of new images with that of the fitted ones.

    Returns:
        ``refit``; ``fitted`` and ``new``: the number of ``images`` and their mean
        reconstruction ``error``, as a share of the variance of the fitted features;
        ``ratio``: new to fitted, if both exist.
    """
    if parameters.refit:
        # The error is the variance that the components do not keep.
        error = 1 - pca_summary["variance_retained"]
        lost = {"images": pca_summary["rows"], "error": error}
        return {"refit": True, "fitted": lost, "new": None, "ratio": None}
    rows = features.where(F.col("backbone_id") == backbone.id)
    since = dt.datetime.fromisoformat(pca_summary["fitted"])
    basis = Basis.of_models(scaler_model, pca_model.pc.toArray())
    groups = mean_errors(rows, F.col("featurized_at") > F.lit(since), basis)
    fitted, new = groups.get(False), groups.get(True)
    ratio = None
    if fitted and new and fitted["error"]:
        ratio = new["error"] / fitted["error"]
    return {"refit": False, "fitted": fitted, "new": new, "ratio": ratio}


def measure_reduction_quality(
    features: DataFrame,
    backbone: Backbone,
    scaler_model: StandardScalerModel,
    principal_components: pd.DataFrame,
    explained_variance: pd.DataFrame,
    pca_summary: dict[str, Any],
    parameters: ReductionParameters,
) -> pd.DataFrame:
    """Measure reconstruction and label separation for some numbers of components.

    Returns:
        As ``measure_quality``, with ``variance``, the cumulative share.
    """
    sample = sample_features(features, backbone, parameters.quality_images)
    vectors = np.stack(principal_components["vector"].to_list()).T
    basis = Basis.of_models(scaler_model, vectors)
    tried = {*QUALITY_COMPONENTS, pca_summary["components"]}
    # There are no more components with variance than images.
    counts = sorted(k for k in tried if k <= pca_summary["rows"])
    table = measure_quality(sample, basis, counts)
    cumulative = explained_variance.set_index("component")["cumulative"]
    table.insert(1, "variance", cumulative.reindex(table["components"]).to_numpy())
    return table


def sample_features(features: DataFrame, backbone: Backbone, most: int) -> pd.DataFrame:
    """Return key, label and features of at most ``most`` images, first by hash."""
    rows = features.where(F.col("backbone_id") == backbone.id)
    chosen = rows.select(
        F.xxhash64("image_key").alias("hash"), "image_key", "label", "features"
    )
    share = MARGIN * most / max(rows.count(), 1)
    if share < 1:
        # Filter by bucket rather than sort: few rows' features leave the workers.
        bucket = F.pmod("hash", F.lit(HASH_BUCKETS))
        chosen = chosen.where(bucket < int(share * HASH_BUCKETS))
    sample = chosen.toPandas()
    sample["bucket"] = sample["hash"] % HASH_BUCKETS
    ordered = sample.sort_values(["bucket", "image_key"], ignore_index=True)
    return ordered.head(most).drop(columns=["hash", "bucket"])


def _check_stored(
    stored: dict[str, Any], backbone: Backbone, parameters: ReductionParameters
) -> None:
    """Refuse a stored fit that is incomplete or does not match the parameters."""
    summary = stored["summary"]
    if any(part is None for part in stored.values()):
        message = (
            "reduction.refit=false, but no fitted model is stored; run once without it"
        )
        raise ModelMismatchError(message)
    wanted = parameters.components or summary["components"]
    if parameters.variance is not None:
        ratios = stored["variance"]["ratio"].to_numpy()
        wanted = components_for(parameters.variance, ratios)
    fitted_on = summary["backbone_id"]
    if fitted_on != backbone.id:
        found = f"was fitted on features of {fitted_on}, not of {backbone.id}"
    elif wanted != summary["components"]:
        found = f"keeps {summary['components']} components, {wanted} are asked for"
    elif parameters.standardise and not summary["standardised"]:
        found = "was fitted on features as they are, but reduction.standardise=true"
    else:
        return
    message = f"the stored model {found}; run with reduction.refit=true"
    raise ModelMismatchError(message)


def _components(parameters: ReductionParameters, spectrum: Spectrum) -> int:
    if parameters.variance is not None:
        return components_for(parameters.variance, spectrum.ratios)
    wanted = parameters.components or DEFAULT_COMPONENTS
    rows, dimensions = spectrum.rows, len(spectrum.ratios)
    possible = min(rows, dimensions)
    if wanted > possible:
        message = "%s components wanted; %s images of %s features give %s at the most"
        logger.warning(message, wanted, rows, dimensions, possible)
    return min(wanted, possible)
