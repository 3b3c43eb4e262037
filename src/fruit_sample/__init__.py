"""Generated sample pictures of fruit, in the style of the Fruits-360 data set.

The pictures let a new user run the whole project before downloading anything.
Every label ends in " (generated)", so nobody takes them for photographs.
``fruit_sample.writing`` writes a folder of them.
"""
