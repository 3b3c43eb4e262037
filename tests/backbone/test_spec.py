import pytest

from fruit_features.backbone.spec import Backbone, backbone_id


@pytest.mark.parametrize(
    ("alpha", "size", "sha256", "expected"),
    [
        (0.35, 96, "0123456789abcdef", "mobilenet_v2_0.35_96_0123456789ab"),
        (1.0, 224, "0123456789abcdef", "mobilenet_v2_1_224_0123456789ab"),
        (1.4, 96, "f" * 64, "mobilenet_v2_1.4_96_ffffffffffff"),
    ],
)
def test_id_names_all_that_decides_the_features(
    alpha: float, size: int, sha256: str, expected: str
) -> None:
    assert backbone_id(alpha, size, sha256) == expected


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
