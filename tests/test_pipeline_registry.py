import subprocess
import sys

import pytest

from fruit_features.pipeline_registry import PIPELINES, register_pipelines


def test_a_plain_run_is_the_sum_of_the_stages() -> None:
    pipelines = register_pipelines()
    stages = set(PIPELINES) - {"training", "__default__"}
    nodes = [node for stage in stages for node in pipelines[stage].nodes]
    assert set(pipelines["__default__"].nodes) == set(nodes)
    assert len(pipelines) == len(dict(pipelines)) == 6


def test_there_is_no_other() -> None:
    with pytest.raises(KeyError):
        register_pipelines()["reductoin"]


def test_one_is_loaded_without_what_others_need() -> None:
    # A process of its own: this one has loaded them all.
    script = (
        "import sys; from fruit_features.pipeline_registry import register_pipelines; "
        "register_pipelines()['featurization']; "
        "print({'matplotlib', 'plotly', 'pyspark.ml'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
