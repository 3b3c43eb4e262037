"""Options of the verbs that act on a cluster."""

from pathlib import Path

import click

cluster_argument = click.argument("cluster", required=False)
step_option = click.option("--step", help="The step's id; the latest.")
images_option = click.option(
    "--images", type=click.IntRange(1), help="How many images are to come."
)
deadline_option = click.option(
    "--deadline",
    type=click.FloatRange(0, min_open=True),
    metavar="HOURS",
    help="Hours in which their result is wanted: as many nodes as that takes.",
)
wheel_option = click.option(
    "--wheel",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A wheel that is built already, say by `kedro package`.",
)
wait_option = click.option("--wait", is_flag=True, help="Follow it to its end.")
every_option = click.option(
    "--every",
    default=15.0,
    show_default=True,
    type=click.FloatRange(0.1),
    help="Seconds from one look to the next, with --wait.",
)


def check_deadline(images: int | None, deadline: float | None) -> None:
    """Refuse a deadline for nobody knows how many images.

    Raises:
        click.UsageError: If that is asked for.
    """
    if deadline and not images:
        message = "--deadline needs --images: how many are to be done in that time"
        raise click.UsageError(message)
