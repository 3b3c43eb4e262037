"""What a command talks to: AWS, as ``cluster.yml`` says."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kedro_emr.clients import client
from kedro_emr.clusters import Cluster, Clusters
from kedro_emr.costs import Cost, costs, dollars_an_hour
from kedro_emr.errors import AwsError, SettingsError
from kedro_emr.logs import Logs
from kedro_emr.prices import Prices, find_prices
from kedro_emr.settings import ClusterSettings
from kedro_emr.steps import Steps


@dataclass(frozen=True)
class Aws:
    """Clients and prices, each made when it is first needed."""

    settings: ClusterSettings

    @cached_property
    def s3(self) -> Any:
        """A client of S3."""
        return client("s3", self.settings.region)

    @cached_property
    def emr(self) -> Any:
        """A client of EMR."""
        return client("emr", self.settings.region)

    @cached_property
    def clusters(self) -> Clusters:
        """The project's clusters."""
        return Clusters(self.emr, self.settings.name, self.settings.region)

    @cached_property
    def prices(self) -> Prices:
        """Prices of the nodes that ``cluster.yml`` names, and of the table's."""
        types = {nodes.instance_type for nodes in self.settings.groups}
        return find_prices(self.settings.region, types)

    def steps(self, cluster: Cluster) -> Steps:
        """Return a cluster's steps."""
        return Steps(self.emr, cluster.id)

    def logs(self, cluster: Cluster) -> Logs:
        """Return a cluster's logs."""
        if cluster.logs is None:
            message = f"{cluster.id} writes no logs to S3: it was created without"
            raise AwsError(message)
        return Logs(self.s3, cluster.logs, cluster.id)

    def costs(self, cluster: Cluster) -> list[Cost]:
        """Return what a cluster has cost so far."""
        return costs(self.clusters.nodes(cluster), self.prices, now())

    def hour(self, cluster: Cluster) -> float:
        """Return what a cluster costs an hour now, in dollars."""
        return dollars_an_hour(self.clusters.nodes(cluster), self.prices)

    def bucket(self) -> str:
        """Return the bucket."""
        if self.settings.storage.bucket is None:
            message = (
                "cluster.storage.bucket is not said: export "
                "FRUIT_FEATURES_BUCKET=<a name of your own>"
            )
            raise SettingsError(message)
        return self.settings.storage.bucket


def now() -> dt.datetime:
    """Return the time, of UTC."""
    return dt.datetime.now(dt.timezone.utc)
