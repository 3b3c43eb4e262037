"""`kedro emr`: the cluster's life, a verb a module."""

from typing import Any

import click

from fruit_features.emr.commands.plan import plan
from fruit_features.exceptions import FruitFeaturesError


class EmrGroup(click.Group):
    """Shows what a user can mend as one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb.

        Raises:
            click.ClickException: In place of an error that a user can mend.
        """
        try:
            return super().invoke(ctx)
        except FruitFeaturesError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=EmrGroup)
def emr() -> None:
    """Plan, create, watch and stop a cluster on Amazon EMR; conf/emr/cluster.yml."""


emr.add_command(plan)
