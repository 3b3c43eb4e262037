"""The guardrails: what a cluster must not be, and who may override it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from kedro_emr.account import EVERYWHERE, AccountFacts
from kedro_emr.errors import GuardrailError, SettingsError, nearest
from kedro_emr.estimate import Estimate
from kedro_emr.settings import ClusterSettings

# In AWS's own partition; eu-west-2 is London, eu-central-2 Zurich.
EU_REGIONS = (
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-3",
)
OUTSIDE = {"eu-west-2": " (London)", "eu-central-2": " (Zurich)"}
LONGEST_IDLE = 3600
# All of EMR 7 so far has Spark 3.5.
RELEASES = "emr-7."
DEFAULT_ROLES = ("EMR_DefaultRole", "EMR_EC2_DefaultRole")


class Case(NamedTuple):
    """What guardrails judge; no estimate while the number of images is unknown."""

    settings: ClusterSettings
    facts: AccountFacts = AccountFacts()
    estimate: Estimate | None = None


class NotKnown(Exception):
    """A guardrail cannot be judged; the text says what is missing."""


@dataclass(frozen=True)
class Verdict:
    """A guardrail and what it says.

    ``state`` is passed, failed, allowed (failed, and overridden) or unknown; ``found``
    how it is broken, or what is missing to judge; ``field`` what to change.
    """

    name: str
    state: str
    found: str
    why: str
    field: str
    overridable: bool


# What says how a case breaks a guardrail, or None.
Rule = Callable[[Case], str | None]
RULES: dict[str, Rule] = {}
GUARDRAILS: list[Verdict] = []


def guardrail(
    name: str, why: str, field: str, *, overridable: bool = True
) -> Callable[[Rule], Rule]:
    """Register a rule under the name that ``--allow`` takes."""

    def register(rule: Rule) -> Rule:
        RULES[name] = rule
        GUARDRAILS.append(Verdict(name, "unknown", "", why, field, overridable))
        return rule

    return register


def judge(case: Case, allowed: Collection[str] = ()) -> list[Verdict]:
    """Judge a cluster by every guardrail; ``allowed`` names those to override."""
    known = [each.name for each in GUARDRAILS if each.overridable]
    for name in allowed:
        if name not in known:
            hint = nearest(name, known)
            message = f"--allow {name}: no guardrail that can be overridden; {hint}"
            raise SettingsError(message)
    return [_judge(each, case, allowed) for each in GUARDRAILS]


def _judge(unjudged: Verdict, case: Case, allowed: Collection[str]) -> Verdict:
    try:
        found = RULES[unjudged.name](case)
    except NotKnown as missing:
        return replace(unjudged, found=str(missing))
    if found is None:
        return replace(unjudged, state="passed")
    state = "allowed" if unjudged.name in allowed else "failed"
    return replace(unjudged, state=state, found=found)


def refuse(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Refuse a cluster that breaks a guardrail; return the names of overridden ones."""
    verdicts = list(verdicts)
    failed = [verdict for verdict in verdicts if verdict.state == "failed"]
    if failed:
        said = "; ".join(f"{v.name}: {v.found}, see {v.field}" for v in failed)
        names = " ".join(f"--allow {v.name}" for v in failed if v.overridable)
        hint = f"; to do it all the same: {names}" if names else ""
        count = "a guardrail" if len(failed) == 1 else f"{len(failed)} guardrails"
        message = f"refused by {count}: {said}{hint}"
        raise GuardrailError(message)
    return tuple(verdict.name for verdict in verdicts if verdict.state == "allowed")


def _known(case: Case, name: str) -> None:
    if getattr(case.facts, name) is None:
        why = case.facts.unknown.get(name, "the account was not asked")
        raise NotKnown(why)


@guardrail(
    "missing-settings",
    "a cluster needs a place for its files and a network",
    "FRUIT_FEATURES_BUCKET, FRUIT_FEATURES_SUBNET",
    overridable=False,
)
def _names(case: Case) -> str | None:
    settings = case.settings
    asked = {"bucket": settings.storage.bucket, "subnet": settings.network.subnet}
    return ", ".join(f"no {name}" for name, said in asked.items() if not said) or None


@guardrail(
    "outside-eu", "photographs and what is made of them stay in the EU", "region"
)
def _region(case: Case) -> str | None:
    region = case.settings.region
    if region in EU_REGIONS:
        return None
    return f"{region}{OUTSIDE.get(region, '')} is none of {', '.join(EU_REGIONS)}"


@guardrail(
    "bucket-elsewhere",
    "between regions every byte costs, and is slow",
    "region, or the bucket",
)
def _bucket(case: Case) -> str | None:
    if not case.settings.storage.bucket:
        raise NotKnown("there is no bucket yet")
    _known(case, "bucket_region")
    there, here = case.facts.bucket_region, case.settings.region
    return None if there == here else f"the bucket is in {there}, the cluster in {here}"


@guardrail(
    "no-auto-termination",
    "a cluster that is forgotten costs until someone sees the bill",
    "idle_seconds",
)
def _never_ends(case: Case) -> str | None:
    return "nothing ends it" if case.settings.idle_seconds is None else None


@guardrail("long-idle", "an idle cluster costs as much as one at work", "idle_seconds")
def _long_idle(case: Case) -> str | None:
    idle = case.settings.idle_seconds or 0
    return f"{idle} seconds, more than {LONGEST_IDLE}" if idle > LONGEST_IDLE else None


@guardrail(
    "no-scaling-ceiling",
    "without a bound, managed scaling may add nodes for ever",
    "scaling.maximum",
)
def _ceiling(case: Case) -> str | None:
    return "no bound to its nodes" if case.settings.scaling.maximum is None else None


@guardrail(
    "over-run-budget",
    "no run costs more than was agreed",
    "budget.per_run, or fewer images",
)
def _run_budget(case: Case) -> str | None:
    if case.estimate is None:
        raise NotKnown("--images says how many images there are")
    dollars, budget = case.estimate.dollars, case.settings.budget.per_run
    return f"{dollars:,.2f} $ of {budget:,.2f} $" if dollars > budget else None


@guardrail(
    "over-month-budget",
    "all runs of a month cost no more than was agreed",
    "budget.per_month, or wait for the next month",
)
def _month_budget(case: Case) -> str | None:
    _known(case, "spent")
    spent, budget = case.facts.spent or 0.0, case.settings.budget.per_month
    more = case.estimate.dollars if case.estimate else 0.0
    if spent + more <= budget:
        return None
    return f"{spent:,.2f} $ spent and {more:,.2f} $ to come, of {budget:,.2f} $"


@guardrail(
    "no-security-configuration",
    "it encrypts what lies on disks and goes between nodes",
    "encryption.security_configuration",
)
def _security_configuration(case: Case) -> str | None:
    return None if case.settings.encryption.security_configuration else "there is none"


@guardrail(
    "unencrypted-logs",
    "logs name images, and S3's own key is not yours to revoke",
    "encryption.kms_key",
)
def _logs(case: Case) -> str | None:
    return None if case.settings.encryption.kms_key else "no KMS key for the logs"


@guardrail(
    "unencrypted-volumes",
    "images are spilt to the nodes' volumes",
    "the security configuration, or EBS encryption by default",
)
def _volumes(case: Case) -> str | None:
    _known(case, "volumes_encrypted")
    if case.facts.volumes_encrypted:
        return None
    return "neither the security configuration nor the account encrypts them"


@guardrail(
    "unencrypted-transit", "images go from node to node", "the security configuration"
)
def _transit(case: Case) -> str | None:
    _known(case, "transit_encrypted")
    if case.facts.transit_encrypted:
        return None
    return "no security configuration encrypts it"


@guardrail(
    "public-subnet",
    "nodes with public addresses can be reached by everybody",
    "network.subnet",
)
def _subnet(case: Case) -> str | None:
    if not case.settings.network.subnet:
        raise NotKnown("there is no subnet yet")
    _known(case, "subnet_public")
    public = case.facts.subnet_public
    return f"{case.settings.network.subnet} has an internet gateway" if public else None


@guardrail(
    "open-ssh",
    "everybody may knock at the primary node",
    "network.ssh_from, or the security groups",
)
def _ssh(case: Case) -> str | None:
    given = case.settings.network.ssh_from
    if given and given.prefixlen == 0:
        return f"ssh from {given}"
    if not case.settings.network.subnet:
        raise NotKnown("there is no subnet yet")
    _known(case, "ssh_open")
    opened = case.facts.ssh_open or ()
    return f"ssh from {EVERYWHERE[0]} by {', '.join(opened)}" if opened else None


@guardrail("wide-roles", "who gets into a node may do what its role may do", "roles")
def _roles(case: Case) -> str | None:
    roles = case.settings.roles
    default = {roles.service, roles.instance_profile}.intersection(DEFAULT_ROLES)
    if default:
        return f"EMR's default: {', '.join(sorted(default))}"
    _known(case, "wide_rights")
    return ", ".join(case.facts.wide_rights or ()) or None


@guardrail(
    "missing-tags",
    "whoever finds a cluster must know whom to ask",
    "tags, FRUIT_FEATURES_OWNER",
)
def _tags(case: Case) -> str | None:
    tags = case.settings.tags
    missing = [name for name in ("owner", "purpose") if not getattr(tags, name)]
    return f"no {' and no '.join(missing)}" if missing else None


@guardrail("other-spark", "the project is made for Spark 3.5", "release")
def _release(case: Case) -> str | None:
    release = case.settings.release
    return None if release.startswith(RELEASES) else f"{release} is none of EMR 7"
