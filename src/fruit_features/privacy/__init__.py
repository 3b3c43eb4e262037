"""Erasure and retention of photos and of what was derived from them."""
