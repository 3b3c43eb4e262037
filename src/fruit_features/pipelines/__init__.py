"""The pipelines: one folder each.

The folders import nothing by themselves: workers load single modules of them.
"""
