"""What a run did: plots, a report for programs and a page for people."""

from fruit_features.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
