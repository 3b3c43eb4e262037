"""The images that calibrate an 8-bit export."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from fruit_features.backbone.decoding import DecodeFailure, decode_image
from fruit_features.exceptions import NoFeaturesError
from fruit_features.workers.reading import read_file

IMAGES = 120
LARGEST_BYTES = 64 * 2**20


def calibration_pictures(
    image_listing: pd.DataFrame, input_size: int
) -> list[npt.NDArray[np.uint8]]:
    """Decode a fixed random sample of the images.

    Returns:
        Pixels ``(input_size, input_size, 3)`` of at most 120 images.

    Raises:
        NoFeaturesError: If none of the sample can be decoded.
    """
    taken = image_listing[image_listing["selected"]]
    some = taken.sample(min(len(taken), IMAGES), random_state=0)
    read = (read_file(row.path, row.length, LARGEST_BYTES) for row in some.itertuples())
    decoded = (decode_image(content.bytes or b"", input_size) for content in read)
    pictures = [each for each in decoded if not isinstance(each, DecodeFailure)]
    if not pictures:
        message = (
            f"none of {len(some)} images that backbone.precision=int8 is to be "
            "calibrated with can be read"
        )
        raise NoFeaturesError(message)
    return pictures
