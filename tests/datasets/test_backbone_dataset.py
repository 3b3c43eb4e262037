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


def test_round_trip(tmp_path: Path) -> None:
    dataset = BackboneDataset(filepath=str(tmp_path / "new folder" / "b.tflite"))
    dataset.save(BACKBONE)
    assert dataset.load() == BACKBONE
    assert BackboneDataset(filepath=dataset._describe()["filepath"]).load() == BACKBONE


def test_round_trip_in_remote_storage() -> None:
    dataset = BackboneDataset(filepath="memory:///bucket/models/b.tflite")
    dataset.save(BACKBONE)
    assert dataset.load() == BACKBONE


def test_files_are_a_flatbuffer_and_readable_json(tmp_path: Path) -> None:
    BackboneDataset(filepath=str(tmp_path / "b.tflite")).save(BACKBONE)
    assert {path.name for path in tmp_path.iterdir()} == {"b.tflite", "b.json"}
    assert (tmp_path / "b.tflite").read_bytes() == BACKBONE.model
    assert json.loads((tmp_path / "b.json").read_text()) == BACKBONE.describe()


def test_saving_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    dataset = BackboneDataset(filepath=str(tmp_path / "b.tflite"))
    dataset.save(Backbone("old", "bundled", 1.0, 224, 1280, "ff", b"longer" * 999))
    dataset.save(BACKBONE)
    assert dataset.load() == BACKBONE


def test_exists_once_both_files_are_there(tmp_path: Path) -> None:
    dataset = BackboneDataset(filepath=str(tmp_path / "b.tflite"))
    assert not dataset.exists()
    # A save that was stopped in between.
    (tmp_path / "b.tflite").write_bytes(b"half")
    assert not dataset.exists()
    dataset.save(BACKBONE)
    assert dataset.exists()


def test_loading_what_is_not_there_is_told(tmp_path: Path) -> None:
    dataset = BackboneDataset(filepath=str(tmp_path / "b.tflite"))
    with pytest.raises(DatasetError, match="b.json"):
        dataset.load()


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
