"""Features to fewer numbers by principal component analysis."""

from fruit_features.pipelines.reduction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
