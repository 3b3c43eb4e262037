"""An AWS that answers over HTTP, and whose clusters do what a test says.

moto's EMR moves no state by itself and runs no step; in a thread of this process, its
clusters are at hand.
"""

import datetime as dt
import gzip
import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.emr.models import emr_backends
from moto.server import ThreadedMotoServer

from tests.s3_server import REGION, client_of, environment_of

KEY = f"arn:aws:kms:{REGION}:{DEFAULT_ACCOUNT_ID}:key/1234abcd-12ab-34cd"
ENCRYPTED = {
    "EncryptionConfiguration": {
        "EnableAtRestEncryption": True,
        "EnableInTransitEncryption": True,
        "AtRestEncryptionConfiguration": {
            "LocalDiskEncryptionConfiguration": {"EncryptionKeyProviderType": "AwsKms"}
        },
    }
}


class MotoEmr:
    """Starts with its ``with`` block and is gone after it."""

    def __enter__(self) -> "MotoEmr":
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        # All of moto's servers in a process know one account, whoever worked there.
        self.forget()
        self.environment = {
            **environment_of(self.endpoint),
            # moto knows no prices: the project's own table it is.
            "AWS_ENDPOINT_URL_PRICING": "http://127.0.0.1:9",
        }
        return self

    def __exit__(self, *error: object) -> None:
        self._server.stop()

    def forget(self) -> None:
        """Empty the account."""
        urllib.request.urlopen(f"{self.endpoint}/moto-api/reset", b"").close()

    def client(self, service: str) -> Any:
        return client_of(self.endpoint, service)

    def furnish(self, bucket: str) -> dict[str, str]:
        """Make what a cluster needs beside its bucket; return the settings for it."""
        iam, ec2 = self.client("iam"), self.client("ec2")
        trust = '{"Version": "2012-10-17", "Statement": []}'
        for role in ("fruit_features_emr", "fruit_features_nodes"):
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
        profile = "fruit_features_nodes"
        iam.create_instance_profile(InstanceProfileName=profile)
        iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=profile)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]
        self.client("emr").create_security_configuration(
            Name="encrypted", SecurityConfiguration=json.dumps(ENCRYPTED)
        )
        return {
            "FRUIT_FEATURES_BUCKET": bucket,
            "FRUIT_FEATURES_SUBNET": subnet["SubnetId"],
            "FRUIT_FEATURES_SECURITY_CONFIGURATION": "encrypted",
            "FRUIT_FEATURES_KMS_KEY": KEY,
            "FRUIT_FEATURES_OWNER": "somebody@fruit.example",
        }

    def cluster(self, cluster: str) -> Any:
        """Return moto's own record of a cluster, to be changed."""
        return self._clusters()[cluster]

    def newest(self) -> str:
        """Return the id of the cluster that was created last."""
        return list(self._clusters())[-1]

    def up(self) -> list[str]:
        """Return the ids of the clusters that have not ended."""
        found = self._clusters().items()
        return [id_ for id_, one in found if not one.state.startswith("TERMINATED")]

    def forget_clusters(self) -> None:
        """Take all clusters away, as two months do."""
        self._clusters().clear()

    def _clusters(self) -> dict[str, Any]:
        # By a host's number moto takes every region for its default one.
        return emr_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].clusters

    def move(self, cluster: str, state: str, why: str = "") -> None:
        """Put a cluster into a state."""
        record = self.cluster(cluster)
        record.state, record.last_state_change_reason = state, why
        if state.startswith("TERMINATED"):
            record.end_datetime = utcnow()

    def date(
        self, cluster: str, created: dt.datetime, ended: dt.datetime | None = None
    ) -> None:
        """Give a cluster another time of creation, and of its end if it has ended."""
        record = self.cluster(cluster)
        # moto's own times are UTC's, and do not say so.
        created, ended = (t and t.replace(tzinfo=None) for t in (created, ended))
        record.creation_datetime, record.end_datetime = created, ended
        record.state = "TERMINATED" if ended else "WAITING"
        for group in record.instance_groups:
            group.creation_date_time = created

    def move_step(self, cluster: str, step: str, state: str, why: str = "") -> None:
        """Put a step into a state."""
        (record,) = (s for s in self.cluster(cluster).steps if s.id == step)
        record.state, record.last_state_change_reason = state, why
        if state not in ("PENDING", "RUNNING"):
            record.end_date_time = utcnow()

    def write_log(self, place: str, text: str) -> None:
        """Put a log where EMR would, compressed: ``<bucket>/<key>``."""
        bucket, _, key = place.partition("/")
        body = gzip.compress(text.encode())
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def plain_request(name: str = "fruit_features", tags: Sequence = ()) -> dict[str, Any]:
    """Ask for a cluster of 1 + 2 nodes, by hand."""
    group = {"InstanceType": "m5.xlarge", "Market": "ON_DEMAND"}
    return {
        "Name": name,
        "ReleaseLabel": "emr-7.12.0",
        "EbsRootVolumeSize": 30,
        "LogUri": f"s3://{name.replace('_', '-')}/logs/",
        "Instances": {
            "InstanceGroups": [
                {**group, "InstanceRole": "MASTER", "InstanceCount": 1},
                {**group, "InstanceRole": "CORE", "InstanceCount": 2},
            ],
            "KeepJobFlowAliveWhenNoSteps": True,
        },
        "Tags": [{"Key": key, "Value": value} for key, value in tags],
    }
