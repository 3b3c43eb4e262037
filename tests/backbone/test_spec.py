from fruit_features.backbone.spec import Backbone


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
