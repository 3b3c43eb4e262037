"""The reduction pipeline: features to principal components."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from fruit_features.pipelines.reduction.nodes import fit_pca, reduce_features


def create_pipeline(**kwargs: Any) -> Pipeline:
    """Fit, or take the stored fit, and project."""
    return Pipeline(
        [
            Node(
                func=fit_pca,
                inputs=[
                    "features",
                    "backbone",
                    "stored_pca_model",
                    "stored_explained_variance",
                    "stored_pca_summary",
                    "params:reduction",
                ],
                outputs={
                    "model": "pca_model",
                    "variance": "explained_variance",
                    "summary": "pca_summary",
                },
                name="fit_pca_node",
            ),
            Node(
                func=reduce_features,
                inputs=["features", "backbone", "pca_model"],
                outputs="reduced_features",
                name="reduce_features_node",
            ),
        ],
        tags="reduction",
    )
