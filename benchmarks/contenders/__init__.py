"""What is measured beside the project: one program each, run in its own process.

Each takes the folder of images, the weights or the exported backbone, and a folder
to work in, where it leaves ``result.json`` and, while it runs, ``stamps``.
"""
