"""The training pipeline: from a labelled folder to a backbone and a model card."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from fruit_features.pipelines.training.nodes import split_pictures, train_backbone


def create_pipeline(**kwargs: Any) -> Pipeline:
    """Split the pictures, train, evaluate, export."""
    return Pipeline(
        [
            Node(
                func=split_pictures,
                inputs=["raw_images", "stored_erasure_list", "params:training"],
                outputs={"train": "training_listing", "held_out": "held_out_listing"},
                name="split_pictures_node",
            ),
            Node(
                func=train_backbone,
                inputs=[
                    "training_listing",
                    "held_out_listing",
                    "test_images",
                    "training_state",
                    "stored_erasure_list",
                    "params:training",
                ],
                outputs={
                    "weights": "trained_weights",
                    "backbone": "trained_backbone",
                    "card": "trained_backbone_card",
                },
                name="train_backbone_node",
            ),
        ],
        tags="training",
        namespace="training",
        prefix_datasets_with_namespace=False,
    )
