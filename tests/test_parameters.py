"""One line for a value that a parameter does not take, of whichever pipeline."""

import re
from typing import Any

import pytest
import yaml

from fruit_features.exceptions import ParameterError
from fruit_features.hooks.preflight import AllParameters
from fruit_features.parameters import build
from fruit_features.pipelines.reduction.parameters import ReductionParameters
from fruit_features.privacy.parameters import RetentionParameters
from tests.conftest import PROJECT

WHOLE = "a whole number, at least"
ONE_OF = "one of 0.35, 0.5, 0.75, 1.0, 1.3, 1.4"
DEFAULTS: dict[str, Any] = {}
for file in (PROJECT / "conf/base").glob("parameters_*.yml"):
    DEFAULTS |= yaml.safe_load(file.read_text())


def check(name: str, value: Any) -> AllParameters:
    group, _, name = name.partition(".")
    return build(AllParameters, {**DEFAULTS, group: {**DEFAULTS[group], name: value}})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ingestion.limit", [None, 1, 10**12]),
        ("reporting.quarantine_rows", [0]),
        ("reporting.dollars_per_hour", [None, 0, 9.5]),
        ("reduction.variance", [1, 0.25, 1e-6]),
        ("training.held_out", [0.01, 0.9]),
        ("training.alpha", [1, 0.5]),
        ("retention.logs_days", [None, 1]),
    ],
)
def test_what_is_in_range_passes(name: str, values: list[Any]) -> None:
    group, _, field = name.partition(".")
    for value in values:
        assert getattr(getattr(check(name, value), group), field) == value


@pytest.mark.parametrize(
    ("name", "expected", "values"),
    [
        ("ingestion.limit", f"{WHOLE} 1", [0, -1, 1.0, 1.5, "2", True, [3]]),
        ("ingestion.images_per_file", f"{WHOLE} 1", [0, None, float("inf")]),
        ("ingestion.accept_missing", "true or false", [1, "yes", None]),
        ("reporting.points", f"{WHOLE} 1", [0, "many"]),
        ("reporting.quarantine_rows", f"{WHOLE} 0", [-1]),
        ("reporting.dollars_per_hour", "a number from 0 to 1000000", [-2.5]),
        ("featurization.max_failure_rate", "a number from 0 to 1", [-0.1, 2, "0.5"]),
        ("featurization.max_failure_rate", "a number from 0 to 1", [None, True, [1]]),
        ("featurization.max_failure_rate", "a number from 0 to 1", [float("nan")]),
        ("reduction.components", f"{WHOLE} 1", [0, 2.5, "all"]),
        ("reduction.variance", "a number from 1e-06 to 1", [0, 1.5, "all"]),
        ("reduction.standardise", "true or false", [1]),
        ("reduction.quality_images", f"{WHOLE} 1", [0]),
        ("reduction.refit", "true or false", [0, "no"]),
        ("training.alpha", ONE_OF, [0.4, "0.35", None, True, [0.35], {}]),
        ("training.input_size", f"{WHOLE} 32", [16]),
        ("training.epochs", f"{WHOLE} 1", [0]),
        ("training.batch_size", f"{WHOLE} 1", [0]),
        ("training.held_out", "a number from 0.01 to 0.9", [0]),
        ("training.dropout", "a number from 0 to 0.9", [1]),
        ("training.seed", "a whole number", [0.5]),
        ("training.learning_rate", "a number", ["x"]),
        ("backbone.weights", "text", [3, None]),
        ("backbone.precision", "one of float32, int8", ["int4"]),
        ("retention.logs_days", f"{WHOLE} 1", [0, -1, 1.5, "ninety", True]),
    ],
)
def test_what_is_out_of_range_is_refused(
    name: str, expected: str, values: list[Any]
) -> None:
    for value in values:
        message = re.escape(f"{name}={value!r}: expected {expected}")
        with pytest.raises(ParameterError, match=f"^{message}$"):
            check(name, value)


def test_components_and_variance_are_two_answers() -> None:
    given = {**DEFAULTS["reduction"], "components": 5, "variance": 0.9}
    with pytest.raises(ParameterError, match="give one of them"):
        ReductionParameters(**given)


def test_missing_parameter_is_named() -> None:
    given = {**DEFAULTS, "run": {}}
    with pytest.raises(ParameterError, match=r"^run\.force is missing"):
        build(AllParameters, given)


def test_group_alone_names_itself() -> None:
    message = "unknown parameter 'retention.log_days'; did you mean 'retention.logs_"
    with pytest.raises(ParameterError, match=message):
        build(RetentionParameters, {"images_days": 1, "log_days": 2}, "retention")
