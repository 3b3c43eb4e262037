"""What a cluster is to be: ``conf/emr/cluster.yml``, typed and checked."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException

from fruit_features.checks import at_least, like, nearest, one_of, within
from fruit_features.config_loader import ConfigLoader
from fruit_features.emr.groups import (
    Budget,
    Encryption,
    Network,
    Nodes,
    Pace,
    Roles,
    Scaling,
    Storage,
    Tags,
)
from fruit_features.exceptions import ParameterError
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.storage.s3 import Place

APPLICATIONS = ("Spark", "Hadoop", "JupyterHub", "Livy")
# What AWS allows.
IDLE_SECONDS = (60, 7 * 24 * 3600)

# What stands for a name that only the user knows, where it is shown without one.
PLACEHOLDERS = {
    "storage.bucket": "<FRUIT_FEATURES_BUCKET>",
    "network.subnet": "<FRUIT_FEATURES_SUBNET>",
    "tags.owner": "<FRUIT_FEATURES_OWNER>",
}


@dataclass(frozen=True)
class ClusterSettings:
    """All that is said of a cluster; the groups say more.

    Attributes:
        name: How clusters are called and found again.
        region: AWS's region.
        release: EMR's release.
        applications: What EMR installs.
        root_volume_gb: The root volume of every node, in GB.
        idle_seconds: Seconds without work that end the cluster; ``None``: nothing does.
        retention: How long the bucket keeps what is in it, as the parameters say.
    """

    name: str
    region: str
    release: str
    applications: tuple[str, ...]
    storage: Storage
    primary: Nodes
    core: Nodes
    task: Nodes
    root_volume_gb: int
    scaling: Scaling
    idle_seconds: int | None
    network: Network
    encryption: Encryption
    roles: Roles
    tags: Tags
    budget: Budget
    pace: Pace
    retention: RetentionParameters

    def __post_init__(self) -> None:
        """Refuse what EMR would refuse."""
        like("cluster.name", self.name, r"[\w.-]{1,128}", "letters, digits, _ . -")
        expected = "a region, such as eu-west-1"
        like("cluster.region", self.region, r"[a-z]{2,}(-[a-z]+)+-\d", expected)
        expected = "a release of EMR, such as emr-7.12.0"
        like("cluster.release", self.release, r"emr-\d+\.\d+\.\d+", expected)
        for application in self.applications:
            one_of("cluster.applications", application, APPLICATIONS)
        at_least("cluster.root_volume_gb", self.root_volume_gb, 15)
        if self.idle_seconds is not None:
            at_least("cluster.idle_seconds", self.idle_seconds, 0)
            within("cluster.idle_seconds", self.idle_seconds, *IDLE_SECONDS)
        self._check_scaling()

    def _check_scaling(self) -> None:
        workers, most = self.core.count + self.task.count, self.scaling.maximum
        if workers < self.scaling.minimum or (most is not None and workers > most):
            message = (
                f"cluster.core.count + cluster.task.count = {workers}: expected "
                f"{self.scaling.minimum} to {most}, as cluster.scaling says"
            )
            raise ParameterError(message)
        at_least(
            "cluster.scaling.maximum_core", self.scaling.maximum_core, self.core.count
        )

    @property
    def place(self) -> Place:
        """Where everything lies; the bucket is a placeholder while it is not said."""
        bucket = self.storage.bucket or PLACEHOLDERS["storage.bucket"]
        return Place(bucket, self.storage.prefix.strip("/"))

    @property
    def groups(self) -> tuple[Nodes, ...]:
        """The groups of nodes that there are."""
        return tuple(g for g in (self.primary, self.core, self.task) if g.count)


def load_settings(
    given: Mapping[str, Any], retention: Mapping[str, Any]
) -> ClusterSettings:
    """Make settings of what ``cluster.yml`` says.

    Args:
        given: All of it.
        retention: The environment's parameters of that name.

    Raises:
        ParameterError: Naming the key, its value and what was expected.
    """
    kept = RetentionParameters.of(retention)
    return _load(ClusterSettings, given, "cluster", retention=kept)


def read_settings(project: Path, env: str = "emr") -> ClusterSettings:
    """Read an environment's ``cluster.yml`` with Kedro's loader.

    Args:
        project: The project's folder.
        env: The environment.

    Raises:
        ParameterError: If there is none, or what it says cannot be.
    """
    from fruit_features.settings import CONFIG_LOADER_ARGS

    arguments: dict[str, Any] = dict(CONFIG_LOADER_ARGS)
    # Without globals: those of emr need a bucket, a plan needs none.
    arguments["config_patterns"] = {**arguments["config_patterns"], "globals": []}
    loader = ConfigLoader(str(project / "conf"), env=env, **arguments)
    try:
        return load_settings(loader["cluster"], loader["parameters"]["retention"])
    except MissingConfigException as error:
        message = (
            f"no cluster in environment {env!r}: expected "
            f"{str(project / 'conf' / env / 'cluster.yml')!r}; leave out --env for emr"
        )
        raise ParameterError(message) from error


def _load(kind: Any, given: Any, path: str, **known: Any) -> Any:
    """Make a dataclass of a mapping, and what is in it."""
    if not isinstance(given, Mapping):
        message = f"{path}={given!r}: expected a group of settings"
        raise ParameterError(message)
    fields = {f.name: f.type for f in dataclasses.fields(kind) if f.name not in known}
    for name in given:
        if name not in fields:
            raise ParameterError(_unknown(path, str(name), list(fields)))
    for name in fields:
        if name not in given:
            message = f"{path}.{name} is missing in conf/emr/cluster.yml: give it"
            raise ParameterError(message)
    values = {
        name: _value(fields[name], value, f"{path}.{name}")
        for name, value in given.items()
    }
    return kind(**values, **known)


def _value(kind: Any, value: Any, path: str) -> Any:
    if kind is Nodes:
        return _load(Nodes, value, path, role=path.rsplit(".", 1)[-1])
    if dataclasses.is_dataclass(kind):
        return _load(kind, value, path)
    if kind == tuple[str, ...]:
        if not isinstance(value, list | tuple):
            message = f"{path}={value!r}: expected a list"
            raise ParameterError(message)
        return tuple(value)
    # A variable of the environment that is not set.
    return None if value == "" else value


def _unknown(path: str, name: str, known: list[str]) -> str:
    return f"{path}.{name}: no such setting; {nearest(name, known)}"
