import pandas as pd

from fruit_features.pipelines.training.nodes import split_pictures
from fruit_features.pipelines.training.parameters import TrainingParameters

SOUND = {
    "alpha": 0.35,
    "input_size": 96,
    "epochs": 1,
    "batch_size": 8,
    "learning_rate": 0.001,
    "weight_decay": 0.001,
    "dropout": 0.2,
    "held_out": 0.2,
    "seed": 0,
}


def pictures(sizes: dict[str, int]) -> pd.DataFrame:
    rows = [
        (f"/{label}/{n}", label) for label, size in sizes.items() for n in range(size)
    ]
    return pd.DataFrame(rows, columns=["path", "label"])


def test_split_holds_out_the_same_share_of_every_label() -> None:
    raw = pictures({"a": 10, "b": 25, "c": 2})
    parts = split_pictures(raw, dict, TrainingParameters(**SOUND))
    held_out = parts["held_out"]["label"].value_counts().to_dict()
    assert held_out == {"a": 2, "b": 5, "c": 1}
    together = sorted([*parts["train"]["path"], *parts["held_out"]["path"]])
    assert together == sorted(raw["path"])


def test_split_is_the_same_from_the_same_seed() -> None:
    raw = pictures({"a": 30})
    first = split_pictures(raw, dict, TrainingParameters(**SOUND))["held_out"]
    again = split_pictures(raw, dict, TrainingParameters(**SOUND))["held_out"]
    other = split_pictures(raw, dict, TrainingParameters(**{**SOUND, "seed": 1}))[
        "held_out"
    ]
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
