"""Measures the project beside the usual notebook, Daft and the machine's limit.

``make bench IMAGES=<folder>`` runs them in turn on the same images and weights;
``make bench-million`` and ``make bench-study`` answer questions of their own.
"""
