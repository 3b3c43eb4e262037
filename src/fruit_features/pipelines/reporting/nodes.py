"""Nodes of the reporting pipeline."""

import datetime as dt
import platform
from importlib import metadata
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fruit_features.backbone.spec import Backbone
from fruit_features.exceptions import CountError
from fruit_features.pipelines.reporting.page import render_page
from fruit_features.pipelines.reporting.parameters import ReportingParameters
from fruit_features.pipelines.reporting.plots import draw_projection, draw_variance

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
) -> Figure:
    """Plot the variance by component, individual left and cumulative right."""
    return draw_variance(explained_variance, pca_summary["components"])


def plot_projection(
    reduced_features: DataFrame, parameters: ReportingParameters
) -> go.Figure:
    """Plot the images on the first two components, a random but fixed choice of them.

    Args:
        reduced_features: Column ``pca_features``, arrays.
        parameters: Uses ``points``.
    """
    plane = reduced_features.select(
        "label",
        "image_key",
        F.col("pca_features")[0].alias("x"),
        F.coalesce(F.col("pca_features")[1], F.lit(0.0)).alias("y"),
    )
    chosen = plane.orderBy(F.xxhash64("image_key")).limit(parameters.points)
    return draw_projection(chosen.toPandas(), reduced_features.count())


def summarise_run(
    image_listing: DataFrame,
    features: DataFrame,
    quarantine: DataFrame,
    backbone: Backbone,
    explained_variance: pd.DataFrame,
    pca_summary: dict[str, Any],
    run_facts: dict[str, Any],
    parameters: ReportingParameters,
) -> dict[str, Any]:
    """Count what was written and add how, where and how long.

    Args:
        image_listing: Every image, with ``selected``.
        features: Features of any backbones.
        quarantine: Images that are no usable ones.
        backbone: The one in use.
        explained_variance: The share of every component.
        pca_summary: What the components were fitted on.
        run_facts: When the stages ran, from the hook.
        parameters: Uses ``quarantine_rows``.

    Returns:
        The run report, fit for JSON.

    Raises:
        CountError: If an image is neither in ``features`` nor in ``quarantine``,
            or in both, or twice.
    """
    stages = run_facts["stages"]
    rows = features.where(F.col("backbone_id") == backbone.id)
    begun = dt.datetime.fromisoformat(stages["featurization"]["started"])
    images = _count_images(image_listing, rows, quarantine, begun)
    nodes = stages["featurization"]["nodes"]
    seconds = nodes.get("featurize_images_node")
    rate = images["featurized"] / seconds if seconds and images["featurized"] else None
    cumulative = explained_variance.set_index("component")["cumulative"]
    return {
        "images": images,
        **_reasons(image_listing, quarantine),
        "quarantined": _quarantined(image_listing, quarantine, parameters),
        "backbone": backbone.describe(),
        "reduction": {
            **pca_summary,
            "cumulative": {
                str(k): float(cumulative[k]) for k in (10, 50, 100) if k in cumulative
            },
        },
        "seconds": {
            **{name: stages[name]["seconds"] for name in STAGES if name in stages},
            "total": run_facts["seconds"],
        },
        "images_per_second": round(rate, 2) if rate else None,
        "spark": _spark(features.sparkSession),
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
    projection_plot: go.Figure,
) -> str:
    """Render the page that shows the run whole; it needs no network.

    Args:
        run_report: From ``summarise_run``.
        explained_variance: The share of every component.
        projection_plot: From ``plot_projection``.

    Returns:
        HTML in which every name and label is escaped.
    """
    return render_page(run_report, explained_variance, projection_plot)


def _count_images(
    image_listing: DataFrame,
    features: DataFrame,
    quarantine: DataFrame,
    begun: dt.datetime,
) -> dict[str, int]:
    chosen = image_listing.where("selected").select("image_key")
    joined = chosen.join(
        features.select("image_key", "featurized_at"), "image_key", "left"
    ).join(quarantine.select("image_key", "reason"), "image_key", "left")
    new = F.col("featurized_at") >= F.lit(begun)
    (counted,) = joined.agg(
        F.countDistinct("image_key").alias("found"),
        F.count(F.when(new, 1)).alias("featurized"),
        F.count("reason").alias("quarantined"),
        F.count(F.when(~new, 1)).alias("unchanged"),
    ).collect()
    images = {name: int(number) for name, number in counted.asDict().items()}
    rest = images["featurized"] + images["quarantined"] + images["unchanged"]
    if images["found"] != rest:
        message = (
            f"{images['found']:,} images found, but {images['featurized']:,} "
            f"featurized + {images['quarantined']:,} quarantined + "
            f"{images['unchanged']:,} unchanged: run the featurization pipeline"
        )
        raise CountError(message)
    return images


def _reasons(image_listing: DataFrame, quarantine: DataFrame) -> dict[str, Any]:
    chosen = image_listing.where("selected").select("image_key")
    rows = quarantine.join(chosen, "image_key", "left_semi").groupBy("reason")
    example = F.min(F.struct("image_key", "detail")).alias("example")
    counted = rows.agg(F.count("*").alias("images"), example).collect()
    found = sorted(counted, key=lambda row: -row["images"])
    return {
        "quarantine_reasons": {row["reason"]: row["images"] for row in found},
        "quarantine_examples": {
            row["reason"]: row["example"].asDict() for row in found
        },
    }


def _quarantined(
    image_listing: DataFrame, quarantine: DataFrame, parameters: ReportingParameters
) -> list[dict[str, str]]:
    chosen = image_listing.where("selected").select("image_key")
    rows = quarantine.join(chosen, "image_key", "left_semi").orderBy("image_key")
    shown = rows.select("image_key", "label", "reason", "detail")
    return [row.asDict() for row in shown.limit(parameters.quarantine_rows).collect()]


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
