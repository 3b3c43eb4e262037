"""Trains a backbone on a labelled folder of images. Not part of a plain run."""

from fruit_features.pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
