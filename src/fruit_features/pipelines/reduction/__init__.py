"""Reduces features by principal component analysis."""
