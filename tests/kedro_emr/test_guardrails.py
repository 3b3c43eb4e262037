"""Each guardrail kept and broken, overridden, and left open where nothing is known."""

from dataclasses import replace
from typing import Any

import pytest

from kedro_emr.account import AccountFacts
from kedro_emr.errors import GuardrailError, SettingsError
from kedro_emr.estimate import estimate
from kedro_emr.guardrails import GUARDRAILS, Case, judge, refuse
from kedro_emr.prices import table_prices
from tests.kedro_emr.settings_examples import settings

GOOD = AccountFacts(
    bucket_region="eu-west-1",
    subnet_public=False,
    ssh_open=(),
    wide_rights=(),
    volumes_encrypted=True,
    transit_encrypted=True,
    spent=10.0,
)
EXPECTED = estimate(settings(), table_prices("eu-west-1"), 1_000_000)
GOOD_CASE = Case(settings(), GOOD, EXPECTED)


def states(case: Case, *allowed: str) -> dict[str, str]:
    return {each.name: each.state for each in judge(case, allowed)}


def of_settings(**changes: Any) -> Case:
    changed = settings(**changes)
    facts = replace(GOOD, bucket_region=changed.region)
    return GOOD_CASE._replace(settings=changed, facts=facts)


def of_facts(**changes: Any) -> Case:
    return GOOD_CASE._replace(facts=replace(GOOD, **changes))


BROKEN = [
    ("missing-settings", of_settings(storage__bucket=None), "no bucket"),
    ("missing-settings", of_settings(network__subnet=None), "no subnet"),
    (
        "outside-eu",
        of_settings(region="us-east-1"),
        "us-east-1 is none of eu-central-1",
    ),
    ("outside-eu", of_settings(region="eu-west-2"), "eu-west-2 (London) is none of"),
    ("outside-eu", of_settings(region="eu-central-2"), "eu-central-2 (Zurich) is none"),
    ("bucket-elsewhere", of_facts(bucket_region="us-east-1"), "bucket is in us-east-1"),
    ("no-auto-termination", of_settings(idle_seconds=None), "nothing ends it"),
    ("long-idle", of_settings(idle_seconds=7200), "7200 seconds, more than 3600"),
    ("no-scaling-ceiling", of_settings(scaling__maximum=None), "no bound to its nodes"),
    ("over-run-budget", of_settings(budget__per_run=0.5), " $ of 0.50 $"),
    (
        "over-month-budget",
        of_facts(spent=199.5),
        "199.50 $ spent and 1.41 $ to come, of",
    ),
    (
        "no-security-configuration",
        of_settings(encryption__security_configuration=None),
        "there is none",
    ),
    ("unencrypted-logs", of_settings(encryption__kms_key=None), "no KMS key for the"),
    ("unencrypted-volumes", of_facts(volumes_encrypted=False), "neither the security"),
    ("unencrypted-transit", of_facts(transit_encrypted=False), "no security configur"),
    ("public-subnet", of_facts(subnet_public=True), "has an internet gateway"),
    ("open-ssh", of_settings(network__ssh_from="0.0.0.0/0"), "ssh from 0.0.0.0/0"),
    ("open-ssh", of_settings(network__ssh_from="::/0"), "ssh from ::/0"),
    ("open-ssh", of_facts(ssh_open=("sg-1",)), "ssh from 0.0.0.0/0 by sg-1"),
    (
        "wide-roles",
        of_settings(roles__service="EMR_DefaultRole"),
        "EMR's default: EMR_",
    ),
    (
        "wide-roles",
        of_facts(wide_rights=("AdministratorAccess of x",)),
        "Administrator",
    ),
    ("missing-tags", of_settings(tags__owner=None), "no owner"),
    (
        "missing-tags",
        of_settings(tags__owner=None, tags__purpose=""),
        "no owner and no",
    ),
    ("other-spark", of_settings(release="emr-6.15.0"), "emr-6.15.0 is none of EMR 7"),
]


def test_a_cluster_as_it_should_be() -> None:
    verdicts = judge(GOOD_CASE)
    assert {each.state for each in verdicts} == {"passed"}
    assert refuse(verdicts) == ()


@pytest.mark.parametrize(("name", "case", "found"), BROKEN)
def test_each_is_tripped_and_overridden(name: str, case: Case, found: str) -> None:
    (verdict,) = [each for each in judge(case) if each.name == name]
    assert (verdict.state, found in verdict.found) == ("failed", True), verdict
    others = {n: s for n, s in states(case).items() if n != name}
    assert set(others.values()) <= {"passed", "unknown"}
    with pytest.raises(GuardrailError) as refused:
        refuse(judge(case))
    assert f"{name}: {verdict.found}, see {verdict.field}" in str(refused.value)
    if verdict.overridable:
        assert f"--allow {name}" in str(refused.value)
        assert refuse(judge(case, [name])) == (name,)


def test_all_of_them_can_be_tripped() -> None:
    assert {name for name, _, _ in BROKEN} == {each.name for each in GUARDRAILS}


def test_every_fault_is_named_at_once() -> None:
    case = of_settings(idle_seconds=None, tags__owner=None)
    with pytest.raises(
        GuardrailError, match="2 guardrails: no-auto.*missing-tags.*--all"
    ):
        refuse(judge(case))
    with pytest.raises(GuardrailError, match="refused by a guardrail: missing-tags"):
        refuse(judge(case, ["no-auto-termination"]))


def test_an_override_that_is_not_needed_is_no_override() -> None:
    assert refuse(judge(GOOD_CASE, ["long-idle"])) == ()


def test_what_is_not_known_is_said_and_refuses_nothing() -> None:
    case = Case(settings(), AccountFacts(unknown={"spent": "AccessDenied"}))
    open_questions = {each.name: each.found for each in judge(case) if each.found}
    assert open_questions == {
        "bucket-elsewhere": "the account was not asked",
        "over-run-budget": "--images says how many images there are",
        "over-month-budget": "AccessDenied",
        "unencrypted-volumes": "the account was not asked",
        "unencrypted-transit": "the account was not asked",
        "public-subnet": "the account was not asked",
        "open-ssh": "the account was not asked",
        "wide-roles": "the account was not asked",
    }
    assert refuse(judge(case)) == ()


def test_names_must_be_set_whatever_is_allowed() -> None:
    with pytest.raises(SettingsError, match="--allow missing-settings: no guardrail"):
        judge(GOOD_CASE, ["missing-settings"])


def test_misspelt_override() -> None:
    message = "--allow no-security-config: no guardrail that .*mean no-security-config"
    with pytest.raises(SettingsError, match=message):
        judge(GOOD_CASE, ["no-security-config"])
