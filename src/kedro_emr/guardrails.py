"""Judges a cluster by the guardrails, and refuses one that breaks them."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from kedro_emr import rules
from kedro_emr.errors import GuardrailError, SettingsError, nearest
from kedro_emr.rules import Case, NotKnown


@dataclass(frozen=True)
class Guardrail:
    """A rule.

    Attributes:
        name: What ``--allow`` takes.
        why: The reason for the rule.
        field: What to change, in ``conf/emr/cluster.yml`` or in the account.
        broken: Says how a case breaks the rule, or ``None``.
        overridable: Whether ``--allow`` can override it.
    """

    name: str
    why: str
    field: str
    broken: Callable[[Case], str | None]
    overridable: bool = True


GUARDRAILS = (
    Guardrail(
        "missing-settings",
        "a cluster needs a place for its files and a network",
        "FRUIT_FEATURES_BUCKET, FRUIT_FEATURES_SUBNET",
        rules.names,
        overridable=False,
    ),
    Guardrail(
        "outside-eu",
        "photographs and what is made of them stay in the EU",
        "region",
        rules.region,
    ),
    Guardrail(
        "bucket-elsewhere",
        "between regions every byte costs, and is slow",
        "region, or the bucket",
        rules.bucket,
    ),
    Guardrail(
        "no-auto-termination",
        "a cluster that is forgotten costs until someone sees the bill",
        "idle_seconds",
        rules.never_ends,
    ),
    Guardrail(
        "long-idle",
        "an idle cluster costs as much as one at work",
        "idle_seconds",
        rules.long_idle,
    ),
    Guardrail(
        "no-scaling-ceiling",
        "without a bound, managed scaling may add nodes for ever",
        "scaling.maximum",
        rules.ceiling,
    ),
    Guardrail(
        "over-run-budget",
        "no run costs more than was agreed",
        "budget.per_run, or fewer images",
        rules.run_budget,
    ),
    Guardrail(
        "over-month-budget",
        "all runs of a month cost no more than was agreed",
        "budget.per_month, or wait for the next month",
        rules.month_budget,
    ),
    Guardrail(
        "no-security-configuration",
        "it encrypts what lies on disks and goes between nodes",
        "encryption.security_configuration",
        rules.security_configuration,
    ),
    Guardrail(
        "unencrypted-logs",
        "logs name images, and S3's own key is not yours to revoke",
        "encryption.kms_key",
        rules.logs,
    ),
    Guardrail(
        "unencrypted-volumes",
        "images are spilt to the nodes' volumes",
        "the security configuration, or EBS encryption by default",
        rules.volumes,
    ),
    Guardrail(
        "unencrypted-transit",
        "images go from node to node",
        "the security configuration",
        rules.transit,
    ),
    Guardrail(
        "public-subnet",
        "nodes with public addresses can be reached by everybody",
        "network.subnet",
        rules.subnet,
    ),
    Guardrail(
        "open-ssh",
        "everybody may knock at the primary node",
        "network.ssh_from, or the security groups",
        rules.ssh,
    ),
    Guardrail(
        "wide-roles",
        "who gets into a node may do what its role may do",
        "roles",
        rules.roles,
    ),
    Guardrail(
        "missing-tags",
        "whoever finds a cluster must know whom to ask",
        "tags, FRUIT_FEATURES_OWNER",
        rules.tags,
    ),
    Guardrail(
        "other-spark",
        "the project is made for Spark 3.5",
        "release",
        rules.release,
    ),
)


@dataclass(frozen=True)
class Verdict:
    """What a guardrail says.

    Attributes:
        name: The guardrail's.
        state: ``passed``, ``failed``, ``allowed`` (failed, and overridden) or
            ``unknown``.
        found: How it is broken, or what is missing to judge; else empty.
        why: The reason for the rule.
        field: What to change.
        overridable: Whether ``--allow`` can override it.
    """

    name: str
    state: str
    found: str
    why: str
    field: str
    overridable: bool


def judge(case: Case, allowed: Collection[str] = ()) -> list[Verdict]:
    """Judge a cluster by every guardrail.

    Args:
        case: What is known of it.
        allowed: Names of guardrails to override.

    Raises:
        SettingsError: If ``allowed`` names none that can be overridden.
    """
    for name in allowed:
        _check_name(name)
    return [_judge(guardrail, case, allowed) for guardrail in GUARDRAILS]


def refuse(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Refuse a cluster that breaks a guardrail which is not overridden.

    Returns:
        The names of those that are broken and overridden, for the cluster's tags.

    Raises:
        GuardrailError: Naming each, how it is broken and what to change.
    """
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


def _check_name(name: str) -> None:
    known = [each.name for each in GUARDRAILS if each.overridable]
    if name not in known:
        hint = nearest(name, known)
        message = f"--allow {name}: no guardrail that can be overridden; {hint}"
        raise SettingsError(message)


def _judge(guardrail: Guardrail, case: Case, allowed: Collection[str]) -> Verdict:
    try:
        found = guardrail.broken(case)
        state = "passed" if found is None else "failed"
    except NotKnown as missing:
        found, state = str(missing), "unknown"
    if state == "failed" and guardrail.name in allowed:
        state = "allowed"
    return Verdict(
        guardrail.name,
        state,
        found or "",
        guardrail.why,
        guardrail.field,
        guardrail.overridable,
    )
