"""A folder of many small images to a table of few large files."""

from fruit_features.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
