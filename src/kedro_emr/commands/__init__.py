"""`kedro emr`: the life of a cluster."""

from importlib import import_module
from typing import Any

import click
from kedro.io.core import DatasetError

# In the order of a cluster's life; the module and the command in it.
VERBS = {
    "plan": ("plan", "plan"),
    "bucket": ("bucket", "bucket"),
    "create": ("running", "create"),
    "submit": ("running", "submit"),
    "status": ("clusters", "status"),
    "logs": ("pages", "logs"),
    "ui": ("pages", "ui"),
    "list": ("clusters", "list_clusters"),
    "terminate": ("clusters", "terminate"),
    "cost": ("clusters", "cost"),
}


class EmrGroup(click.Group):
    """Imports a verb when it is used: `kedro run` loads the project's commands too."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a verb."""
        if cmd_name not in VERBS:
            return None
        module, name = VERBS[cmd_name]
        verb: click.Command = getattr(import_module(f"{__name__}.{module}"), name)
        return verb

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; show errors of the project, which are Kedro's, as one line."""
        try:
            return super().invoke(ctx)
        except DatasetError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=EmrGroup)
def emr() -> None:
    """Plan, create, watch and stop a cluster on Amazon EMR; conf/emr/cluster.yml."""
