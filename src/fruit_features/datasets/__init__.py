"""Datasets that kedro-datasets lacks."""
