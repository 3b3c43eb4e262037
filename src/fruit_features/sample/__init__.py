"""Generated sample pictures of fruit, in the style of the Fruits-360 data set.

The pictures let a new user run the whole project before downloading anything.
Every label ends in " (generated)", so nobody takes them for photographs.
"""

from fruit_features.sample.writing import contact_sheet, write_sample

__all__ = ["contact_sheet", "write_sample"]
