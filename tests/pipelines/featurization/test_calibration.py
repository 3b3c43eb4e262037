from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fruit_features.backbone.decoding import decode_image
from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.exceptions import NoFeaturesError
from fruit_features.pipelines.featurization import calibration
from fruit_features.pipelines.featurization.calibration import calibration_pictures
from tests.pictures import jpeg


@pytest.fixture
def listing(tmp_path: Path) -> pd.DataFrame:
    for number in range(6):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(number))
    (tmp_path / "bad.jpg").write_bytes(b"bad")
    found = ImageFolderDataset(filepath=str(tmp_path)).load()
    return found.assign(selected=found["image_key"] != "0.jpg")


def test_are_those_taken_that_can_be_read(listing: pd.DataFrame) -> None:
    pictures = calibration_pictures(listing, 32)
    expected = [decode_image(jpeg(number), 32) for number in range(1, 6)]
    assert sorted(p.tobytes() for p in pictures) == sorted(
        np.asarray(p).tobytes() for p in expected
    )


def test_are_the_same_ones_each_time(
    listing: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "IMAGES", 3)
    first, again = (calibration_pictures(listing, 32) for _ in range(2))
    assert len(first) <= 3
    np.testing.assert_array_equal(first, again)


def test_none_that_can_be_read(listing: pd.DataFrame) -> None:
    bad = listing[listing["image_key"] == "bad.jpg"]
    with pytest.raises(NoFeaturesError, match="none of 1 images that backbone.prec"):
        calibration_pictures(bad, 32)
