"""Plots, a run report as JSON and a page in HTML."""
