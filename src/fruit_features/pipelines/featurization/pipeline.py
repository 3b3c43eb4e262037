"""The featurization pipeline: from image bytes to features."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from fruit_features.pipelines.featurization.nodes import (
    featurize_images,
    keep_current_rows,
    prepare_backbone,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """Prepare the backbone, remove outdated rows, featurize the new images."""
    return Pipeline(
        [
            Node(
                func=prepare_backbone,
                inputs=[
                    "exported_backbones",
                    "image_listing@pandas",
                    "params:backbone",
                ],
                outputs={"backbone": "backbone", "exported": "new_exports"},
                name="prepare_backbone_node",
            ),
            Node(
                func=keep_current_rows,
                inputs=[
                    "image_listing@spark",
                    "expired_images@spark",
                    "params:featurization",
                ],
                outputs=dict(features="known_features", quarantine="known_quarantine"),
                name="keep_current_features_node",
            ),
            Node(
                func=featurize_images,
                inputs=[
                    "image_listing@spark",
                    "images",
                    "known_features",
                    "known_quarantine",
                    "backbone",
                    "params:featurization",
                ],
                outputs={"features": "features", "quarantine": "quarantine"},
                name="featurize_images_node",
            ),
        ],
        tags="featurization",
        namespace="featurization",
        prefix_datasets_with_namespace=False,
    )
