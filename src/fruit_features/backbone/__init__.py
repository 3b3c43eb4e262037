"""MobileNetV2 as a feature extractor: weights, export to LiteRT, inference.

Independent of Spark. TensorFlow is imported only where a model is built, so that
workers, which only infer, never load it.
"""
