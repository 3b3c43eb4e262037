"""The reporting pipeline: plots, counts and the page."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from fruit_features.pipelines.reporting.nodes import (
    plot_projection,
    plot_variance,
    render_report,
    summarise_run,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """Plot, count what was written, render the page."""
    return Pipeline(
        [
            Node(
                func=plot_variance,
                inputs=["explained_variance", "pca_summary"],
                outputs="variance_plot",
                name="plot_variance_node",
            ),
            Node(
                func=plot_projection,
                inputs=["reduced_features", "params:reporting"],
                outputs="projection_plot",
                name="plot_projection_node",
            ),
            Node(
                func=summarise_run,
                inputs=[
                    "image_listing@spark",
                    "features",
                    "quarantine",
                    "backbone",
                    "explained_variance",
                    "pca_summary",
                    "run_facts",
                    "params:reporting",
                ],
                outputs="run_report",
                name="summarise_run_node",
            ),
            Node(
                func=render_report,
                inputs=["run_report", "explained_variance", "projection_plot"],
                outputs="report",
                name="render_report_node",
            ),
        ],
        tags="reporting",
    )
