"""`kedro emr`: the cluster's life, a verb a module."""

from importlib import import_module
from typing import Any

import click
from kedro.io.core import DatasetError

# In the order of a cluster's life; the module and the command in it.
VERBS = {
    "plan": ("plan", "plan"),
    "bucket": ("bucket", "bucket"),
    "create": ("create", "create"),
    "submit": ("submit", "submit"),
    "status": ("status", "status"),
    "logs": ("logs", "logs"),
    "ui": ("ui", "ui"),
    "list": ("clusters", "list_clusters"),
    "terminate": ("clusters", "terminate"),
    "cost": ("cost", "cost"),
}


class EmrGroup(click.Group):
    """Loads a verb when it is asked for, and says on one line what a user can mend.

    `kedro run` loads the project's commands too, and need not wait for these.
    """

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
        """Run a verb.

        Raises:
            click.ClickException: In place of Kedro's errors of the project.
        """
        try:
            return super().invoke(ctx)
        except DatasetError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=EmrGroup)
def emr() -> None:
    """Plan, create, watch and stop a cluster on Amazon EMR; conf/emr/cluster.yml."""
