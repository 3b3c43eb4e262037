"""How long a number of images takes a cluster, what it costs, and when it pays."""

import math
import re
from dataclasses import dataclass, replace

from kedro_emr.errors import SettingsError
from kedro_emr.prices import Prices
from kedro_emr.settings import ClusterSettings

# Memory of the primary node beside the list of images, in GB: for Java, YARN, HDFS and
# JupyterHub. An assumption.
PRIMARY_GB = 10
# As conf/emr/spark.yml has it.
CORES_OF_EXECUTOR = 4


@dataclass(frozen=True)
class Estimate:
    """What a number of images takes a cluster."""

    images: int
    workers: int
    vcpus: int
    images_per_second: float
    startup_hours: float
    listing_hours: float
    work_hours: float
    idle_hours: float
    dollars_per_hour: float

    @property
    def hours_to_result(self) -> float:
        """From the order of the cluster to the report."""
        return self.startup_hours + self.listing_hours + self.work_hours

    @property
    def hours(self) -> float:
        """From the order of the cluster to its end."""
        return self.hours_to_result + self.idle_hours

    @property
    def dollars(self) -> float:
        """What the cluster costs from its order to its end."""
        return self.hours * self.dollars_per_hour

    @property
    def executors(self) -> int:
        """Executors of Spark that fill the workers."""
        return math.ceil(self.vcpus / CORES_OF_EXECUTOR)


def dollars_per_hour(settings: ClusterSettings, prices: Prices) -> float:
    """Return what all nodes of a cluster cost an hour; spot nodes at most."""
    return sum(
        nodes.count
        * prices.hour(nodes.instance_type, nodes.volume_gb + settings.root_volume_gb)
        for nodes in settings.groups
    )


def estimate(settings: ClusterSettings, prices: Prices, images: int) -> Estimate:
    """Estimate what images take a cluster as it is set."""
    workers = (settings.core, settings.task)
    vcpus = sum(
        nodes.count * prices.node(nodes.instance_type).vcpus
        for nodes in workers
        if nodes.count
    )
    rate = vcpus * vcpu_rate(settings)
    return Estimate(
        images=images,
        workers=sum(nodes.count for nodes in workers),
        vcpus=vcpus,
        images_per_second=rate,
        startup_hours=settings.pace.startup_minutes / 60,
        listing_hours=images / settings.pace.listed / 3600,
        work_hours=settings.pace.fixed_minutes / 60 + images / rate / 3600,
        idle_hours=(settings.idle_seconds or 0) / 3600,
        dollars_per_hour=dollars_per_hour(settings, prices),
    )


def vcpu_rate(settings: ClusterSettings) -> float:
    """Return the images a second of one vCPU, fetched and featurized."""
    pace = settings.pace
    return pace.vcpu_share / (1 / pace.featurized + 1 / pace.ingested)


def local_hours(settings: ClusterSettings, images: int) -> float:
    """Return the hours that images take on the machine a cluster is compared with."""
    pace = settings.pace
    seconds = images / (pace.local_cores * pace.featurized)
    return pace.local_fixed_minutes / 60 + seconds / 3600


def break_even(settings: ClusterSettings, prices: Prices) -> int | None:
    """Return from how many images on a cluster has its result before that machine.

    ``None`` where it never has.
    """
    pace = settings.pace
    base = estimate(settings, prices, 0)
    of_cluster = 1 / base.images_per_second + 1 / pace.listed
    gained = 1 / (pace.local_cores * pace.featurized) - of_cluster
    if gained <= 0:
        return None
    lost = (base.hours_to_result - local_hours(settings, 0)) * 3600
    return max(0, math.ceil(lost / gained))


def driver_gb(settings: ClusterSettings, images: int) -> float:
    """Return the memory that the primary node needs for a list of images, in GB."""
    return PRIMARY_GB + images / 1e6 * settings.pace.listed_gb


def with_workers(settings: ClusterSettings, workers: int) -> ClusterSettings:
    """Return settings with another number of workers: task nodes, where there are any.

    The bounds of managed scaling are widened to it.
    """
    core, task = settings.core, settings.task
    if task.count and workers > core.count:
        task = replace(task, count=workers - core.count)
    else:
        core, task = replace(core, count=workers), replace(task, count=0)
    bounds = settings.scaling
    most = None if bounds.maximum is None else max(bounds.maximum, workers)
    scaling = replace(
        bounds,
        minimum=min(bounds.minimum, workers),
        maximum=most,
        maximum_core=max(bounds.maximum_core, core.count),
    )
    return replace(settings, core=core, task=task, scaling=scaling)


def with_driver(
    settings: ClusterSettings, prices: Prices, images: int
) -> ClusterSettings:
    """Return settings whose primary node has the memory to list images.

    Its own type if that will do, else the cheapest that does.
    """
    needed = driver_gb(settings, images)
    now = prices.node(settings.primary.instance_type)
    if now.memory_gb >= needed:
        return settings
    enough = [
        name
        for name, node in prices.nodes.items()
        if node.memory_gb >= needed
        and is_arm(name) == is_arm(settings.primary.instance_type)
    ]
    if not enough:
        message = (
            f"images={images}: the driver would need {needed:,.0f} GB to list them, "
            "more than any type of instance known has; split the images over runs"
        )
        raise SettingsError(message)
    cheapest = min(
        enough, key=lambda name: prices.node(name).ec2 + prices.node(name).emr
    )
    return replace(settings, primary=replace(settings.primary, instance_type=cheapest))


def is_arm(instance_type: str) -> bool:
    """Tell whether a type has ARM processors, as m6g; a cluster keeps to one kind."""
    return bool(re.match(r"[a-z]+\d+g", instance_type))


def for_deadline(
    settings: ClusterSettings, prices: Prices, images: int, hours: float
) -> ClusterSettings:
    """Return settings with as few workers as have the result in time."""
    most = settings.scaling.maximum or 1000
    for workers in range(settings.scaling.minimum, most + 1):
        sized = with_workers(settings, workers)
        if estimate(sized, prices, images).hours_to_result <= hours:
            return sized
    fastest = estimate(with_workers(settings, most), prices, images).hours_to_result
    message = (
        f"deadline={hours:g} hours: {images:,} images take {most} workers "
        f"{fastest:.1f} hours; give more time, or raise scaling.maximum in cluster.yml"
    )
    raise SettingsError(message)
