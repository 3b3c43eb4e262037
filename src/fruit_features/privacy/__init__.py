"""Erasure and retention: photographs and all that was made of them."""
