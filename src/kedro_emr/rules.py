"""How a cluster breaks a guardrail: each says how, or ``None``.

A rule that cannot be judged raises ``NotKnown``.
"""

import ipaddress
from typing import NamedTuple

from kedro_emr.account import EVERYWHERE, AccountFacts
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
LONGEST_IDLE = 3600
# All of EMR 7 so far has Spark 3.5.
RELEASES = "emr-7."
DEFAULT_ROLES = ("EMR_DefaultRole", "EMR_EC2_DefaultRole")


class Case(NamedTuple):
    """What guardrails judge.

    Attributes:
        settings: What the cluster is to be.
        facts: What the account says.
        estimate: Of the images to come; ``None`` while their number is not said.
    """

    settings: ClusterSettings
    facts: AccountFacts = AccountFacts()
    estimate: Estimate | None = None


class NotKnown(Exception):
    """A guardrail cannot be judged; the text says what is missing."""


def _known(case: Case, name: str) -> None:
    """Give up where the account did not say."""
    if getattr(case.facts, name) is None:
        why = case.facts.unknown.get(name, "the account was not asked")
        raise NotKnown(why)


def names(case: Case) -> str | None:
    """Names that only the user knows."""
    settings = case.settings
    asked = {"bucket": settings.storage.bucket, "subnet": settings.network.subnet}
    missing = [f"no {name}" for name, said in asked.items() if not said]
    return ", ".join(missing) or None


def region(case: Case) -> str | None:
    """The region."""
    region = case.settings.region
    outside = {"eu-west-2": " (London)", "eu-central-2": " (Zurich)"}
    if region in EU_REGIONS:
        return None
    return f"{region}{outside.get(region, '')} is none of {', '.join(EU_REGIONS)}"


def bucket(case: Case) -> str | None:
    """The bucket's region."""
    if not case.settings.storage.bucket:
        raise NotKnown("there is no bucket yet")
    _known(case, "bucket_region")
    there, here = case.facts.bucket_region, case.settings.region
    return None if there == here else f"the bucket is in {there}, the cluster in {here}"


def never_ends(case: Case) -> str | None:
    """Whether something ends the cluster."""
    return "nothing ends it" if case.settings.idle_seconds is None else None


def long_idle(case: Case) -> str | None:
    """How long it may be idle."""
    idle = case.settings.idle_seconds or 0
    return f"{idle} seconds, more than {LONGEST_IDLE}" if idle > LONGEST_IDLE else None


def ceiling(case: Case) -> str | None:
    """Whether managed scaling has a bound."""
    return "no bound to its nodes" if case.settings.scaling.maximum is None else None


def run_budget(case: Case) -> str | None:
    """What the run costs."""
    if case.estimate is None:
        raise NotKnown("--images says how many images there are")
    dollars, budget = case.estimate.dollars, case.settings.budget.per_run
    return f"{dollars:,.2f} $ of {budget:,.2f} $" if dollars > budget else None


def month_budget(case: Case) -> str | None:
    """What the month costs."""
    _known(case, "spent")
    spent, budget = case.facts.spent or 0.0, case.settings.budget.per_month
    more = case.estimate.dollars if case.estimate else 0.0
    if spent + more <= budget:
        return None
    return f"{spent:,.2f} $ spent and {more:,.2f} $ to come, of {budget:,.2f} $"


def security_configuration(case: Case) -> str | None:
    """Whether there is a security configuration."""
    return None if case.settings.encryption.security_configuration else "there is none"


def logs(case: Case) -> str | None:
    """Whether logs are encrypted by a key of one's own."""
    return None if case.settings.encryption.kms_key else "no KMS key for the logs"


def volumes(case: Case) -> str | None:
    """Whether volumes are encrypted."""
    _known(case, "volumes_encrypted")
    if case.facts.volumes_encrypted:
        return None
    return "neither the security configuration nor the account encrypts them"


def transit(case: Case) -> str | None:
    """Whether traffic between nodes is encrypted."""
    _known(case, "transit_encrypted")
    if case.facts.transit_encrypted:
        return None
    return "no security configuration encrypts it"


def subnet(case: Case) -> str | None:
    """Whether the subnet is private."""
    if not case.settings.network.subnet:
        raise NotKnown("there is no subnet yet")
    _known(case, "subnet_public")
    public = case.facts.subnet_public
    return f"{case.settings.network.subnet} has an internet gateway" if public else None


def ssh(case: Case) -> str | None:
    """From where ssh is let in."""
    given = case.settings.network.ssh_from
    if given and ipaddress.ip_network(given).prefixlen == 0:
        return f"ssh from {given}"
    if not case.settings.network.subnet:
        raise NotKnown("there is no subnet yet")
    _known(case, "ssh_open")
    opened = case.facts.ssh_open or ()
    return f"ssh from {EVERYWHERE[0]} by {', '.join(opened)}" if opened else None


def roles(case: Case) -> str | None:
    """What the roles may do."""
    roles = case.settings.roles
    default = {roles.service, roles.instance_profile}.intersection(DEFAULT_ROLES)
    if default:
        return f"EMR's default: {', '.join(sorted(default))}"
    _known(case, "wide_rights")
    return ", ".join(case.facts.wide_rights or ()) or None


def tags(case: Case) -> str | None:
    """Who answers for the cluster."""
    tags = case.settings.tags
    missing = [name for name in ("owner", "purpose") if not getattr(tags, name)]
    return f"no {' and no '.join(missing)}" if missing else None


def release(case: Case) -> str | None:
    """Whether the release has Spark 3.5."""
    release = case.settings.release
    return None if release.startswith(RELEASES) else f"{release} is none of EMR 7"
