"""MobileNetV2 in Keras. TensorFlow takes some 15 seconds to import."""

import hashlib
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from fruit_features.backbone.mobilenet import (
    build_backbone,
    check_weights_file,
    download_imagenet,
    load_backbone,
    weights_digest,
)
from fruit_features.backbone.spec import ALPHAS, PARAMETER_COUNTS
from fruit_features.exceptions import BackboneError
from tests.keras_models import by_keras, telling_backbone

if TYPE_CHECKING:
    import keras

# Keras and NumPy 2 do not yet agree on how arrays are copied.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

ALPHA, SIZE = 0.35, 96


@pytest.fixture(scope="module")
def model() -> "keras.Model":
    return telling_backbone(ALPHA, SIZE)


@pytest.fixture(scope="module")
def files(model: "keras.Model", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model as ``a.weights.h5`` and, with a head, ``a.keras``."""
    import keras

    folder = tmp_path_factory.mktemp("weights")
    model.save_weights(folder / "a.weights.h5")
    head = keras.layers.Dense(3, name="head")(model.output)
    keras.Model(model.input, head).save(folder / "a.keras")
    return folder


def layers_of(path: Path, sizes: dict[str, int]) -> Path:
    """Write an HDF5 file of arrays of these sizes."""
    with h5py.File(path, "w") as file:
        for name, size in sizes.items():
            file.create_dataset(name, data=np.zeros(size, "float32"))
    return path


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("alpha", ALPHAS)
def test_parameters_are_what_keras_counts(alpha: float) -> None:
    assert build_backbone(alpha, 32).count_params() == PARAMETER_COUNTS[alpha]


class TestCheckWeightsFile:
    @pytest.mark.parametrize("alpha", ALPHAS)
    def test_right_count_passes(self, tmp_path: Path, alpha: float) -> None:
        sizes = {
            "layers/a/vars/0": 1000,
            "layers/b/c/0": PARAMETER_COUNTS[alpha] - 1000,
        }
        check_weights_file(layers_of(tmp_path / "a.weights.h5", sizes), alpha)

    def test_numbers_of_an_optimizer_do_not_count(self, tmp_path: Path) -> None:
        sizes = {"layers/a/0": PARAMETER_COUNTS[0.5], "optimizer/vars/0": 777}
        check_weights_file(layers_of(tmp_path / "a.weights.h5", sizes), 0.5)

    def test_what_keras_wrote_passes(self, files: Path) -> None:
        check_weights_file(files / "a.weights.h5", ALPHA)

    @pytest.mark.parametrize("content", [b"", b"<html>404</html>", bytes(9999), None])
    def test_other_files_are_told(self, tmp_path: Path, content: bytes | None) -> None:
        path = tmp_path / "a.weights.h5"
        if content is None:  # Cut.
            content = layers_of(path, {"layers/a": 5000}).read_bytes()[:3000]
        path.write_bytes(content)
        with pytest.raises(BackboneError, match="a.weights.h5' is not a weights file"):
            check_weights_file(path, 1.0)

    def test_no_file_or_a_folder_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(BackboneError, match="is not a weights file.*No such file"):
            check_weights_file(tmp_path / "a.weights.h5", 1.0)
        with pytest.raises(BackboneError, match="is not a weights file"):
            check_weights_file(tmp_path, 1.0)

    @pytest.mark.parametrize("alpha", ALPHAS)
    def test_the_alpha_that_would_fit_is_named(
        self, tmp_path: Path, alpha: float
    ) -> None:
        count = PARAMETER_COUNTS[alpha]
        path = layers_of(tmp_path / "a.weights.h5", {"layers/a": count})
        other = ALPHAS[0] if alpha != ALPHAS[0] else ALPHAS[1]
        message = (
            f"a.weights.h5' holds {count:,} numbers, which do not fit "
            f"backbone.alpha={other}: they fit backbone.alpha={alpha}$"
        )
        with pytest.raises(BackboneError, match=message):
            check_weights_file(path, other)

    def test_a_count_of_no_alpha_is_told(self, tmp_path: Path) -> None:
        path = layers_of(tmp_path / "a.weights.h5", {"layers/a": 10, "layers/b": 2})
        message = (
            "holds 12 numbers, which do not fit backbone.alpha=1.0: MobileNetV2 "
            "without top has 2,257,984 at alpha 1.0; alphas are "
            "0.35, 0.5, 0.75, 1.0, 1.3, 1.4$"
        )
        with pytest.raises(BackboneError, match=message):
            check_weights_file(path, 1.0)

    def test_strange_layers_are_told(self, tmp_path: Path) -> None:
        path = layers_of(tmp_path / "a.weights.h5", {"layers": 12})
        with pytest.raises(BackboneError, match="weights file|holds 12 numbers"):
            check_weights_file(path, 1.0)


class TestLoadBackbone:
    @pytest.mark.parametrize("name", ["a.weights.h5", "a.keras"])
    def test_gives_the_very_model_back(
        self, model: "keras.Model", files: Path, name: str
    ) -> None:
        loaded = load_backbone(files / name, ALPHA, SIZE)
        assert weights_digest(loaded) == weights_digest(model)
        assert np.array_equal(by_keras(loaded), by_keras(model))

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("a.weights.h5", "do not fit backbone.alpha=0.5: they fit .*alpha=0.35"),
            ("a.keras", "does not fit MobileNetV2 with backbone.alpha=0.5 and"),
        ],
    )
    def test_wrong_alpha_is_told(self, files: Path, name: str, message: str) -> None:
        with pytest.raises(BackboneError, match=message):
            load_backbone(files / name, 0.5, SIZE)

    def test_keras_model_of_another_kind_is_told(self, tmp_path: Path) -> None:
        import keras

        other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        other.save(tmp_path / "other.keras")
        with pytest.raises(BackboneError, match="does not fit MobileNetV2 with"):
            load_backbone(tmp_path / "other.keras", ALPHA, SIZE)

    @pytest.mark.filterwarnings("ignore:Skipping nested container")
    def test_right_count_with_one_layer_missing_is_told(
        self, files: Path, tmp_path: Path
    ) -> None:
        path = shutil.copy(files / "a.weights.h5", tmp_path)
        with h5py.File(path, "r+") as file:
            name = next(name for name in file["layers"] if name.startswith("conv2d_"))
            file["layers"].move(name, "of_another_name")
        with pytest.raises(BackboneError, match="does not fit MobileNet"):
            load_backbone(Path(path), ALPHA, SIZE)

    @pytest.mark.parametrize(
        "content", [None, b"", b"<html>404</html>", b"PK\x03\x04", "cut"]
    )
    def test_what_is_no_keras_file_is_told(
        self, files: Path, tmp_path: Path, content: bytes | str | None
    ) -> None:
        path, whole = tmp_path / "a.keras", (files / "a.keras").read_bytes()
        if content is not None:
            cut = whole[: len(whole) // 2]
            path.write_bytes(content if isinstance(content, bytes) else cut)
        with pytest.raises(BackboneError, match="a.keras' is no Keras model"):
            load_backbone(path, ALPHA, SIZE)


@pytest.mark.usefixtures("model")
class TestWeightsDigest:
    def dense(self, weights: np.ndarray) -> "keras.Model":
        import keras

        layer = keras.layers.Dense(3, use_bias=False)
        model = keras.Sequential([keras.Input((2,)), layer])
        layer.set_weights([weights])
        return model

    def test_is_the_hash_of_the_numbers(self) -> None:
        weights = np.arange(6, dtype="<f4").reshape(2, 3)
        expected = hashlib.sha256(weights.tobytes()).hexdigest()
        assert weights_digest(self.dense(weights)) == expected

    def test_changes_with_any_number(self) -> None:
        one, other = np.ones((2, 3)), np.ones((2, 3))
        other[1, 2] += 1e-6
        assert weights_digest(self.dense(one)) != weights_digest(self.dense(other))


@pytest.mark.usefixtures("model")
class TestImagenet:
    def test_three_choices_and_why_it_failed_are_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """Without a network, on a machine that has nothing cached."""

        def refuse(*_: Any, **__: Any) -> None:
            raise socket.gaierror(-3, "Temporary failure in name resolution")

        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
        with pytest.raises(BackboneError, match="could not download") as error:
            download_imagenet(1.0, 224)
        assert not list(tmp_path.rglob("*.h5"))
        message = str(error.value)
        assert message.startswith("backbone.weights=imagenet: ")
        assert "URL fetch failure on https://" in message
        assert "Temporary failure in name resolution" in message
        assert "connect to the network once" in message
        assert "backbone.weights=bundled" in message
        assert "backbone.weights=<path to a .weights.h5 or .keras file>" in message
