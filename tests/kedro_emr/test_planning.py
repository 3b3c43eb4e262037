"""A plan as `create` needs it: sized, judged, and its request whole."""

from pathlib import Path

import pytest

from kedro_emr.account import AccountFacts
from kedro_emr.errors import GuardrailError
from kedro_emr.guardrails import refuse
from kedro_emr.planning import Plan, make_plan
from tests.kedro_emr.settings_examples import settings
from tests.kedro_emr.test_guardrails import GOOD
from tests.kedro_emr.test_request import faults


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, and so the table's prices."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")


def good(*_: object) -> AccountFacts:
    return GOOD


def made(images: int, deadline: float | None = None, **changes: object) -> Plan:
    one = settings(**changes)
    return make_plan(one, images=images, deadline=deadline, facts=good)


def test_good_plan_is_let_through() -> None:
    found = made(50_000_000, 15)
    assert refuse(found.verdicts) == ()
    assert faults(found.request) == ""
    assert found.estimate
    assert found.estimate.dollars < found.settings.budget.per_run


def test_request_is_of_the_nodes_that_were_priced() -> None:
    found = made(50_000_000, 5)
    groups = found.request["Instances"]["InstanceGroups"]
    assert [(g["InstanceType"], g["InstanceCount"]) for g in groups] == [
        (nodes.instance_type, nodes.count) for nodes in found.settings.groups
    ]
    assert found.estimate
    assert found.estimate.workers == sum(g["InstanceCount"] for g in groups[1:])
    assert found.estimate.hours_to_result <= 5


def test_run_that_costs_too_much_is_refused() -> None:
    with pytest.raises(GuardrailError, match=r"over-run-budget: 42.85 \$ of 40.00 \$"):
        refuse(made(50_000_000, 15, budget__per_run=40).verdicts)


def test_overrides_are_in_the_request() -> None:
    one = settings(tags__owner=None)
    found = make_plan(one, allowed=["missing-tags", "open-ssh"], facts=good)
    assert refuse(found.verdicts) == ("missing-tags",)
    assert {"Key": "allowed", "Value": "missing-tags"} in found.request["Tags"]
