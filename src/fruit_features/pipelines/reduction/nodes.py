"""Nodes of the reduction pipeline."""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pyspark.ml.feature import PCAModel, StandardScalerModel
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fruit_features.backbone.spec import Backbone
from fruit_features.pipelines.reduction.fit import (
    Spectrum,
    build_model,
    build_scaler,
    components_for,
    fit_spectrum,
)
from fruit_features.pipelines.reduction.limits import check_dimensions
from fruit_features.pipelines.reduction.parameters import (
    DEFAULT_COMPONENTS,
    ReductionParameters,
)
from fruit_features.pipelines.reduction.quality import (
    QUALITY_COMPONENTS,
    draw_quality,
    measure_quality,
)
from fruit_features.pipelines.reduction.reconstruction import Basis, mean_errors
from fruit_features.pipelines.reduction.stored import check_stored
from fruit_features.pipelines.reduction.tables import (
    component_table,
    summarise_fit,
    variance_table,
)

logger = logging.getLogger(__name__)

# Of so many buckets by hash, as many are read as hold the sample and a fifth more.
HASH_BUCKETS = 2**20
MARGIN = 1.2


def fit_pca(
    features: DataFrame,
    backbone: Backbone,
    stored_scaler_model: Callable[[], StandardScalerModel | None],
    stored_pca_model: Callable[[], PCAModel | None],
    stored_principal_components: Callable[[], pd.DataFrame | None],
    stored_explained_variance: Callable[[], pd.DataFrame | None],
    stored_pca_summary: Callable[[], dict[str, Any] | None],
    parameters: ReductionParameters,
) -> dict[str, Any]:
    """Fit principal components to the backbone's features, or take the stored ones.

    Args:
        features: Features of any backbones.
        backbone: Whose features are meant.
        stored_scaler_model: Loads the scaler that an earlier run fitted, if any.
        stored_pca_model: Loads its model.
        stored_principal_components: Loads its first components.
        stored_explained_variance: Loads its variance.
        stored_pca_summary: Loads what it was fitted on.
        parameters: How many components; whether to fit anew.

    Returns:
        ``scaler``: a ``StandardScalerModel`` with mean and standard deviation of the
        features, which divides if asked to; ``model``: a ``PCAModel``;
        ``components``: the first components; ``variance``: the share of every
        component, kept or not; ``summary``: what was fitted, on how many rows, when.

    Raises:
        NoFeaturesError: With fewer than two rows.
        DimensionError: If the features are longer than the driver can decompose.
        VarianceTargetError: If no number of components keeps the variance asked for.
        ModelMismatchError: If the stored model is missing or of another backbone.
    """
    if not parameters.refit:
        stored = {
            "scaler": stored_scaler_model(),
            "model": stored_pca_model(),
            "components": stored_principal_components(),
            "variance": stored_explained_variance(),
            "summary": stored_pca_summary(),
        }
        check_stored(stored, backbone, parameters)
        return stored
    spark = features.sparkSession
    check_dimensions(spark, backbone.dimensions)
    rows = features.where(F.col("backbone_id") == backbone.id)
    spectrum = fit_spectrum(rows, parameters.standardise)
    components = _components(parameters, spectrum)
    summary = summarise_fit(spectrum, components, backbone, parameters)
    logger.info(
        "%s components keep %.1f %% of the variance; BLAS %s, LAPACK %s",
        components,
        100 * summary["variance_retained"],
        summary["blas"],
        summary["lapack"],
    )
    return {
        "scaler": build_scaler(spark, spectrum, parameters.standardise),
        "model": build_model(spark, spectrum, components),
        "components": component_table(spectrum, components),
        "variance": variance_table(spectrum),
        "summary": summary,
    }


def reduce_features(
    features: DataFrame,
    backbone: Backbone,
    scaler_model: StandardScalerModel,
    pca_model: PCAModel,
) -> DataFrame:
    """Project the backbone's features on the principal components.

    As MLlib does it: without taking off the mean first, so that the models'
    ``transform`` gives the same numbers.

    Args:
        features: Features of any backbones.
        backbone: Whose features are meant.
        scaler_model: Applied first, where it divides by the standard deviation.
        pca_model: Fitted on features of this backbone.

    Returns:
        The rows with ``pca_features`` in place of ``features``.
    """
    rows = features.where(F.col("backbone_id") == backbone.id)
    cores = features.sparkSession.sparkContext.defaultParallelism
    vector = array_to_vector(F.col("features"))
    if scaler_model.getWithStd():
        raw = rows.withColumn("raw_vector", vector).drop("features")
        vectors = scaler_model.transform(raw).drop("raw_vector")
    else:
        vectors = rows.withColumn("vector", vector).drop("features")
    reduced = pca_model.transform(vectors).withColumn(
        "pca_features", vector_to_array(F.col("pca_vector"), "float32")
    )
    return (
        reduced.drop("vector", "pca_vector")
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
    """Compare how well new images and those of the fit are reconstructed.

    Args:
        features: Features of any backbones; new are those made after the fit.
        backbone: Whose features are meant.
        scaler_model: Of the model in use.
        pca_model: The model in use.
        pca_summary: When it was fitted, and on what.
        parameters: Whether it was fitted by this run.

    Returns:
        ``refit``, and the mean reconstruction error of ``fitted`` and ``new`` images,
        as a share of the variance of the features that the model was fitted on, each
        with ``images``; ``ratio``, new to fitted, where both are there.
    """
    if parameters.refit:
        # What the components left out do not hold is known without looking.
        error = 1 - pca_summary["variance_retained"]
        fitted = {"images": pca_summary["rows"], "error": error}
        return {"refit": True, "fitted": fitted, "new": None, "ratio": None}
    rows = features.where(F.col("backbone_id") == backbone.id)
    since = dt.datetime.fromisoformat(pca_summary["fitted"])
    basis = Basis.of_models(scaler_model, pca_model.pc.toArray())
    groups = mean_errors(rows, F.col("featurized_at") > F.lit(since), basis)
    drift = {"refit": False, "fitted": groups.get(False), "new": groups.get(True)}
    return {**drift, "ratio": _ratio(drift)}


def sample_features(
    features: DataFrame, backbone: Backbone, parameters: ReductionParameters
) -> pd.DataFrame:
    """Take the quality table's images: all, or a random but fixed choice of them.

    Args:
        features: Features of any backbones.
        backbone: Whose features are meant.
        parameters: Uses ``quality_images``.

    Returns:
        ``image_key``, ``label`` and ``features``, in an order by hash.
    """
    rows = features.where(F.col("backbone_id") == backbone.id)
    chosen = rows.select(
        F.xxhash64("image_key").alias("hash"), "image_key", "label", "features"
    )
    share = MARGIN * parameters.quality_images / max(rows.count(), 1)
    if share < 1:
        # Not a sort of all: only some rows' features leave the workers.
        bucket = F.pmod("hash", F.lit(HASH_BUCKETS))
        chosen = chosen.where(bucket < int(share * HASH_BUCKETS))
    bucket_order = chosen.toPandas()
    bucket_order["bucket"] = bucket_order["hash"] % HASH_BUCKETS
    ordered = bucket_order.sort_values(["bucket", "image_key"], ignore_index=True)
    return ordered.head(parameters.quality_images).drop(columns=["hash", "bucket"])


def measure_reduction_quality(
    feature_sample: pd.DataFrame,
    scaler_model: StandardScalerModel,
    principal_components: pd.DataFrame,
    explained_variance: pd.DataFrame,
    pca_summary: dict[str, Any],
) -> pd.DataFrame:
    """Tell what is left of the labels' differences at some numbers of components.

    Args:
        feature_sample: Columns ``label`` and ``features``.
        scaler_model: Of the model in use.
        principal_components: Its first components.
        explained_variance: The share of every component.
        pca_summary: How many components are kept.

    Returns:
        A row for each number of components and one for the features as they are, last;
        see ``measure_quality``.
    """
    vectors = np.stack(principal_components["vector"].to_list()).T
    basis = Basis.of_models(scaler_model, vectors)
    tried = {*QUALITY_COMPONENTS, pca_summary["components"]}
    # Beyond the number of images there is no variance.
    counts = sorted(k for k in tried if k <= pca_summary["rows"])
    table = measure_quality(feature_sample, basis, counts)
    cumulative = explained_variance.set_index("component")["cumulative"]
    variance = cumulative.reindex(table["components"]).to_numpy()
    table.insert(1, "variance", variance)
    return table


def plot_reduction_quality(reduction_quality: pd.DataFrame) -> Figure:
    """Plot the quality table over the number of components."""
    return draw_quality(reduction_quality)


def _components(parameters: ReductionParameters, spectrum: Spectrum) -> int:
    if parameters.variance is not None:
        return components_for(parameters.variance, spectrum.ratios)
    wanted = parameters.components or DEFAULT_COMPONENTS
    possible = min(spectrum.rows, len(spectrum.ratios))
    if wanted > possible:
        logger.warning(
            "%s components wanted; %s images of %s features give %s at the most",
            wanted,
            spectrum.rows,
            len(spectrum.ratios),
            possible,
        )
    return min(wanted, possible)


def _ratio(drift: dict[str, Any]) -> float | None:
    fitted, new = drift["fitted"], drift["new"]
    return (
        new["error"] / fitted["error"] if fitted and new and fitted["error"] else None
    )
