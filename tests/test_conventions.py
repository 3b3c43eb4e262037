"""Rules of the project that no other test would notice."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline

from fruit_features.resolvers import OTHER_VARIABLES, SETTINGS
from fruit_features.settings import CONFIG_LOADER_ARGS

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

STAGES = ["ingestion", "featurization", "reduction", "reporting"]


def undeclared(pipeline: Pipeline, catalog: set[str]) -> set[str]:
    used = {name for name in pipeline.datasets() if not name.startswith("params:")}
    return used - catalog


def unused(pipeline: Pipeline, catalog: set[str]) -> set[str]:
    # The hooks' own, and those of `kedro erase`.
    erasure = {"erasure_list", "pending_erasure", "erasure_receipts"}
    others = {"run_state", "run_begun", "lineage", *erasure}
    return catalog - pipeline.datasets() - others


@pytest.fixture(scope="module")
def catalog(project: Path) -> set[str]:
    loader = OmegaConfigLoader(str(project / "conf"), **CONFIG_LOADER_ARGS)
    return set(loader["catalog"])


@pytest.fixture(scope="module")
def everything(project: Path) -> Pipeline:
    return sum((pipelines[name] for name in (*STAGES, "training")), Pipeline([]))


def test_plain_run_is_the_sum_of_the_stages(project: Path) -> None:
    assert set(pipelines) == {"__default__", "training", *STAGES}
    stages = sum((pipelines[name] for name in STAGES), Pipeline([]))
    assert set(pipelines["__default__"].nodes) == set(stages.nodes)


def test_every_dataset_is_declared_and_used(
    everything: Pipeline, catalog: set[str]
) -> None:
    assert undeclared(everything, catalog) == set()
    assert unused(everything, catalog) == set()


def test_wrong_examples_are_noticed() -> None:
    wrong = Pipeline([Node(len, "images", "undeclared", name="wrong_node")])
    assert undeclared(wrong, {"images"}) == {"undeclared"}
    assert unused(wrong, {"images", "unused"}) == {"unused"}


def test_nodes_are_named_tagged_and_grouped_by_stage(everything: Pipeline) -> None:
    for node in everything.nodes:
        (stage,) = node.tags
        assert node in pipelines[stage].nodes
        assert node.namespace == stage
        assert node.name.endswith("_node")


def unread(groups: dict[str, dict[str, Any]], read: set[str], source: str) -> set[str]:
    """Return groups that no node takes, and parameters that no code asks for.

    Args:
        groups: The parameters.
        read: Groups that nodes take.
        source: The code.
    """
    unused = {
        f"{group}.{name}"
        for group, parameters in groups.items()
        for name in parameters
        if not re.search(rf"\.{name}\b|\"{name}\"", source)
    }
    return (set(groups) - read) | unused


def test_every_parameter_is_read(project: Path, everything: Pipeline) -> None:
    with KedroSession.create(project) as session:
        groups = session.load_context().config_loader["parameters"]
    read = {
        name.removeprefix("params:")
        for name in everything.inputs()
        if name.startswith("params:")
    }
    source = "\n".join(file.read_text() for file in (project / "src").rglob("*.py"))
    # Whether a run takes place at all is nothing that a node could ask for.
    assert unread(groups, read, source) == {"run"}
    assert read <= set(groups)


def test_unread_parameters_are_noticed() -> None:
    groups = {"a": {"used": 1, "declared": 2}, "b": {"used": 3}}
    source = "declared: int = Field(ge=1)\nprint(parameters.used)"
    assert unread(groups, {"a"}, source) == {"a.declared", "b"}


def faults_of(conf: Path, environment: str) -> list[str]:
    """Resolve an environment's whole configuration and make its datasets."""
    faults = []
    groups = ["globals", "parameters", "spark", "catalog"]
    groups += ["cluster"] * (conf / environment / "cluster.yml").exists()
    for group in groups:
        try:
            loader = OmegaConfigLoader(str(conf), env=environment, **CONFIG_LOADER_ARGS)
            resolved = loader[group]
            if group == "catalog":
                declared = DataCatalog.from_config(resolved)
                for name in declared.keys():
                    declared.get(name)
        except Exception as error:  # noqa: BLE001  Whatever it is, it is a fault.
            faults.append(f"{group}: {error}")
    return faults


@pytest.mark.parametrize("environment", ["base", "local", "emr"])
def test_every_environment_resolves(
    project: Path, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if environment == "emr":
        monkeypatch.setenv("FRUIT_FEATURES_BUCKET", "fruit")
    assert faults_of(project / "conf", environment) == []


def test_no_environment_is_forgotten(project: Path) -> None:
    folders = {folder.name for folder in (project / "conf").iterdir()}
    assert folders - {"logging.yml"} == {"base", "local", "emr"}


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("globals.yml", "root: ${setting:FRUIT_FEATURES_BUCKET}", "is not set"),
        ("parameters.yml", "a: ${globals:nowhere}", "nowhere"),
        ("spark.yml", "a: ${oc.env:HOME}", "oc.env"),
        ("catalog.yml", "a: {type: pandas.NoDataset, filepath: b}", "NoDataset"),
        ("catalog.yml", "a: {type: json.JSONDataset, file: b}", "file"),
        ("cluster.yml", "a: ${setting:FRUIT_FEATURES_TYPO,''}", "no setting"),
    ],
)
def test_faults_of_an_environment_are_noticed(
    tmp_path: Path, name: str, text: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRUIT_FEATURES_BUCKET", raising=False)
    for file in ("globals.yml", "parameters.yml", "spark.yml", "catalog.yml"):
        (tmp_path / "base").mkdir(exist_ok=True)
        (tmp_path / "base" / file).write_text("{}")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / name).write_text(text)
    assert any(fault in found for found in faults_of(tmp_path, "other"))


def unlisted(source: str) -> set[str]:
    """Return variables of the environment that code reads and the reference lacks."""
    read = set(re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"(?:\)|\](?! =))", source))
    # Spark's, as the hook itself has set them.
    return read - {*SETTINGS, *OTHER_VARIABLES, "PYSPARK_SUBMIT_ARGS"}


def test_variables_of_the_environment_are_in_the_reference(project: Path) -> None:
    sources = (project / "src").rglob("*.py")
    assert unlisted("\n".join(file.read_text() for file in sources)) == set()
    conf = "\n".join(file.read_text() for file in (project / "conf").glob("*/*.yml"))
    assert set(re.findall(r"setting:(\w+)", conf)) == set(SETTINGS)


def test_unlisted_variables_are_noticed() -> None:
    source = 'os.environ.get("ONE") or os.environ["TWO"]; os.environ["SET"] = "x"'
    assert unlisted(source) == {"ONE", "TWO"}


def with_output(folder: Path) -> set[str]:
    """Return the notebooks of a folder that hold output or were stored executed."""
    return {
        file.name
        for file in folder.rglob("*.ipynb")
        if ".ipynb_checkpoints" not in file.parts
        for cell in json.loads(file.read_text())["cells"]
        if cell.get("outputs") or cell.get("execution_count")
    }


def test_notebooks_hold_no_output(project: Path) -> None:
    assert with_output(project / "notebooks") == set()


def test_output_of_notebooks_is_noticed(tmp_path: Path) -> None:
    clean = {"cell_type": "code", "outputs": [], "execution_count": None}
    for name, cell in {
        "clean": clean,
        "output": {**clean, "outputs": [{"output_type": "stream"}]},
        "executed": {**clean, "execution_count": 3},
    }.items():
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": [cell]}))
    assert with_output(tmp_path) == {"output.ipynb", "executed.ipynb"}


def loaded_by(code: str) -> set[str]:
    """Run code in a Python of its own and return what it loaded and started."""
    check = (
        f"{code}\n"
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'pyspark'):\n"
        "    if name in sys.modules: print(name)\n"
        "if 'pyspark' in sys.modules:\n"
        "    from pyspark import SparkContext\n"
        "    if SparkContext._gateway: print('jvm')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import fruit_features",
        "import fruit_features.backbone.inference",
        "import fruit_features.backbone.source, fruit_sample.writing",
    ],
)
def test_importing_loads_neither_tensorflow_nor_spark(code: str) -> None:
    assert loaded_by(code) == set()


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import pyspark", {"pyspark"}),
        ("import sys; sys.modules['tensorflow'] = sys", {"tensorflow"}),
        ("import sys; sys.modules['keras'] = sys", {"keras"}),
    ],
)
def test_what_was_loaded_is_noticed(code: str, loaded: set[str]) -> None:
    assert loaded_by(code) == loaded


def test_workers_code_loads_no_tensorflow() -> None:
    code = "import fruit_features.workers.udf\nimport fruit_features.workers.reading"
    assert loaded_by(code) == {"pyspark"}


def test_listing_pipelines_starts_no_jvm(project: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from kedro.framework.startup import bootstrap_project\n"
        "from kedro.framework.session import KedroSession\n"
        "from kedro.framework.project import pipelines\n"
        f"project = Path({str(project)!r})\n"
        "bootstrap_project(project)\n"
        "assert len(pipelines) == 6\n"
        "with KedroSession.create(project) as session:\n"
        "    catalog = session.load_context().catalog\n"
        "    [catalog.get(name) for name in catalog.keys()]\n"
    )
    assert loaded_by(code) == {"pyspark"}


@pytest.mark.parametrize(
    ("module", "wrong"),
    [
        ("fruit_features/storage/whole_files.py", "fruit_features.hooks.java"),
        ("fruit_features/privacy/journal.py", "fruit_features.pipeline_registry"),
        ("fruit_features/backbone/spec.py", "fruit_features.storage.s3"),
        ("fruit_sample/writing.py", "fruit_features.exceptions"),
        ("kedro_emr/settings.py", "fruit_features.exceptions"),
        ("fruit_features/hooks/java.py", "kedro_emr.errors"),
    ],
)
def test_imports_that_point_up_are_refused(
    project: Path, tmp_path: Path, module: str, wrong: str
) -> None:
    python_alone = shutil.ignore_patterns("weights", "template", "*.pyc", "*.egg-info")
    shutil.copytree(project / "src", tmp_path / "src", ignore=python_alone)
    shutil.copy(project / "pyproject.toml", tmp_path)
    with (tmp_path / "src" / module).open("a") as file:
        file.write(f"\nimport {wrong}\n")
    done = subprocess.run(
        [f"{sys.prefix}/bin/lint-imports", "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "1 broken" in done.stdout) == (1, True)
    name = module.removesuffix(".py").replace("/", ".")
    assert f"{name} -> {wrong}" in done.stdout
