"""The ingestion pipeline: from a folder of images to a table of their bytes."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from fruit_features.pipelines.ingestion.nodes import (
    keep_current_rows,
    list_images,
    read_images,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """List the images, remove those that changed or are gone, read the new ones."""
    return Pipeline(
        [
            Node(
                func=list_images,
                inputs=[
                    "raw_images",
                    "stored_erasure_list",
                    "stored_image_listing",
                    "stored_expired_images",
                    "stored_features",
                    "params:ingestion",
                    "params:retention",
                ],
                # Saved in this order: after a kill in between, the next run compares
                # with the old listing again.
                outputs={
                    "expired": "expired_images@pandas",
                    "listing": "image_listing@pandas",
                },
                name="list_images_node",
            ),
            Node(
                func=keep_current_rows,
                inputs=[
                    "image_listing@spark",
                    "stored_images",
                    "params:featurization",
                ],
                outputs="known_images",
                name="keep_current_images_node",
            ),
            Node(
                func=read_images,
                inputs=[
                    "image_listing@spark",
                    "known_images",
                    "params:ingestion",
                    "params:featurization",
                ],
                outputs="images",
                name="read_images_node",
            ),
        ],
        tags="ingestion",
        namespace="ingestion",
        prefix_datasets_with_namespace=False,
    )
