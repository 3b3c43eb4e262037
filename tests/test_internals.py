"""Private API that the project uses, tried on the installed versions."""

import ast
from pathlib import Path

import click
import fsspec
import pytest
from kedro.framework.session import KedroSession
from kedro_datasets.json import JSONDataset
from pyspark import SparkConf
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.sql import SparkSession

from fruit_features import internals

OUTSIDE = {"fsspec", "kedro", "kedro_datasets", "py4j", "pyspark", "s3fs"}
# Public in spite of the name.
PUBLIC = {"_asdict", "_exit", "_fields", "_replace"}


def private_api(source: str) -> list[str]:
    """Return what code takes of others' private API; what a class inherits is its."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [*node.module.split("."), *(each.name for each in node.names)]
            taken = [each for each in names if is_private(each)]
            if names[0] in OUTSIDE:
                found += taken
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            owner = ast.unparse(node.value)
            if owner not in {"self", "cls", "super()"}:
                found.append(f"{owner}.{node.attr}")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
            name = node.args[1]
            if isinstance(name, ast.Constant) and is_private(str(name.value)):
                found.append(name.value)
    return found


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PUBLIC


def test_private_api_is_used_in_one_module(project: Path) -> None:
    # Pillow's and botocore's, each once.
    others = {"image._mode", "_expiry_time"}
    found = {
        f"{file.name}: {each}"
        for file in (project / "src").rglob("*.py")
        if file.name != "internals.py" and "template" not in file.parts
        for each in private_api(file.read_text())
        if each not in others
    }
    assert found == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from kedro_datasets._utils.spark_utils import get_spark", ["_utils"]),
        ("from pyspark.ml.common import _py2java", ["_py2java"]),
        ("java = context._jvm.java", ["context._jvm"]),
        ("getattr(context, '_jsc', None)", ["_jsc"]),
        ("self._fs._parent(path)", ["self._fs._parent"]),
        ("self._path = super()._load(cls._own, row._asdict())", []),
    ],
)
def test_private_api_is_noticed(source: str, found: list[str]) -> None:
    assert private_api(source) == found


@pytest.mark.filterwarnings("ignore:register_new_resolver")
def test_of_kedro(project: Path, tmp_path: Path) -> None:
    context = click.Context(click.Command("run"))
    assert internals.read_params(context, click.Option(["--params"]), "a.b=1") == {
        "a": {"b": 1}
    }
    given = {"run": {"force": True}}
    with KedroSession.create(project, runtime_params=given) as session:
        assert internals.runtime_params(session.load_context()) == given
    assert internals.open_conf(str(tmp_path))[1] == "file"
    file = JSONDataset(filepath=f"{tmp_path}/a.json")
    assert str(internals.described(file)["filepath"]) == f"{tmp_path}/a.json"
    assert internals.spark_path("s3", "bucket/a") == "s3a://bucket/a"
    assert internals.spark_path("file", "/a b") == "file:///a b"
    assert internals.TablePreview({}) == {}


@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_of_fsspec(protocol: str) -> None:
    filesystem = fsspec.filesystem(protocol)
    assert internals.bare_path(filesystem, f"{protocol}:///a/b") == "/a/b"


def test_of_spark(spark: SparkSession) -> None:
    internals.start_java()
    context = internals.active_context()
    assert context is spark.sparkContext
    for java in (internals.jvm(), internals.jvm(context)):
        assert java.java.lang.Math.abs(-1) == 1
    vector, matrix = DenseVector([1, 2]), DenseMatrix(1, 1, [3])
    assert internals.as_java(context, vector).size() == 2
    assert internals.as_java(context, matrix).numRows() == 1
    settings = SparkConf().set("spark.hadoop.a", "b")
    assert internals.hadoop_settings(settings).get("a") == "b"
    assert internals.most_rows(spark.range(9).limit(0)) == 0
    assert internals.most_rows(spark.range(9)) == 9
