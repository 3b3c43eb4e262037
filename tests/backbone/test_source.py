from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from fruit_features.backbone.decoding import decode_image
from fruit_features.backbone.inference import FeatureExtractor
from fruit_features.backbone.source import (
    BUNDLED_WEIGHTS,
    bundled_backbone,
    export_from_source,
    source_key,
)
from fruit_features.backbone.spec import PARAMETER_COUNTS, Backbone
from fruit_sample.writing import write_sample


def cosines(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return (ours * theirs).sum(axis=1) / lengths


class TestBundled:
    def test_card_and_flatbuffer_belong_together(self) -> None:
        backbone = bundled_backbone()
        extractor = FeatureExtractor(backbone.model)
        pixels = np.zeros((96, 96, 3), np.uint8)
        assert extractor.input_size == backbone.input_size == 96
        assert extractor.infer([pixels])[0].shape == (backbone.dimensions,) == (1280,)

    def test_names_itself(self) -> None:
        backbone = bundled_backbone()
        assert (backbone.weights, backbone.alpha) == ("bundled", 0.35)
        assert backbone.id == f"mobilenet_v2_0.35_96_{backbone.sha256[:12]}"

    @pytest.fixture(scope="class")
    def pictures(self, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
        folder = tmp_path_factory.mktemp("sample")
        write_sample(folder, images_per_label=2)
        files = sorted(folder.glob("*/*.jpg"))
        assert len(files) > 40
        return [decode_image(file.read_bytes(), 96) for file in files]

    def test_equals_its_keras_model_on_pictures(self, pictures: list[Any]) -> None:
        """Takes some 20 seconds: TensorFlow is loaded."""
        from fruit_features.backbone.mobilenet import quiet_tensorflow, weights_digest

        quiet_tensorflow()
        import keras

        pixels = np.stack(pictures)
        model = keras.models.load_model(BUNDLED_WEIGHTS, compile=False)
        theirs = model.predict(pixels / 127.5 - 1, verbose=0)
        extractor = FeatureExtractor(bundled_backbone().model)
        ours = np.stack(extractor.infer(pixels))

        assert weights_digest(model) == bundled_backbone().sha256
        assert np.abs(ours).max() > 1
        np.testing.assert_allclose(ours, theirs, atol=1e-3, rtol=0)
        assert cosines(ours, theirs).min() >= 0.9999

    def test_of_8_bits_is_close_to_it_and_says_so(self, pictures: list[Any]) -> None:
        """Takes some 20 seconds: TensorFlow is loaded and exports a model."""
        exact = bundled_backbone()
        rounded = export_from_source("bundled", 0.35, 96, pictures)

        assert (rounded.precision, exact.precision) == ("int8", "float32")
        assert rounded.id.startswith(f"{exact.id}_int8_")
        assert rounded.sha256 == exact.sha256
        assert len(rounded.model) < len(exact.model) / 2
        ours, theirs = (
            np.stack(FeatureExtractor(b.model).infer(pictures))
            for b in (rounded, exact)
        )
        assert cosines(ours, theirs).mean() > 0.9
        assert not np.array_equal(ours, theirs)


def test_description_leaves_out_the_model_alone() -> None:
    backbone = Backbone("id", "bundled", 0.35, 96, 1280, "ab12", b"model")
    assert backbone.describe() == {
        "id": "id",
        "weights": "bundled",
        "alpha": 0.35,
        "input_size": 96,
        "dimensions": 1280,
        "sha256": "ab12",
        "precision": "float32",
    }


class TestSourceKey:
    @pytest.mark.parametrize(
        ("alpha", "size", "key"),
        [(1.0, 224, "imagenet_1_224_by4"), (0.35, 96, "imagenet_0.35_96")],
    )
    def test_imagenet(self, alpha: float, size: int, key: str) -> None:
        assert source_key("imagenet", alpha, size) == key

    def test_file_counts_by_its_content(self, tmp_path: Path) -> None:
        one, same, other = (tmp_path / f"{name}.keras" for name in "abc")
        one.write_bytes(b"x")
        same.write_bytes(b"x")
        other.write_bytes(b"y")
        # The first 16 digits of the SHA-256 of "x".
        key = "2d711642b726b044_1_224_by4"
        assert source_key(str(one), 1.0, 224) == key
        assert source_key(str(same), 1.0, 224) == key
        assert source_key(str(other), 1.0, 224) != key

    def test_file_counts_with_alpha_and_size(self, tmp_path: Path) -> None:
        (tmp_path / "a.keras").write_bytes(b"x")
        file = str(tmp_path / "a.keras")
        choices = [(1.0, 224), (1.0, 96), (0.35, 224)]
        assert len({source_key(file, *choice) for choice in choices}) == 3

    def test_other_precisions_have_other_keys(self, tmp_path: Path) -> None:
        assert source_key("imagenet", 1.0, 224, "int8") == "imagenet_1_224_int8"
        exact, rounded = (
            source_key("bundled", 0.35, 96, precision)
            for precision in ("float32", "int8")
        )
        assert rounded == f"{exact}_int8"

    def test_weights_that_fit(self, tmp_path: Path) -> None:
        path = tmp_path / "a.weights.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset("layers/x", data=np.zeros(PARAMETER_COUNTS[0.35]))
        assert source_key(str(path), 0.35, 96).endswith("_0.35_96")
