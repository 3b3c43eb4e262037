"""The reduction pipeline: features to principal components."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from fruit_features.pipelines.reduction.nodes import (
    fit_pca,
    measure_drift,
    measure_reduction_quality,
    plot_reduction_quality,
    reduce_features,
    sample_features,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """Fit, or take the stored fit, project, and measure what is kept."""
    return Pipeline(
        [
            Node(
                func=fit_pca,
                inputs=[
                    "features",
                    "backbone",
                    "stored_scaler_model",
                    "stored_pca_model",
                    "stored_principal_components",
                    "stored_explained_variance",
                    "stored_pca_summary",
                    "params:reduction",
                ],
                outputs={
                    "scaler": "scaler_model",
                    "model": "pca_model",
                    "components": "principal_components",
                    "variance": "explained_variance",
                    "summary": "pca_summary",
                },
                name="fit_pca_node",
            ),
            Node(
                func=reduce_features,
                inputs=["features", "backbone", "scaler_model", "pca_model"],
                outputs="reduced_features",
                name="reduce_features_node",
            ),
            Node(
                func=measure_drift,
                inputs=[
                    "features",
                    "backbone",
                    "scaler_model",
                    "pca_model",
                    "pca_summary",
                    "params:reduction",
                ],
                outputs="drift",
                name="measure_drift_node",
            ),
            Node(
                func=sample_features,
                inputs=["features", "backbone", "params:reduction"],
                outputs="feature_sample",
                name="sample_features_node",
            ),
            Node(
                func=measure_reduction_quality,
                inputs=[
                    "feature_sample",
                    "scaler_model",
                    "principal_components",
                    "explained_variance",
                    "pca_summary",
                ],
                outputs="reduction_quality",
                name="measure_reduction_quality_node",
            ),
            Node(
                func=plot_reduction_quality,
                inputs="reduction_quality",
                outputs="quality_plot",
                name="plot_reduction_quality_node",
            ),
        ],
        tags="reduction",
        namespace="reduction",
        prefix_datasets_with_namespace=False,
    )
