"""Fruit photographs to MobileNetV2 features, reduced by PCA, with Kedro and Spark."""

__version__ = "0.1.0"
