"""The reporting pipeline: plots, counts and the page."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from fruit_features.pipelines.reporting.fields import PAGE_DATA
from fruit_features.pipelines.reporting.nodes import (
    plot_components,
    plot_projection,
    render_report,
    summarise_run,
)
from fruit_features.pipelines.reporting.storage import measure_storage
from fruit_features.pipelines.reporting.thumbnails import shrink_images


def create_pipeline(**kwargs: Any) -> Pipeline:
    """Plot, measure, count what was written, render the page."""
    return Pipeline(
        [
            Node(
                func=plot_components,
                inputs=["explained_variance", "pca_summary", "reduction_quality"],
                outputs={
                    "variance": "variance_plot",
                    "variance_svg": "variance_plot_svg",
                    "quality": "quality_plot",
                    "quality_svg": "quality_plot_svg",
                },
                name="plot_components_node",
            ),
            Node(
                func=plot_projection,
                inputs=["reduced_features", "params:reporting"],
                outputs={"points": "projection_points", "plot": "projection_plot"},
                name="plot_projection_node",
            ),
            Node(
                func=shrink_images,
                inputs=["images", "quarantine"],
                outputs="thumbnails",
                name="shrink_images_node",
            ),
            Node(
                func=measure_storage,
                inputs=["features", "backbone", "reduced_features"],
                outputs="storage",
                name="measure_storage_node",
            ),
            Node(
                func=summarise_run,
                inputs=[
                    "image_listing@spark",
                    "expired_images@spark",
                    "features",
                    "quarantine",
                    "backbone",
                    "pca_summary",
                    "drift",
                    "kept_runs",
                    "run_facts",
                    "params:reporting",
                    "params:retention",
                ],
                outputs="run_report",
                name="summarise_run_node",
            ),
            Node(
                func=render_report,
                inputs={
                    name: name for name in ("run_report", "previous_run", *PAGE_DATA)
                },
                outputs={
                    "page": "report",
                    "kept_page": "report_history",
                    "kept_report": "run_history",
                },
                name="render_report_node",
            ),
        ],
        tags="reporting",
        namespace="reporting",
        prefix_datasets_with_namespace=False,
    )
