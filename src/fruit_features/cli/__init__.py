"""The project's commands, found by Kedro."""

from pathlib import Path

import click
from kedro.utils import find_kedro_project

from fruit_features.cli.history import history
from fruit_features.cli.privacy import erase, retention
from fruit_features.cli.running import run
from fruit_features.places import place_from_here
from kedro_emr.commands import emr

# `python -m fruit_features` looks for `run`.
__all__ = ["cli", "run"]


@click.group(name="fruit_features")
def cli() -> None:
    """Commands of the project."""


cli.add_command(run)
cli.add_command(emr)
cli.add_command(history)
cli.add_command(erase)
cli.add_command(retention)


@cli.command()
@click.option("--folder", help="Where to; data/01_raw/sample of the project.")
@click.option("--images-per-label", default=100, type=click.IntRange(1, 1000))
@click.option("--seed", default=0)
def sample(folder: str | None, images_per_label: int, seed: int) -> None:
    """Generate a folder of sample pictures, <label>/<n>.jpg."""
    from fruit_sample.writing import write_sample

    project = find_kedro_project(Path.cwd()) or Path.cwd()
    place = place_from_here("folder", folder or f"{project}/data/01_raw/sample")
    if not place.startswith("/"):
        message = f"--folder {folder!r}: expected a folder of this machine"
        raise click.ClickException(message)
    written = write_sample(Path(place), images_per_label=images_per_label, seed=seed)
    state = f"{written:,} pictures generated" if written else "complete, kept as it is"
    click.echo(f"sample in {place}: {state}")
