"""Packs a folder of many small images into a table of few large files."""
