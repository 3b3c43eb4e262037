"""The settings of a cluster, as ``conf/emr/cluster.yml`` groups them."""

import dataclasses
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, IPvAnyNetwork
from pydantic.dataclasses import dataclass

from kedro_emr.errors import SettingsError
from kedro_emr.s3 import Place

# Stands for a name that only the user knows, where it is shown without one.
PLACEHOLDERS = {
    "storage.bucket": "<FRUIT_FEATURES_BUCKET>",
    "network.subnet": "<FRUIT_FEATURES_SUBNET>",
    "tags.owner": "<FRUIT_FEATURES_OWNER>",
}

CHECKED = ConfigDict(extra="forbid")


Whole = Annotated[int, Field(strict=True)]
AtLeastOne = Annotated[int, Field(strict=True, ge=1)]
Dollars = Annotated[float, Field(strict=True, ge=0, le=1e6)]
Minutes = Annotated[float, Field(strict=True, ge=0, le=600)]
Rate = Annotated[float, Field(strict=True, ge=0.1, le=1e6)]


@dataclass(frozen=True, config=CHECKED)
class Nodes:
    """A group of equal nodes; each has ``volume_gb`` beside its root volume."""

    role: Literal["primary", "core", "task"]
    instance_type: str
    count: Annotated[int, Field(strict=True, ge=0)]
    volume_gb: Annotated[int, Field(strict=True, ge=10, le=16384)]
    market: Literal["on_demand", "spot"]

    def __post_init__(self) -> None:
        """Check the count, which depends on the role."""
        if self.role == "primary" and self.count not in (1, 3):
            refuse("primary.count", self.count, "1 or 3")
        if self.role == "core" and not self.count:
            refuse("core.count", self.count, "a whole number, at least 1")


@dataclass(frozen=True, config=CHECKED)
class Storage:
    """Where everything lies; no bucket while it is not named."""

    bucket: str | None
    prefix: str


@dataclass(frozen=True, config=CHECKED)
class Scaling:
    """Bounds of managed scaling, in core and task nodes; ``None``: no bound."""

    minimum: AtLeastOne
    maximum: Whole | None
    maximum_core: AtLeastOne

    def __post_init__(self) -> None:
        """Refuse bounds that contradict each other."""
        lowest = max(self.minimum, self.maximum_core)
        if self.maximum is not None and self.maximum < lowest:
            expected = f"a whole number, at least {lowest}"
            refuse("scaling.maximum", self.maximum, expected)


@dataclass(frozen=True, config=CHECKED)
class Network:
    """Where the cluster is, and who gets in."""

    subnet: str | None
    # Of the primary node, of the others, and of EMR's way to them.
    security_groups: str | None
    key_pair: str | None
    ssh_from: IPvAnyNetwork | None


@dataclass(frozen=True, config=CHECKED)
class Encryption:
    """What encrypts the cluster's disks and network, and its logs."""

    security_configuration: str | None
    kms_key: str | None


@dataclass(frozen=True, config=CHECKED)
class Roles:
    """What EMR and the nodes may do in the account."""

    service: str
    instance_profile: str

    @property
    def bare_names(self) -> tuple[str, str]:
        """Both without path and ARN, as IAM is asked for them."""
        return self.service.rsplit("/", 1)[-1], self.instance_profile.rsplit("/", 1)[-1]


@dataclass(frozen=True, config=CHECKED)
class Tags:
    """Who answers for a cluster."""

    owner: str | None
    purpose: str | None


@dataclass(frozen=True, config=CHECKED)
class Budget:
    """What may be spent on a cluster and in a month, in dollars before tax."""

    per_run: Dollars
    per_month: Dollars


@dataclass(frozen=True, config=CHECKED)
class Pace:
    """How fast a cluster is expected to be; ``cluster.yml`` explains each."""

    featurized: Rate
    ingested: Rate
    listed: Rate
    listed_gb: Rate
    vcpu_share: Annotated[float, Field(strict=True, ge=0.01, le=1)]
    startup_minutes: Minutes
    fixed_minutes: Minutes
    local_cores: AtLeastOne
    local_fixed_minutes: Minutes


@dataclass(frozen=True, config=CHECKED)
class Retention:
    """Days for which the bucket keeps things; ``None``: without end."""

    images_days: AtLeastOne | None = None
    features_days: AtLeastOne | None = None
    logs_days: AtLeastOne | None = None

    def days(self) -> dict[str, int | None]:
        """Return the days by what the catalog's entries say in ``retention:``."""
        given = dataclasses.asdict(self)  # type: ignore[call-overload]
        return {name.removesuffix("_days"): days for name, days in given.items()}


@dataclass(frozen=True, config=CHECKED)
class ClusterSettings:
    """All settings of a cluster."""

    name: str
    region: str
    release: str
    applications: tuple[Literal["Spark", "Hadoop", "JupyterHub", "Livy"], ...]
    storage: Storage
    primary: Nodes
    core: Nodes
    task: Nodes
    root_volume_gb: Annotated[int, Field(strict=True, ge=15)]
    scaling: Scaling
    # What AWS allows; None: nothing ends an idle cluster.
    idle_seconds: Annotated[int, Field(strict=True, ge=60, le=7 * 24 * 3600)] | None
    network: Network
    encryption: Encryption
    roles: Roles
    tags: Tags
    budget: Budget
    pace: Pace
    retention: Retention

    def __post_init__(self) -> None:
        """Refuse nodes outside the bounds of managed scaling."""
        workers, bounds = self.core.count + self.task.count, self.scaling
        most = workers if bounds.maximum is None else bounds.maximum
        if not bounds.minimum <= workers <= most:
            expected = f"{bounds.minimum} to {bounds.maximum}, as cluster.scaling says"
            refuse("core.count + cluster.task.count", workers, expected)
        if bounds.maximum_core < self.core.count:
            expected = f"a whole number, at least {self.core.count}, cluster.core.count"
            refuse("scaling.maximum_core", bounds.maximum_core, expected)

    @property
    def place(self) -> Place:
        """Where everything lies; the bucket is a placeholder while it is not named."""
        bucket = self.storage.bucket or PLACEHOLDERS["storage.bucket"]
        return Place(bucket, self.storage.prefix.strip("/"))

    @property
    def groups(self) -> tuple[Nodes, ...]:
        """The groups that have nodes."""
        return tuple(g for g in (self.primary, self.core, self.task) if g.count)


def refuse(name: str, value: object, expected: str) -> None:
    """Refuse a value, naming its key and what was expected."""
    message = f"cluster.{name}={value!r}: expected {expected}"
    raise SettingsError(message)
