"""Random folders, changed at random between runs: nothing lost, nothing twice.

Each run takes some seconds, so the examples are few; every one is other files.
"""

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kedro.framework.session import KedroSession
from pyspark.sql import SparkSession

from tests.pictures import encoded, jpeg, picture

# What a file may hold, and whether it is an image.
CONTENTS = {
    "jpeg": (jpeg(1), True),
    "other": (jpeg(2), True),
    "png": (encoded(picture(3), "PNG"), True),
    "empty": (b"", False),
    "html": (b"<html>", False),
    "cut": (jpeg(4)[:700], False),
}
NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0\\"), min_size=1, max_size=20
).filter(lambda text: text not in (".", ".."))
KEYS = st.tuples(NAMES, NAMES.map(lambda text: f"{text}.jpg")).map("/".join)
FOLDERS = st.dictionaries(KEYS, st.sampled_from(sorted(CONTENTS)), max_size=8)


def make(folder: Path, wanted: dict[str, str], had: dict[str, str], time: int) -> None:
    """Make the folder hold these files and no others; leave those that it has."""
    for key in had.keys() - wanted.keys():
        (folder / key).unlink()
    for key, content in wanted.items():
        if had.get(key) != content:
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            (folder / key).write_bytes(CONTENTS[content][0])
            os.utime(folder / key, (time, time))


def is_image(content: str) -> bool:
    return CONTENTS[content][1]


@settings(
    max_examples=3,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(rounds=st.lists(FOLDERS, min_size=2, max_size=2))
def test_found_is_featurized_quarantined_and_unchanged(
    rounds: list[dict[str, str]],
    project: Path,
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("counts")
    images, data = folder / "images", folder / "data"
    had: dict[str, str] = {}
    # Reduced and reported in the end: that takes longer than all else.
    pipelines = [["ingestion", "featurization"], None]
    for time, (round_, names) in enumerate(zip(rounds, pipelines, strict=True), 1):
        # Two at least that are images: with fewer there is nothing to reduce.
        wanted = {"a/1.jpg": "jpeg", "a/2.jpg": "other", **round_}
        make(images, wanted, had, time)
        given = {
            "images": str(images),
            "data": str(data),
            "featurization": {"max_failure_rate": 1.0},
            "ingestion": {"accept_missing": True},
        }
        with KedroSession.create(project, runtime_params=given) as session:
            session.run(pipeline_names=names)
        same = {key for key in wanted if had.get(key) == wanted[key]}
        good = {key for key, content in wanted.items() if is_image(content)}
        features = pd.read_parquet(data / "04_feature/features")["image_key"]
        quarantine = pd.read_parquet(data / "04_feature/quarantine")["image_key"]
        assert sorted(features) == sorted(good)
        assert sorted(quarantine) == sorted(wanted.keys() - good)
        had = wanted
    report = json.loads((data / "08_reporting/run_report.json").read_text())
    assert report["images"] == {
        "found": len(wanted),
        "featurized": len(good - same),
        "unchanged": len(good & same),
        "quarantined": len(wanted.keys() - good),
    }
    reduced = pd.read_parquet(data / "07_model_output/reduced_features")
    assert sorted(reduced["image_key"]) == sorted(good)
