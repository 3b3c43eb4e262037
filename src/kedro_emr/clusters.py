"""The project's clusters: found, read, created, terminated."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from kedro_emr.clients import asking, explain_words, without_keys
from kedro_emr.errors import AwsError
from kedro_emr.request import PROJECT_TAG, ROLES
from kedro_emr.s3 import Place, place_of

READY = ("RUNNING", "WAITING")
ENDED = ("TERMINATED", "TERMINATED_WITH_ERRORS")
# While a cluster is in one of these, it costs money.
UP = ("STARTING", "BOOTSTRAPPING", *READY, "TERMINATING")

ROLES_BY_TYPE = {kind: role for role, kind in ROLES.items()}

# What EMR's reasons mean for the user, where AWS's own words do not say it.
REASONS = {
    "BOOTSTRAP_FAILURE": "the bootstrap action failed: `kedro emr logs {id} "
    "--bootstrap` shows its log",
    "INSTANCE_FAILURE": "a machine failed or could not be had: try again, or another "
    "instance_type in cluster.yml",
    "VALIDATION_ERROR": "AWS refuses the request: see roles, subnet and security "
    "configuration in cluster.yml",
    "INTERNAL_ERROR": "an error of AWS's own: try again",
    "STEP_FAILURE": "a step failed: `kedro emr logs {id}` shows its log",
}


@dataclass(frozen=True)
class Cluster:
    """A cluster as EMR describes it.

    ``code`` and ``message`` say why it is in its state, ``primary`` is the host name of
    its primary node, a ``transient`` one ends after its last step.
    """

    id: str
    name: str
    state: str
    code: str
    message: str
    created: dt.datetime | None
    ready: dt.datetime | None
    ended: dt.datetime | None
    tags: dict[str, str]
    logs: Place | None
    arn: str
    primary: str | None
    release: str
    key_pair: str | None
    protected: bool
    transient: bool
    root_gb: int

    @property
    def is_up(self) -> bool:
        """Whether it costs money."""
        return self.state in UP

    @property
    def reason(self) -> str:
        """Why it is in its state, with the next step where there is one."""
        said = explain_words(self.message) or self.message
        remedy = REASONS.get(self.code, "").format(id=self.id)
        return "; ".join(part for part in (said.rstrip("."), remedy) if part)


@dataclass(frozen=True)
class Node:
    """A machine of a cluster, with all its volumes; AWS counts from ``started``."""

    id: str
    role: str
    instance_type: str
    market: str
    state: str
    volume_gb: int
    started: dt.datetime | None
    ended: dt.datetime | None

    @property
    def up(self) -> bool:
        """Whether it costs money."""
        return self.ended is None


@dataclass(frozen=True)
class Clusters:
    """Clusters of a name, which is also the value of their tag ``project``."""

    client: Any
    name: str
    region: str

    def read(self, cluster: str) -> Cluster:
        """Return the one of an id."""
        with asking(f"look at cluster {cluster!r} in {self.region}"):
            answer = self.client.describe_cluster(ClusterId=cluster)
        return _cluster(answer["Cluster"])

    def up(self) -> list[Cluster]:
        """Return those that cost money now, the youngest first."""
        return list(self._read(self._list(UP)))

    def since(self, when: dt.datetime) -> list[Cluster]:
        """Return those that were up at a time or later, the youngest first.

        However old they are: EMR can bound a listing by the time of creation alone, and
        a cluster may be up for months.
        """
        # One that ends in between is in both.
        listed = self._list(UP) + self._list(ENDED)
        up = (
            each
            for each in listed
            if each["Status"]["Timeline"].get("EndDateTime", when) >= when
        )
        return list(self._read(up))

    def the_one(self, cluster: str | None, *, ended: bool = False) -> Cluster:
        """Return the one that is named, or else the only one that is up.

        With ``ended`` the latest that has ended will do where none is up.
        """
        if cluster:
            return self.read(cluster)
        up = self.up()
        if not up and ended:
            up = list(islice(self._read(self._list(ENDED)), 1))
        if len(up) == 1:
            return up[0]
        if up:
            listed = ", ".join(f"{one.id} ({one.state})" for one in up)
            message = f"{len(up)} clusters are up, name one: {listed}"
        else:
            message = (
                f"no cluster {self.name!r} is up in {self.region}: `kedro emr create` "
                "makes one"
            )
        raise AwsError(message)

    def create(self, request: dict[str, Any]) -> str:
        """Create one and return its id."""
        with asking("create the cluster"):
            return self.client.run_job_flow(**request)["JobFlowId"]

    def tag(self, cluster: Cluster, tags: Mapping[str, str]) -> None:
        """Add tags to one, or change them."""
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        with asking(f"tag {cluster.id}"):
            self.client.add_tags(ResourceId=cluster.id, Tags=pairs)

    def terminate(self, cluster: Cluster) -> None:
        """End one, whatever it does and however it is protected."""
        with asking(f"terminate {cluster.id}"):
            if cluster.protected:
                self.client.set_termination_protection(
                    JobFlowIds=[cluster.id], TerminationProtected=False
                )
            self.client.terminate_job_flows(JobFlowIds=[cluster.id])

    def nodes(self, cluster: Cluster) -> list[Node]:
        """Return all machines that a cluster has or had."""
        which = {"ClusterId": cluster.id}
        with asking(f"list the nodes of {cluster.id}"):
            groups = self._all("list_instance_groups", "InstanceGroups", **which)
            found = self._all("list_instances", "Instances", **which)
        by_id = {group["Id"]: group for group in groups}
        return [
            _node(each, by_id.get(each.get("InstanceGroupId"), {}), cluster)
            for each in found
        ]

    def _list(self, states: Iterable[str]) -> list[dict[str, Any]]:
        with asking(f"list the clusters in {self.region}"):
            found = self._all("list_clusters", "Clusters", ClusterStates=list(states))
        return [each for each in found if each["Name"] == self.name]

    def _read(self, listed: Iterable[dict[str, Any]]) -> Iterator[Cluster]:
        created = {
            each["Id"]: each["Status"]["Timeline"]["CreationDateTime"]
            for each in listed
        }
        youngest = sorted(created, key=lambda each: created[each], reverse=True)
        # Only a cluster's own description has its tags.
        for cluster in map(self.read, youngest):
            if cluster.tags.get(PROJECT_TAG) == self.name:
                yield cluster

    def _all(self, operation: str, what: str, **which: Any) -> list[dict[str, Any]]:
        return list(self.client.get_paginator(operation).paginate(**which).search(what))


def _cluster(answer: dict[str, Any]) -> Cluster:
    status, timeline = answer["Status"], answer["Status"].get("Timeline", {})
    why = status.get("StateChangeReason", {})
    details = status.get("ErrorDetails", [])
    words = why.get("Message") or next((d.get("ErrorMessage") for d in details), "")
    return Cluster(
        id=answer["Id"],
        name=answer["Name"],
        state=status["State"],
        code=why.get("Code", ""),
        message=without_keys(words or ""),
        created=timeline.get("CreationDateTime"),
        ready=timeline.get("ReadyDateTime"),
        ended=timeline.get("EndDateTime"),
        tags={tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])},
        logs=place_of(answer["LogUri"]) if answer.get("LogUri") else None,
        arn=answer.get("ClusterArn", ""),
        primary=answer.get("MasterPublicDnsName"),
        release=answer.get("ReleaseLabel", ""),
        key_pair=answer.get("Ec2InstanceAttributes", {}).get("Ec2KeyName"),
        protected=answer.get("TerminationProtected", False),
        transient=answer.get("AutoTerminate", False),
        root_gb=answer.get("EbsRootVolumeSize", 0),
    )


def _node(answer: dict[str, Any], group: dict[str, Any], cluster: Cluster) -> Node:
    timeline = answer["Status"].get("Timeline", {})
    volumes = (each["VolumeSpecification"] for each in group.get("EbsBlockDevices", []))
    return Node(
        id=answer.get("Ec2InstanceId", ""),
        role=ROLES_BY_TYPE.get(group.get("InstanceGroupType", ""), "unknown"),
        instance_type=answer.get("InstanceType", ""),
        market=answer.get("Market", "ON_DEMAND").lower(),
        state=answer["Status"].get("State", ""),
        volume_gb=cluster.root_gb + sum(volume["SizeInGB"] for volume in volumes),
        started=timeline.get("CreationDateTime"),
        # None outlives its cluster.
        ended=timeline.get("EndDateTime") or cluster.ended,
    )
