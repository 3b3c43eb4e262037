"""Rules of the project that no other test would notice."""

import subprocess
import sys
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.pipeline import Node, Pipeline

STAGES = ["ingestion", "featurization", "reduction", "reporting"]


def undeclared(pipeline: Pipeline, catalog: set[str]) -> set[str]:
    used = {name for name in pipeline.datasets() if not name.startswith("params:")}
    return used - catalog


def unused(pipeline: Pipeline, catalog: set[str]) -> set[str]:
    # The hooks' own.
    return catalog - pipeline.datasets() - {"run_state"}


@pytest.fixture(scope="module")
def catalog(project: Path) -> set[str]:
    loader = OmegaConfigLoader(
        str(project / "conf"), base_env="base", default_run_env="local"
    )
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


def test_every_parameter_is_read_by_a_node(project: Path, everything: Pipeline) -> None:
    with KedroSession.create(project) as session:
        groups = session.load_context().config_loader["parameters"]
    read = {
        name.removeprefix("params:")
        for name in everything.inputs()
        if name.startswith("params:")
    }
    assert set(groups) == read


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
        "import fruit_features.backbone.source, fruit_features.sample",
    ],
)
def test_importing_loads_neither_tensorflow_nor_spark(code: str) -> None:
    assert loaded_by(code) == set()


def test_workers_code_loads_no_tensorflow() -> None:
    code = (
        "import fruit_features.pipelines.featurization.udf\n"
        "import fruit_features.pipelines.ingestion.reading"
    )
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
