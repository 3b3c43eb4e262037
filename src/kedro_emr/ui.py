"""Pages of a cluster: its own, and those that AWS keeps after its end."""

import json
from time import monotonic, sleep
from typing import Any, NamedTuple

from kedro_emr.clients import asking
from kedro_emr.clusters import Cluster, Node
from kedro_emr.errors import AwsError

# Pages that the primary node serves, by their ports.
PORTS = {"JupyterHub": 9443, "YARN": 8088, "Spark history": 18080}
# Pages that AWS keeps for 30 days after a cluster's end.
KEPT = {"Spark history": "SHS", "YARN timeline": "YTS"}

# How long AWS may take to make such a page.
READY_SECONDS = 120.0


class Tunnels(NamedTuple):
    """Commands that bring a cluster's pages to this machine, and their addresses."""

    ssh: str | None
    session_manager: dict[str, str]
    addresses: dict[str, str]


def tunnels(cluster: Cluster, primary: Node, region: str) -> Tunnels:
    """Say how to get to the pages of a cluster that is up."""
    ways = " ".join(f"-L {port}:{cluster.primary}:{port}" for port in PORTS.values())
    ssh = f"ssh -i <{cluster.key_pair}.pem> -N {ways} hadoop@{cluster.primary}"
    return Tunnels(
        ssh=ssh if cluster.key_pair else None,
        session_manager={
            name: _forward(cluster, primary, region, port)
            for name, port in PORTS.items()
        },
        addresses={
            name: f"{'https' if name == 'JupyterHub' else 'http'}://localhost:{port}"
            for name, port in PORTS.items()
        },
    )


def kept_pages(client: Any, cluster: Cluster) -> dict[str, str]:
    """Return addresses of the pages that AWS keeps; whoever has one, gets in.

    They hold a key that lasts for minutes: show them, store them nowhere.
    """
    with asking(f"open the pages of {cluster.id}"):
        made = client.create_persistent_app_ui(TargetResourceArn=cluster.arn)
        page = made["PersistentAppUIId"]
        until = monotonic() + READY_SECONDS
        return {
            name: _address(client, page, kind, until) for name, kind in KEPT.items()
        }


def _address(client: Any, page: str, kind: str, until: float) -> str:
    while True:
        answer = client.get_persistent_app_ui_presigned_url(
            PersistentAppUIId=page, PersistentAppUIType=kind
        )
        if answer.get("PresignedURLReady"):
            return answer["PresignedURL"]
        if monotonic() > until:
            message = (
                f"AWS has made no page within {READY_SECONDS:.0f} s: try again in some "
                "minutes; a cluster that has just started has none yet"
            )
            raise AwsError(message)
        sleep(2)


def _forward(cluster: Cluster, primary: Node, region: str, port: int) -> str:
    # The pages listen on the node's name, not on its loopback.
    parameters = {
        "host": [cluster.primary],
        "portNumber": [str(port)],
        "localPortNumber": [str(port)],
    }
    return (
        f"aws ssm start-session --region {region} --target {primary.id} "
        "--document-name AWS-StartPortForwardingSessionToRemoteHost "
        f"--parameters '{json.dumps(parameters)}'"
    )
