"""A step's arguments are the user's, to the letter."""

from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from botocore.validate import ParamValidator

from kedro_emr.loading import read_settings
from kedro_emr.prices import table_prices
from kedro_emr.settings import ClusterSettings
from kedro_emr.steps import executors, step_request

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

HOSTILE = [
    "--params",
    'images=s3a://b/a b\'; rm -rf "$HOME"/* && `id` | tee $(x) \\ \n é %s {} --',
]


@pytest.fixture
def settings(project: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterSettings:
    monkeypatch.setenv("FRUIT_FEATURES_BUCKET", "fruit")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    return read_settings(project)


def test_step_is_what_emr_takes_and_no_shell_reads_it(
    settings: ClusterSettings,
) -> None:
    environment = {
        "FRUIT_FEATURES_EXECUTORS": "3",
        "FRUIT_FEATURES_MASTER": "local[*]",
        "AWS_SECRET_ACCESS_KEY": "x",  # pragma: allowlist secret
    }
    step = step_request(settings, "s3://fruit/conf.tar.gz", HOSTILE, environment)
    model = boto3.client("emr", "eu-west-1").meta.service_model
    report = ParamValidator().validate(step, model.shape_for("StepConfig"))
    assert not report.has_errors(), report.generate_report()
    assert step["HadoopJarStep"] == {
        "Jar": "command-runner.jar",
        "Args": [
            "env",
            "FRUIT_FEATURES_BUCKET=fruit",
            "FRUIT_FEATURES_PREFIX=fruit_features",
            "AWS_REGION=eu-north-1",
            "FRUIT_FEATURES_EXECUTORS=3",
            "/opt/fruit_features/bin/python",
            "-m",
            "kedro_emr.step_program",
            "fruit_features",
            "s3://fruit/conf.tar.gz",
            "--env",
            "emr",
            *HOSTILE,
        ],
    }
    assert len(step["Name"]) <= 256


def test_a_step_that_fails_ends_only_a_cluster_of_its_own(
    settings: ClusterSettings,
) -> None:
    shared = step_request(settings, "s3://a/b", [], {})
    own = step_request(settings, "s3://a/b", [], {}, transient=True)
    assert shared["ActionOnFailure"] == "CONTINUE"
    assert own["ActionOnFailure"] == "TERMINATE_CLUSTER"


@pytest.mark.parametrize(
    ("maximum", "task", "cores", "expected"),
    [
        (8, 1, 4, 32),  # 1 + 7 nodes of 16 vCPUs
        (8, 0, 4, 32),  # 8 core nodes
        (None, 2, 4, 12),  # no bound: those there are
        (1, 0, 16, 1),
    ],
)
def test_executors_fill_the_most_nodes(
    settings: ClusterSettings, maximum: int | None, task: int, cores: int, expected: int
) -> None:
    sized = replace(
        settings,
        task=replace(settings.task, count=task),
        scaling=replace(settings.scaling, maximum=maximum, maximum_core=1),
    )
    prices = table_prices("eu-north-1")
    assert executors(sized, prices, cores) == expected
