"""Nodes of the reporting pipeline."""

import datetime as dt
import platform
from collections.abc import Callable
from importlib import metadata
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fruit_features.backbone.spec import Backbone
from fruit_features.internals import jvm
from fruit_features.pipelines.reporting.counts import count_images, list_quarantine
from fruit_features.pipelines.reporting.page import render_page
from fruit_features.pipelines.reporting.parameters import ReportingParameters
from fruit_features.pipelines.reporting.plots import (
    draw_projection,
    draw_quality,
    draw_variance,
    to_svg,
)
from fruit_features.pipelines.reporting.retention import review_retention
from fruit_features.privacy.parameters import RetentionParameters

# Spark's setting with the address of the application's page in YARN.
TRACKING_PAGE = (
    "spark.org.apache.hadoop.yarn.server.webproxy.amfilter.AmIpFilter.param."
    "PROXY_URI_BASES"
)
STAGES = ("ingestion", "featurization", "reduction", "reporting")
PACKAGES = (
    "fruit_features",
    "kedro",
    "pyspark",
    "ai-edge-litert",
    "keras",
    "numpy",
    "pandas",
    "pillow",
    "pyarrow",
)


def plot_components(
    explained_variance: pd.DataFrame,
    pca_summary: dict[str, Any],
    reduction_quality: pd.DataFrame,
) -> dict[str, Any]:
    """Plot the variance by component and the quality table, also as SVG."""
    figures = {
        "variance": draw_variance(explained_variance, pca_summary["components"]),
        "quality": draw_quality(reduction_quality),
    }
    return {**figures, **{f"{k}_svg": to_svg(v) for k, v in figures.items()}}


def plot_projection(
    reduced_features: DataFrame, parameters: ReportingParameters
) -> dict[str, Any]:
    """Plot a fixed random sample of the images on the first two components.

    Returns:
        ``points``: columns ``label``, ``image_key``, ``x``, ``y``; ``plot``: the
        figure.
    """
    plane = reduced_features.select(
        "label",
        "image_key",
        F.col("pca_features")[0].alias("x"),
        F.coalesce(F.col("pca_features")[1], F.lit(0.0)).alias("y"),
    )
    chosen = plane.orderBy(F.xxhash64("image_key")).limit(parameters.points)
    points = chosen.toPandas()
    plot = draw_projection(points, reduced_features.count())
    return {"points": points, "plot": plot}


def summarise_run(  # noqa: PLR0913, PLR0917  An argument an input.
    image_listing: DataFrame,
    expired_images: DataFrame,
    features: DataFrame,
    quarantine: DataFrame,
    backbone: Backbone,
    pca_summary: dict[str, Any],
    drift: dict[str, Any],
    kept_runs: Callable[[], dict[str, Any] | None],
    run_facts: dict[str, Any],
    parameters: ReportingParameters,
    retention: RetentionParameters,
) -> dict[str, Any]:
    """Count what was written; add settings, versions and timings.

    Returns:
        The run report, serialisable as JSON; ``fields.py`` describes its fields.

    Raises:
        CountError: If an image is not in exactly one row of ``features`` and
            ``quarantine``.
    """
    stages, total = run_facts["stages"], run_facts["seconds"]
    rows = features.where(F.col("backbone_id") == backbone.id)
    begun = dt.datetime.fromisoformat(stages["featurization"]["started"])
    images = count_images(image_listing, rows, quarantine, begun)
    labels = images.pop("labels")
    seconds = stages["featurization"]["nodes"].get("featurize_images_node")
    rate = images["featurized"] / seconds if seconds and images["featurized"] else None
    dollars = parameters.dollars_per_hour
    spark = features.sparkSession
    return {
        "images": images,
        **review_retention(
            image_listing, expired_images, features, rows, kept_runs, retention
        ),
        "labels": labels,
        **list_quarantine(image_listing, quarantine, parameters.quarantine_rows),
        "backbone": backbone.describe(),
        "reduction": {**pca_summary, "drift": drift, "mllib_blas": _mllib_blas(spark)},
        "seconds": {
            **{name: stages[name]["seconds"] for name in STAGES if name in stages},
            "total": total,
        },
        "dollars": None if dollars is None else total / 3600 * dollars,
        "images_per_second": round(rate, 2) if rate else None,
        "spark": _spark(spark),
        "environment": run_facts["environment"],
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "started": run_facts["started"],
        "finished": run_facts["finished"],
    }


def render_report(
    run_report: dict[str, Any],
    previous_run: Callable[[], dict[str, Any] | None],
    **data: Any,
) -> dict[str, Any]:
    """Render the page of the run.

    Returns:
        ``page``: HTML; ``kept_page`` and ``kept_report``: page and run report for the
        history.
    """
    page = render_page(run_report, previous_run(), data)
    return {"page": page, "kept_page": page, "kept_report": run_report}


def _mllib_blas(spark: SparkSession) -> str:
    """Return the class of MLlib's BLAS: ``JNIBLAS`` is native, others are Java."""
    linalg = jvm(spark.sparkContext).org.apache.spark.ml.linalg
    blas = getattr(getattr(linalg, "BLAS$"), "MODULE$")
    return str(blas.nativeBLAS().getClass().getSimpleName())


def _spark(spark: SparkSession) -> dict[str, Any]:
    context = spark.sparkContext
    java = jvm(context).java.lang.System.getProperty
    facts = {
        "application_id": context.applicationId,
        "master": context.master,
        "version": context.version,
        "parallelism": context.defaultParallelism,
        "java": java("java.version"),
    }
    settings = context.getConf()
    if settings.contains(TRACKING_PAGE):
        facts["tracking_page"] = settings.get(TRACKING_PAGE)
    if settings.get("spark.eventLog.enabled") == "true":
        folder = settings.get("spark.eventLog.dir")
        facts["event_log"] = f"{folder}/{context.applicationId}"
    return facts
