"""Nodes of the reporting pipeline."""

import datetime as dt
import platform
from collections.abc import Callable
from importlib import metadata
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fruit_features.backbone.spec import Backbone
from fruit_features.pipelines.reduction.blas import mllib_library
from fruit_features.pipelines.reporting.counts import (
    count_expired,
    count_images,
    list_quarantine,
)
from fruit_features.pipelines.reporting.outlook import rows_outlook, runs_outlook
from fruit_features.pipelines.reporting.page import render_page
from fruit_features.pipelines.reporting.parameters import ReportingParameters
from fruit_features.pipelines.reporting.plots import draw_projection, draw_variance
from fruit_features.pipelines.reporting.storage import measure_tables
from fruit_features.pipelines.reporting.thumbnails import make_thumbnails
from fruit_features.privacy.parameters import RetentionParameters

# Where YARN shows the application; Spark keeps it for its own page.
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


def plot_variance(
    explained_variance: pd.DataFrame, pca_summary: dict[str, Any]
) -> dict[str, Figure]:
    """Plot the variance by component, individual left and cumulative right.

    Returns:
        The figure twice, for both of the files it is kept as.
    """
    figure = draw_variance(explained_variance, pca_summary["components"])
    return {"png": figure, "svg": figure}


def plot_projection(
    reduced_features: DataFrame, parameters: ReportingParameters
) -> dict[str, Any]:
    """Plot the images on the first two components, a random but fixed choice of them.

    Args:
        reduced_features: Column ``pca_features``, arrays.
        parameters: Uses ``points``.

    Returns:
        ``points``: columns ``label``, ``image_key``, ``x``, ``y``; ``plot`` of them.
    """
    plane = reduced_features.select(
        "label",
        "image_key",
        F.col("pca_features")[0].alias("x"),
        F.coalesce(F.col("pca_features")[1], F.lit(0.0)).alias("y"),
    )
    chosen = plane.orderBy(F.xxhash64("image_key")).limit(parameters.points)
    points = chosen.toPandas()
    return {
        "points": points,
        "plot": draw_projection(points, reduced_features.count()),
    }


def shrink_images(images: DataFrame, quarantine: DataFrame) -> pd.DataFrame:
    """Make a thumbnail for every label, and for some quarantined images.

    Args:
        images: The packed images.
        quarantine: Images that are no usable ones.
    """
    return make_thumbnails(images, quarantine)


def measure_storage(
    features: DataFrame, backbone: Backbone, reduced_features: DataFrame
) -> pd.DataFrame:
    """Measure what an image's features take, as they are stored and otherwise.

    Args:
        features: Features of any backbones.
        backbone: The one in use.
        reduced_features: The same on fewer numbers.
    """
    rows = features.where(F.col("backbone_id") == backbone.id)
    return pd.DataFrame(measure_tables(rows, reduced_features))


def review_retention(
    image_listing: DataFrame,
    expired_images: DataFrame,
    features: DataFrame,
    backbone: Backbone,
    kept_runs: Callable[[], dict[str, Any] | None],
    retention: RetentionParameters,
) -> dict[str, Any]:
    """Say what has expired, and what goes next because of its age.

    Args:
        image_listing: Every image.
        expired_images: Images that are gone, and whose features stay.
        features: Features of any backbones.
        backbone: The one in use.
        kept_runs: Loads the names of the runs whose reports are kept.
        retention: How long each is kept.

    Returns:
        The fields of the run report that tell of retention.
    """
    now = dt.datetime.now(dt.timezone.utc)
    expired, goes = 0, []
    if days := retention.images_days:
        rows = features.where(F.col("backbone_id") == backbone.id)
        expired = count_expired(rows, expired_images)
        changed = "modification_time"
        goes.append(rows_outlook("raw_images", image_listing, changed, days, now))
    if days := retention.features_days:
        goes.append(rows_outlook("features", features, "featurized_at", days, now))
    if days := retention.logs_days:
        goes.append(runs_outlook("report_history", kept_runs() or {}, days, now))
    reckoned = {"reckoned": f"{now:%Y-%m-%d}", "datasets": goes} if goes else None
    return {"expired": expired, "retention": reckoned}


def summarise_run(  # noqa: PLR0913, PLR0917  An argument an input.
    image_listing: DataFrame,
    features: DataFrame,
    quarantine: DataFrame,
    backbone: Backbone,
    pca_summary: dict[str, Any],
    drift: dict[str, Any],
    retention_review: dict[str, Any],
    run_facts: dict[str, Any],
    parameters: ReportingParameters,
) -> dict[str, Any]:
    """Count what was written and add how, where and how long.

    Args:
        image_listing: Every image, with ``selected``.
        features: Features of any backbones.
        quarantine: Images that are no usable ones.
        backbone: The one in use.
        pca_summary: What the components were fitted on.
        drift: How well new images are reconstructed.
        retention_review: From ``review_retention``.
        run_facts: When the stages ran, from the hook.
        parameters: Uses ``quarantine_rows`` and ``dollars_per_hour``.

    Returns:
        The run report, fit for JSON; ``fields.py`` says what its fields mean.

    Raises:
        CountError: If an image is neither in ``features`` nor in ``quarantine``,
            or in both, or twice.
    """
    stages = run_facts["stages"]
    rows = features.where(F.col("backbone_id") == backbone.id)
    begun = dt.datetime.fromisoformat(stages["featurization"]["started"])
    images = count_images(image_listing, rows, quarantine, begun)
    labels = images.pop("labels")
    nodes = stages["featurization"]["nodes"]
    seconds = nodes.get("featurize_images_node")
    rate = images["featurized"] / seconds if seconds and images["featurized"] else None
    spark = features.sparkSession
    return {
        "images": images,
        **retention_review,
        "labels": labels,
        **list_quarantine(image_listing, quarantine, parameters.quarantine_rows),
        "backbone": backbone.describe(),
        "reduction": {
            **pca_summary,
            "drift": drift,
            "mllib_blas": mllib_library(spark),
        },
        "seconds": {
            **{name: stages[name]["seconds"] for name in STAGES if name in stages},
            "total": run_facts["seconds"],
        },
        "dollars": _cost(run_facts["seconds"], parameters.dollars_per_hour),
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
    explained_variance: pd.DataFrame,
    reduction_quality: pd.DataFrame,
    storage: pd.DataFrame,
    projection_points: pd.DataFrame,
    thumbnails: pd.DataFrame,
    previous_run: Callable[[], dict[str, Any] | None],
) -> dict[str, Any]:
    """Render the page that shows the run whole; it needs no network.

    Args:
        run_report: From ``summarise_run``.
        explained_variance: The share of every component.
        reduction_quality: What components keep of the labels' differences.
        storage: What features take.
        projection_points: From ``plot_projection``.
        thumbnails: One a label, and of quarantined images.
        previous_run: Loads the report of the run before, if any.

    Returns:
        ``page``: HTML in which every name and label is escaped; it and the run report
        once more, as ``kept_page`` and ``kept_report``, for the history.
    """
    page = render_page(
        run_report,
        previous_run(),
        explained_variance=explained_variance,
        reduction_quality=reduction_quality,
        storage=storage,
        projection_points=projection_points,
        thumbnails=thumbnails,
    )
    return {"page": page, "kept_page": page, "kept_report": run_report}


def _cost(seconds: float, dollars_per_hour: float | None) -> float | None:
    return None if dollars_per_hour is None else seconds / 3600 * dollars_per_hour


def _spark(spark: SparkSession) -> dict[str, Any]:
    context = spark.sparkContext
    java = context._jvm.java.lang.System.getProperty  # type: ignore[union-attr]
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
