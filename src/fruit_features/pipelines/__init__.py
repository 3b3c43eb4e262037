"""The pipelines: one folder each.

Their ``__init__`` modules import nothing: workers load single modules of them.
"""
