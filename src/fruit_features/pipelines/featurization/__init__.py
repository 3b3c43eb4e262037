"""Computes the features of images with a backbone broadcast to the workers."""
