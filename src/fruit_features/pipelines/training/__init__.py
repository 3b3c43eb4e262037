"""Trains a backbone on a labelled folder of images. Not part of a plain run."""
