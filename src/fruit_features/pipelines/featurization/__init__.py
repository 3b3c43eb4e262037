"""Images to features, by a backbone broadcast to the workers."""

from fruit_features.pipelines.featurization.pipeline import create_pipeline

__all__ = ["create_pipeline"]
