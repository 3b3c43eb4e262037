"""The notebooks, executed as they are stored in a clean checkout, on data of a run.

About a minute: a run on a small sample, 20 s, and five notebooks, four of which start
a Spark of their own.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pyarrow.parquet as pq
import pytest
from nbclient import NotebookClient
from sklearn.neighbors import NearestNeighbors

from cluster import s3
from fruit_features.sample import write_sample
from tests.clone import copy_project
from tests.conftest import jars_for_s3
from tests.s3_server import S3Server

IMAGES = 126
LABELS = 21
BUCKET = "notebooks"


def environment(**more: str) -> dict[str, str]:
    """What a user's shell says: nothing of Spark, AWS, or this very process."""
    hidden = ("PYTHONPATH", "SPARK_", "PYSPARK_", "AWS_", "FRUIT_FEATURES_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    return {**kept, **more}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project after `kedro run` on a sample with two broken files."""
    folder = copy_project(tmp_path_factory.mktemp("notebooks") / "fruit_features")
    images = folder / "data/01_raw/sample"
    write_sample(images, images_per_label=IMAGES // LABELS, seed=0)
    one, other, *_ = sorted(path for path in images.iterdir() if path.is_dir())
    whole = (one / "0.jpg").read_bytes()
    (one / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (other / "empty.jpg").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Executed:
    """A notebook after all of its cells, and what was left in its kernel."""

    def __init__(self, checkout: Path, name: str, wanted: str, **more: str) -> None:
        folder = checkout / "notebooks"
        notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        ask = f"import json\nprint(json.dumps({wanted}))"
        notebook.cells.append(nbformat.v4.new_code_cell(ask))
        client = NotebookClient(
            notebook, timeout=120, resources={"metadata": {"path": str(folder)}}
        )
        # A cell that fails ends it, with what the cell said.
        client.execute(env=environment(**more))
        *cells, asked = (cell for cell in notebook.cells if cell.cell_type == "code")
        outputs = [output for cell in cells for output in cell.outputs]
        self.warnings = [o.text for o in outputs if o.get("name") == "stderr"]
        data = [o.data for o in outputs if "data" in o]
        self.figures = sum("image/png" in each for each in data)
        self.markdown = [each.get("text/markdown", "") for each in data]
        self.left: dict[str, Any] = json.loads(asked.outputs[-1].text)


def test_nearest_neighbours_are_those_of_all_features(checkout: Path) -> None:
    done = Executed(
        checkout,
        "01_explore_features",
        "{rows.at[i, 'image_key']: found['image_key'].to_list()"
        " for i, found in neighbours.items()}",
    )
    assert done.figures == 3
    assert done.warnings == []

    table = pd.read_parquet(checkout / "data/04_feature/features")
    assert len(table) == IMAGES
    numbers, keys = table["features"].to_list(), table["image_key"]
    labels = table.set_index("image_key")["label"]
    _, found = NearestNeighbors(n_neighbors=IMAGES).fit(numbers).kneighbors(numbers)
    ordered = {keys[row[0]]: list(keys[row[1:]]) for row in found}
    assert len(done.left) == 5
    for key, (*near, other) in done.left.items():
        assert near == ordered[key][:5]
        others = [each for each in ordered[key] if labels[each] != labels[key]]
        assert other == others[0]
        # Else the features would be none.
        assert labels[near[0]] == labels[key]


def test_suggested_components_follow_from_the_table(checkout: Path) -> None:
    done = Executed(
        checkout,
        "02_choose_k",
        "[choice, __import__('pyspark').SparkContext._gateway is None]",
    )
    assert done.figures == 2
    assert done.warnings == []
    output = checkout / "data/07_model_output"
    quality = pd.read_csv(output / "reduction_quality.csv")
    accuracy = quality["knn_accuracy"]
    enough = quality.loc[accuracy >= accuracy.iloc[-1] - 0.005, "components"]
    assert done.left == [enough.min(), True]


def test_quarantine_is_shown(checkout: Path) -> None:
    done = Executed(
        checkout,
        "03_inspect_quarantine",
        "[reasons.to_dict(), bad['image_key'].to_list(), len(thumbnails),"
        " dict(zip(begin['image_key'], begin['first 8 bytes'].str[:6]))]",
    )
    assert done.figures == 2
    assert done.warnings == []
    reasons, keys, seen, begin = done.left
    assert reasons == {"truncated": 1, "empty": 1}
    assert [Path(key).name for key in keys] == ["cut.jpg", "empty.jpg"]
    assert seen == 1
    assert sorted(begin.values()) == ["", "FFD8FF"]
    assert f"**2** in quarantine; the last run found {IMAGES + 2} images" in "".join(
        done.markdown
    )


def test_empty_quarantine_is_said_to_be(checkout: Path, tmp_path: Path) -> None:
    clean = shutil.copytree(checkout, tmp_path / "clean")
    # As a run leaves it that has nothing to quarantine: a file without rows.
    for file in clean.glob("data/04_feature/quarantine/*.parquet"):
        pq.write_table(pq.read_table(file).slice(0, 0), file)
        file.with_name(f".{file.name}.crc").unlink()
    file = clean / "data/08_reporting/thumbnails.parquet"
    pd.read_parquet(file).query("not quarantined").to_parquet(file)

    done = Executed(clean, "03_inspect_quarantine", "[total, len(bad)]")
    assert done.left == [0, 0]
    assert done.figures == 0
    assert done.warnings == []
    said = "".join(done.markdown)
    assert "Nothing in quarantine" in said
    assert "nothing that can be seen" in said


@pytest.mark.skipif(not jars_for_s3(), reason="no Maven for the jars of S3A")
def test_same_catalog_on_s3(
    checkout: Path, s3_server: S3Server, tmp_path: Path
) -> None:
    place = s3.Place(s3_server.make_bucket(BUCKET), "fruit_features/")
    s3.upload(s3_server.client(), checkout / "data", place)
    # As on a cluster, Spark's settings name the jars: 280 MB need not be fetched.
    jars = ",".join(f"local:{jar}" for jar in jars_for_s3())
    (tmp_path / "spark-defaults.conf").write_text(f"spark.jars {jars}\n")
    # Nothing can be read but from the bucket.
    elsewhere = shutil.copytree(
        checkout, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("data")
    )

    done = Executed(
        elsewhere,
        "04_on_emr",
        "[here['features'], places()['features'], int(counts['count'].sum()),"
        " len(counts), len(points), features.sparkSession.sparkContext.master]",
        **s3_server.environment,
        FRUIT_FEATURES_BUCKET=BUCKET,
        FRUIT_FEATURES_MASTER="local[*]",
        SPARK_CONF_DIR=str(tmp_path),
    )
    here, there, *counts, master = done.left
    assert here == str(elsewhere / "data/04_feature/features")
    assert there == f"s3a://{BUCKET}/fruit_features/04_feature/features"
    assert counts == [IMAGES, LABELS, IMAGES]
    assert master == "local[*]"
    assert done.figures == 2
