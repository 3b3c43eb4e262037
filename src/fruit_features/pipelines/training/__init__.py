"""Trains a backbone on a labelled folder of images; runs on request only."""
