"""A training that is killed goes on where it was.

Takes a minute or more: TensorFlow is loaded and compiled twice, in processes that
are really killed.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession

from fruit_features.backbone.inference import FeatureExtractor
from fruit_features.backbone.spec import Backbone
from fruit_features.datasets.backbone_dataset import BackboneDataset
from fruit_features.datasets.keras_model_dataset import KerasModelDataset
from fruit_sample.writing import write_sample
from tests.clone import shell_without
from tests.conftest import PROJECT

EPOCHS = 3
DEADLINE_SECONDS = 400


def start(images: Path, data: Path) -> subprocess.Popen[bytes]:
    params = (
        f"images={images},data={data},test_images={images},training.epochs={EPOCHS},"
        "training.input_size=32,training.batch_size=16,training.held_out=0.2"
    )
    command = ["kedro", "run", "--pipelines", "training", "--params", params]
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        # Keras would take another program's backend, which is not installed.
        env={**shell_without("SPARK_", "PYSPARK_"), "KERAS_BACKEND": "torch"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def epochs_done(data: Path) -> int:
    logs = list(data.glob("06_models/training/*/epochs.csv"))
    return len(logs[0].read_text().splitlines()) - 1 if logs else 0


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    write_sample(folder, images_per_label=4)
    return folder


@pytest.fixture(scope="module")
def data(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    training = start(images, data)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while epochs_done(data) < 1:
        assert training.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    os.killpg(training.pid, signal.SIGKILL)
    training.wait()
    assert epochs_done(data) < EPOCHS
    assert start(images, data).wait(DEADLINE_SECONDS) == 0
    return data


@pytest.fixture(scope="module")
def card(data: Path) -> dict:
    return json.loads((data / "06_models/trained_backbone_card.json").read_text())


@pytest.fixture(scope="module")
def exported(data: Path) -> Backbone:
    file = data / "06_models/trained_backbone.tflite"
    return BackboneDataset(filepath=str(file)).load()


def test_every_epoch_was_trained_once(card: dict) -> None:
    assert [row["epoch"] for row in card["epochs"]] == list(range(EPOCHS))


def test_card_says_what_was_made_of_what(card: dict, data: Path) -> None:
    listed = pd.read_parquet(data / "02_intermediate/training_listing.parquet")
    held_out = pd.read_parquet(data / "02_intermediate/held_out_listing.parquet")
    assert card["data"]["labels"] == sorted(listed["label"].unique())
    assert card["data"]["pictures_trained_on"] == len(listed)
    assert card["data"]["pictures_held_out"] == len(held_out)
    assert card["data"]["pictures_tested"] == len(listed) + len(held_out)
    best = max(row["val_accuracy"] for row in card["epochs"])
    assert card["accuracy"]["held_out"] == pytest.approx(best, abs=1e-4)
    assert 0 <= card["accuracy"]["test"] <= 1
    assert card["parameters"]["input_size"] == 32


def test_exported_backbone_is_the_keras_one(data: Path, exported: Backbone) -> None:
    from fruit_features.backbone.mobilenet import weights_digest

    weights = KerasModelDataset(
        filepath=str(data / "06_models/trained_backbone.keras")
    ).load()
    assert weights_digest(weights) == exported.sha256
    assert FeatureExtractor(exported.model).input_size == 32


@pytest.mark.usefixtures("spark")
def test_a_run_takes_its_weights(
    project: Path, images: Path, data: Path, exported: Backbone
) -> None:
    trained = data / "06_models/trained_backbone.keras"
    given = {
        "images": str(images),
        "data": str(data),
        "backbone": {"weights": str(trained), "alpha": 0.35, "input_size": 32},
    }
    with KedroSession.create(project, runtime_params=given) as session:
        session.run(pipeline_names=["ingestion", "featurization"])
    extractor = FeatureExtractor(exported.model)
    features = pd.read_parquet(data / "04_feature/features").set_index("image_key")
    assert len(features) == len(list(images.glob("*/*.jpg")))
    for key, row in features.head(5).iterrows():
        (expected,) = extractor.extract([(images / str(key)).read_bytes()], 10**6)
        assert np.array_equal(row["features"], expected)
