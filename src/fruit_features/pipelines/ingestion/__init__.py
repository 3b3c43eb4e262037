"""A folder of many small images to a table of few large files."""
