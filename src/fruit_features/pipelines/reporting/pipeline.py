"""The reporting pipeline: plots, counts and the page."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from fruit_features.pipelines.reporting.nodes import (
    measure_storage,
    plot_projection,
    plot_variance,
    render_report,
    review_retention,
    shrink_images,
    summarise_run,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """Plot, measure, count what was written, render the page."""
    return Pipeline(
        [
            Node(
                func=plot_variance,
                inputs=["explained_variance", "pca_summary"],
                outputs={"png": "variance_plot", "svg": "variance_plot_svg"},
                name="plot_variance_node",
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
                func=review_retention,
                inputs=[
                    "image_listing@spark",
                    "expired_images@spark",
                    "features",
                    "backbone",
                    "kept_runs",
                    "params:retention",
                ],
                outputs="retention_review",
                name="review_retention_node",
            ),
            Node(
                func=summarise_run,
                inputs=[
                    "image_listing@spark",
                    "features",
                    "quarantine",
                    "backbone",
                    "pca_summary",
                    "drift",
                    "retention_review",
                    "run_facts",
                    "params:reporting",
                ],
                outputs="run_report",
                name="summarise_run_node",
            ),
            Node(
                func=render_report,
                inputs=[
                    "run_report",
                    "explained_variance",
                    "reduction_quality",
                    "storage",
                    "projection_points",
                    "thumbnails",
                    "previous_run",
                ],
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
