"""The corpus of files, one by one and in a run of the whole project."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from pyspark.sql import SparkSession

from fruit_features.backbone.decoding import DecodeFailure, decode_image
from tests.corpus import MAX_BYTES, VIEW, Kind, in_memory, on_disk

IN_MEMORY, ON_DISK = in_memory(), on_disk()
SIZE = 32


def test_kinds_have_names_of_their_own() -> None:
    names = [kind.name for kind in [*IN_MEMORY, *ON_DISK]]
    assert len(set(names)) == len(names)


class TestEachAlone:
    @pytest.mark.parametrize(
        "kind", [kind for kind in IN_MEMORY if not kind.reason], ids=lambda k: k.name
    )
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_sound_is_decoded_to_what_a_person_sees(self, kind: Kind) -> None:
        assert isinstance(kind.content, bytes)
        pixels = decode_image(kind.content, SIZE)
        assert not isinstance(pixels, DecodeFailure), pixels
        assert (pixels.dtype, pixels.shape) == (np.uint8, (SIZE, SIZE, 3))
        if kind.shows:
            seen = np.asarray(kind.shows.resize((SIZE, SIZE)), dtype=float)
            assert np.abs(pixels - seen).mean() <= kind.off

    @pytest.mark.parametrize(
        "kind", [kind for kind in IN_MEMORY if kind.reason], ids=lambda k: k.name
    )
    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_bad_is_refused_and_says_why(self, kind: Kind) -> None:
        assert isinstance(kind.content, bytes)
        failure = decode_image(kind.content, SIZE)
        assert isinstance(failure, DecodeFailure)
        assert failure.reason == kind.reason
        assert kind.detail in failure.detail


class TestWholeRun:
    @pytest.fixture(scope="class")
    def images(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("corpus") / "images"
        for kind in [*IN_MEMORY, *ON_DISK]:
            kind.put(folder)
        # No images, so in no table.
        (folder / "an empty folder.jpg").mkdir()
        (folder / "notes.txt").write_text("no image, not asked for")
        return folder

    @pytest.fixture(scope="class")
    def data(self, project: Path, spark: SparkSession, images: Path) -> Path:
        data = images.parent / "data"
        given: dict[str, Any] = {
            "images": str(images),
            "data": str(data),
            "ingestion": {"max_bytes": MAX_BYTES},
            "featurization": {"max_failure_rate": 1.0},
            "reduction": {"components": 2},
        }
        with KedroSession.create(project, runtime_params=given) as session:
            session.run()
        return data

    @staticmethod
    def table(data: Path, name: str) -> pd.DataFrame:
        return pd.read_parquet(data / "04_feature" / name).set_index("image_key")

    def test_sound_files_have_features(self, data: Path) -> None:
        sound = {kind.name for kind in [*IN_MEMORY, *ON_DISK] if not kind.reason}
        features = self.table(data, "features")
        assert sorted(features.index) == sorted(sound)
        assert np.isfinite(np.stack(features["features"].tolist())).all()

    def test_whoever_shows_the_same_has_the_same_features(self, data: Path) -> None:
        features = self.table(data, "features")["features"]
        same = [k.name for k in IN_MEMORY if k.shows is VIEW and not k.off]
        assert len(same) > 20
        for name in same:
            assert np.array_equal(features[name], features["png/plain.png"]), name

    def test_bad_files_have_their_reason_and_detail(self, data: Path) -> None:
        bad = {kind.name: kind for kind in [*IN_MEMORY, *ON_DISK] if kind.reason}
        quarantine = self.table(data, "quarantine")
        expected = {name: kind.reason for name, kind in bad.items()}
        assert quarantine["reason"].to_dict() == expected
        for name, detail in quarantine["detail"].items():
            assert bad[str(name)].detail in detail, name

    def test_counts_add_up(self, data: Path) -> None:
        report = json.loads((data / "08_reporting" / "run_report.json").read_text())
        bad = [kind.reason for kind in [*IN_MEMORY, *ON_DISK] if kind.reason]
        assert report["images"] == {
            "found": len(IN_MEMORY) + len(ON_DISK),
            "featurized": len(IN_MEMORY) + len(ON_DISK) - len(bad),
            "quarantined": len(bad),
            "unchanged": 0,
        }
        reasons = pd.Series(bad).value_counts().to_dict()
        assert report["quarantine_reasons"] == reasons
