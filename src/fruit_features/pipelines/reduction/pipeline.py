"""The reduction pipeline: from features to principal components."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from fruit_features.pipelines.reduction.nodes import (
    fit_pca,
    measure_drift,
    measure_reduction_quality,
    reduce_features,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """Fit or load the components, project, and measure quality and drift."""
    models = ["features", "backbone", "scaler_model", "pca_model"]
    return Pipeline(
        [
            Node(
                func=fit_pca,
                inputs=["features", "backbone", "stored_fit", "params:reduction"],
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
                inputs=models,
                outputs="reduced_features",
                name="reduce_features_node",
            ),
            Node(
                func=measure_drift,
                inputs=[*models, "pca_summary", "params:reduction"],
                outputs="drift",
                name="measure_drift_node",
            ),
            Node(
                func=measure_reduction_quality,
                inputs=[
                    "features",
                    "backbone",
                    "scaler_model",
                    "principal_components",
                    "explained_variance",
                    "pca_summary",
                    "params:reduction",
                ],
                outputs="reduction_quality",
                name="measure_reduction_quality_node",
            ),
        ],
        tags="reduction",
        namespace="reduction",
        prefix_datasets_with_namespace=False,
    )
