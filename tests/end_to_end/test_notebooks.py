"""The notebooks, executed as they are stored in a clean checkout, on data of a run.

About a minute: a run on a small sample, and four notebooks with a Kedro of their own,
three of them with a Spark.
"""

import json
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
from fruit_sample.writing import write_sample
from tests.clone import copy_project, shell_without
from tests.conftest import jars_for_s3
from tests.s3_server import S3Server

IMAGES = 126
LABELS = 21
BUCKET = "notebooks"


def environment(**more: str) -> dict[str, str]:
    """What a user's shell says: nothing of Spark, AWS, or this very process."""
    hidden = ("PYTHONPATH", "SPARK_", "PYSPARK_", "AWS_", "FRUIT_FEATURES_")
    return {**shell_without(*hidden), **more}


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


class Notebook:
    """A notebook with a kernel of its own, for as long as a ``with`` block lasts."""

    def __init__(self, checkout: Path, name: str, **more: str) -> None:
        folder = checkout / "notebooks"
        self._notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        self._stored = len(self._notebook.cells)
        self._client = NotebookClient(
            self._notebook, timeout=120, resources={"metadata": {"path": str(folder)}}
        )
        self._environment = environment(**more)

    def __enter__(self) -> "Notebook":
        self._kernel = self._client.setup_kernel(env=self._environment)
        self._kernel.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._kernel.__exit__(*error)

    def run(self, code: str) -> list[Any]:
        """Run one cell that is not the notebook's; a cell that fails ends the test."""
        cell = nbformat.v4.new_code_cell(code)
        self._notebook.cells.append(cell)
        return self._client.execute_cell(cell, len(self._notebook.cells) - 1).outputs

    def run_all(self) -> None:
        """Run its cells as they are, and keep what they show."""
        cells = [
            self._client.execute_cell(cell, number)
            for number, cell in enumerate(self._notebook.cells[: self._stored])
        ]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        self.warnings = [o.text for o in outputs if o.get("name") == "stderr"]
        data = [output.data for output in outputs if "data" in output]
        self.figures = sum("image/png" in each for each in data)
        self.markdown = "".join(each.get("text/markdown", "") for each in data)

    def ask(self, wanted: str) -> Any:
        """Return what an expression is in its kernel."""
        return json.loads(
            self.run(f"import json\nprint(json.dumps({wanted}))")[-1].text
        )


def test_nearest_neighbours_are_those_of_all_features(checkout: Path) -> None:
    with Notebook(checkout, "01_explore_features") as notebook:
        notebook.run_all()
        shown = notebook.ask(
            "{rows.at[i, 'image_key']: found['image_key'].to_list()"
            " for i, found in neighbours.items()}"
        )
    assert notebook.figures == 3
    assert notebook.warnings == []

    table = pd.read_parquet(checkout / "data/04_feature/features")
    assert len(table) == IMAGES
    numbers, keys = table["features"].to_list(), table["image_key"]
    labels = table.set_index("image_key")["label"]
    _, found = NearestNeighbors(n_neighbors=IMAGES).fit(numbers).kneighbors(numbers)
    ordered = {keys[row[0]]: list(keys[row[1:]]) for row in found}
    assert len(shown) == 5
    for key, (*near, other) in shown.items():
        assert near == ordered[key][:5]
        others = [each for each in ordered[key] if labels[each] != labels[key]]
        assert other == others[0]
        # Else the features would be none.
        assert labels[near[0]] == labels[key]


def test_suggested_components_follow_from_the_table(checkout: Path) -> None:
    with Notebook(checkout, "02_choose_k") as notebook:
        notebook.run_all()
        chosen = notebook.ask("choice")
        without_java = notebook.ask(
            "__import__('pyspark').SparkContext._gateway is None"
        )
    assert without_java
    assert notebook.figures == 2
    assert notebook.warnings == []
    output = checkout / "data/07_model_output"
    quality = pd.read_csv(output / "reduction_quality.csv")
    accuracy = quality["knn_accuracy"]
    enough = quality.loc[accuracy >= accuracy.iloc[-1] - 0.005, "components"]
    assert chosen == enough.min()


@pytest.fixture
def clean_data(checkout: Path, tmp_path: Path) -> Path:
    """The data as a run leaves it that has nothing to quarantine."""
    data = shutil.copytree(checkout / "data", tmp_path / "clean")
    for file in data.glob("04_feature/quarantine/*.parquet"):
        pq.write_table(pq.read_table(file).slice(0, 0), file)
        file.with_name(f".{file.name}.crc").unlink()
    file = data / "08_reporting/thumbnails.parquet"
    pd.read_parquet(file).query("not quarantined").to_parquet(file)
    return data


def test_quarantine_is_shown_and_so_is_an_empty_one(
    checkout: Path, clean_data: Path
) -> None:
    with Notebook(checkout, "03_inspect_quarantine") as notebook:
        notebook.run_all()
        assert notebook.ask("reasons.to_dict()") == {"truncated": 1, "empty": 1}
        assert notebook.figures == 2
        assert notebook.warnings == []
        keys = notebook.ask("bad['image_key'].to_list()")
        assert [Path(key).name for key in keys] == ["cut.jpg", "empty.jpg"]
        assert notebook.ask("len(thumbnails)") == 1
        found = f"**2** in quarantine; the last run found {IMAGES + 2} images"
        assert found in notebook.markdown

        # In the same kernel: another Spark would take ten seconds.
        notebook.run(f"%reload_kedro --params data={clean_data}")
        notebook.run_all()
        assert notebook.ask("[total, len(bad)]") == [0, 0]
        assert notebook.figures == 0
        assert notebook.warnings == []
        assert "Nothing in quarantine" in notebook.markdown
        assert "nothing that can be seen" in notebook.markdown


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

    notebook = Notebook(
        elsewhere,
        "04_on_emr",
        **s3_server.environment,
        FRUIT_FEATURES_BUCKET=BUCKET,
        FRUIT_FEATURES_MASTER="local[*]",
        SPARK_CONF_DIR=str(tmp_path),
    )
    with notebook:
        notebook.run_all()
        here = notebook.ask("found['local']['features']")
        there = notebook.ask("found['emr']['features']")
        counts = notebook.ask("[int(counts['count'].sum()), len(counts), len(points)]")
        master = notebook.ask("features.sparkSession.sparkContext.master")
    assert here == str(elsewhere / "data/04_feature/features")
    assert there == f"s3a://{BUCKET}/fruit_features/04_feature/features"
    assert counts == [IMAGES, LABELS, IMAGES]
    assert master == "local[*]"
    assert notebook.figures == 2
