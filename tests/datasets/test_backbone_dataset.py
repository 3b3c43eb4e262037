import json
from pathlib import Path

import pytest
from kedro.io import DatasetError
from kedro_datasets.partitions import PartitionedDataset

from fruit_features.backbone.spec import Backbone
from fruit_features.datasets.backbone_dataset import BackboneDataset

BACKBONE = Backbone(
    id="mobilenet_v2_0.35_96_ab12",
    weights="Früchte.keras",
    alpha=0.35,
    input_size=96,
    dimensions=1280,
    sha256="ab12",
    model=bytes(range(256)),
)


@pytest.mark.parametrize("place", ["{}/new folder/b.tflite", "memory:///{}/b.tflite"])
def test_round_trip(tmp_path: Path, place: str) -> None:
    dataset = BackboneDataset(filepath=place.format(tmp_path))
    dataset.save(Backbone("old", "bundled", 1.0, 224, 1280, "ff", b"longer" * 999))
    dataset.save(BACKBONE)
    assert dataset.load() == BACKBONE


def test_files_are_a_flatbuffer_and_readable_json(tmp_path: Path) -> None:
    BackboneDataset(filepath=str(tmp_path / "b.tflite")).save(BACKBONE)
    assert {path.name for path in tmp_path.iterdir()} == {"b.tflite", "b.json"}
    assert (tmp_path / "b.tflite").read_bytes() == BACKBONE.model
    assert json.loads((tmp_path / "b.json").read_text()) == BACKBONE.describe()


def test_exists_once_both_files_are_there(tmp_path: Path) -> None:
    dataset = BackboneDataset(filepath=str(tmp_path / "b.tflite"))
    assert not dataset.exists()
    # A save that was stopped in between.
    (tmp_path / "b.tflite").write_bytes(b"half")
    assert not dataset.exists()
    with pytest.raises(DatasetError, match="b.json"):
        dataset.load()
    dataset.save(BACKBONE)
    assert dataset.exists()


def test_names_with_points_are_kept_apart_in_a_folder(tmp_path: Path) -> None:
    exports = PartitionedDataset(
        path=str(tmp_path),
        dataset=f"{BackboneDataset.__module__}.{BackboneDataset.__name__}",
        filename_suffix=".tflite",
    )
    other = Backbone("other", "a.keras", 0.5, 96, 1280, "cd34", b"other")
    exports.save({"ab12_0.35_96": BACKBONE, "ab12_0.5_96": other})
    loaded = {key: load() for key, load in exports.load().items()}
    assert loaded == {"ab12_0.35_96": BACKBONE, "ab12_0.5_96": other}
