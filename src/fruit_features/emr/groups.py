"""The groups of ``conf/emr/cluster.yml``: nodes, places, rights, money, pace."""

import ipaddress
from dataclasses import dataclass

from fruit_features.checks import at_least, like, maybe_like, one_of, within
from fruit_features.exceptions import ParameterError

MARKETS = ("on_demand", "spot")


@dataclass(frozen=True)
class Nodes:
    """A group of equal nodes.

    Attributes:
        role: ``primary``, ``core`` or ``task``.
        instance_type: Such as ``c6i.4xlarge``.
        count: How many.
        volume_gb: The volume of each beside its root volume, in GB.
        market: ``on_demand``, or ``spot``: cheaper, and may be taken away.
    """

    role: str
    instance_type: str
    count: int
    volume_gb: int
    market: str

    def __post_init__(self) -> None:
        """Refuse what EMR would refuse."""
        name = f"cluster.{self.role}"
        expected = "a type of instance, such as c6i.4xlarge"
        like(f"{name}.instance_type", self.instance_type, r"[a-z0-9-]+\.\w+", expected)
        if self.role == "primary":
            one_of(f"{name}.count", self.count, (1, 3))
        at_least(f"{name}.count", self.count, 0 if self.role == "task" else 1)
        within(f"{name}.volume_gb", self.volume_gb, 10, 16384)
        at_least(f"{name}.volume_gb", self.volume_gb, 10)
        one_of(f"{name}.market", self.market, MARKETS)


@dataclass(frozen=True)
class Storage:
    """Where everything lies.

    Attributes:
        bucket: The bucket; ``None`` while not said.
        prefix: Where in it.
    """

    bucket: str | None
    prefix: str

    def __post_init__(self) -> None:
        """Refuse what is no bucket."""
        expected = "a bucket's name: 3 to 63 of a-z, 0-9, dots and hyphens"
        pattern = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
        maybe_like("cluster.storage.bucket", self.bucket, pattern, expected)
        expected = "a place in the bucket, such as fruit_features"
        like("cluster.storage.prefix", self.prefix, r"[^\s/]\S*", expected)


@dataclass(frozen=True)
class Scaling:
    """How many core and task nodes managed scaling may have.

    Attributes:
        minimum: At least.
        maximum: At most; ``None``: no bound.
        maximum_core: Core nodes at most, of these.
    """

    minimum: int
    maximum: int | None
    maximum_core: int

    def __post_init__(self) -> None:
        """Refuse bounds that contradict each other."""
        at_least("cluster.scaling.minimum", self.minimum, 1)
        at_least("cluster.scaling.maximum_core", self.maximum_core, 1)
        if self.maximum is not None:
            lowest = max(self.minimum, self.maximum_core)
            at_least("cluster.scaling.maximum", self.maximum, lowest)


@dataclass(frozen=True)
class Network:
    """Where the cluster is, and who gets in.

    Attributes:
        subnet: A private subnet; ``None`` while not said.
        security_groups: Of the primary node, of the others, and of EMR's way to them,
            parted by commas; ``None``: EMR makes its own.
        key_pair: A key pair for ssh, or ``None``.
        ssh_from: Addresses that ssh is let in from, or ``None``.
    """

    subnet: str | None
    security_groups: str | None
    key_pair: str | None
    ssh_from: str | None

    def __post_init__(self) -> None:
        """Refuse what is no subnet and no range of addresses."""
        expected = "a subnet's id, such as subnet-0123456789abcdef0"
        maybe_like("cluster.network.subnet", self.subnet, r"subnet-[0-9a-f]+", expected)
        expected = "three security groups, such as sg-0a1,sg-0b2,sg-0c3"
        pattern = r"sg-[0-9a-f]+(,sg-[0-9a-f]+){2}"
        name = "cluster.network.security_groups"
        maybe_like(name, self.security_groups, pattern, expected)
        expected = "the name of a key pair"
        maybe_like("cluster.network.key_pair", self.key_pair, r"[ -~]{1,255}", expected)
        try:
            ipaddress.ip_network(self.ssh_from or "0.0.0.0/32")
        except ValueError as error:
            message = (
                f"cluster.network.ssh_from={self.ssh_from!r}: expected a range of "
                "addresses, such as 203.0.113.7/32, or null"
            )
            raise ParameterError(message) from error


@dataclass(frozen=True)
class Encryption:
    """What encrypts the cluster's disks, network and logs.

    Attributes:
        security_configuration: The name of a security configuration of EMR.
        kms_key: The ARN of a KMS key, for logs.
    """

    security_configuration: str | None
    kms_key: str | None

    def __post_init__(self) -> None:
        """Refuse a key by a name that EMR does not take."""
        name = "cluster.encryption.security_configuration"
        expected = "the name of a security configuration"
        maybe_like(name, self.security_configuration, r"\S.{0,255}", expected)
        expected = "a key's ARN, arn:aws:kms:<region>:<account>:key/<id>"
        pattern = r"arn:aws:kms:[\w-]+:\d{12}:(key|alias)/\S+"
        maybe_like("cluster.encryption.kms_key", self.kms_key, pattern, expected)


@dataclass(frozen=True)
class Roles:
    """What EMR and the nodes may do in the account.

    Attributes:
        service: The name of EMR's role.
        instance_profile: The name of the nodes' instance profile.
    """

    service: str
    instance_profile: str

    def __post_init__(self) -> None:
        """Refuse what is no name."""
        for name in ("service", "instance_profile"):
            expected = "the name of a role"
            pattern = r"[\w+=,.@/:-]{1,512}"
            like(f"cluster.roles.{name}", getattr(self, name), pattern, expected)

    @property
    def bare_names(self) -> tuple[str, str]:
        """Both without path and ARN, as IAM is asked for them."""
        return self.service.rsplit("/", 1)[-1], self.instance_profile.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Tags:
    """Who answers for a cluster.

    Attributes:
        owner: A person or team; ``None`` while not said.
        purpose: What the cluster is for.
    """

    owner: str | None
    purpose: str | None

    def __post_init__(self) -> None:
        """Refuse letters that AWS does not allow in tags."""
        for name in ("owner", "purpose"):
            expected = "at most 256 letters, digits, spaces and _ . : / = + - @"
            pattern = r"[\w .:/=+@-]{1,256}"
            maybe_like(f"cluster.tags.{name}", getattr(self, name), pattern, expected)


@dataclass(frozen=True)
class Budget:
    """What may be spent, in dollars before tax.

    Attributes:
        per_run: On one cluster, from its start to its end.
        per_month: On all clusters of this name since the first of the month.
    """

    per_run: float
    per_month: float

    def __post_init__(self) -> None:
        """Refuse what is no sum."""
        for name in ("per_run", "per_month"):
            within(f"cluster.budget.{name}", getattr(self, name), 0, 1e6)


@dataclass(frozen=True)
class Pace:
    """How fast a cluster is expected to be.

    Attributes:
        featurized: Images a second that a core turns into features.
        ingested: Images a second that a core fetches from S3 and packs.
        listed: Images a second that the driver lists.
        listed_gb: Memory that a million of them take in the driver, in GB.
        vcpu_share: What a vCPU does of a core's work, above 0.
        startup_minutes: From the order of a cluster until it takes up work.
        fixed_minutes: Of every run, whatever the number of images.
        local_cores: Cores of the machine that a cluster is compared with.
        local_fixed_minutes: Of every run on it, whatever the number of images.
    """

    featurized: float
    ingested: float
    listed: float
    listed_gb: float
    vcpu_share: float
    startup_minutes: float
    fixed_minutes: float
    local_cores: int
    local_fixed_minutes: float

    def __post_init__(self) -> None:
        """Refuse what would be no pace at all."""
        for name in ("featurized", "ingested", "listed", "listed_gb"):
            within(f"cluster.pace.{name}", getattr(self, name), 0.1, 1e6)
        within("cluster.pace.vcpu_share", self.vcpu_share, 0.01, 1)
        for name in ("startup_minutes", "fixed_minutes", "local_fixed_minutes"):
            within(f"cluster.pace.{name}", getattr(self, name), 0, 600)
        at_least("cluster.pace.local_cores", self.local_cores, 1)
