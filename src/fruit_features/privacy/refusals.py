"""What the storage refuses to delete or to change."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import click

from fruit_features.privacy.targets import THREADS
from fruit_features.storage.clients import without_keys


class Refusal(NamedTuple):
    """What could not be erased: its address, and the storage's message."""

    place: str
    why: str


def attempt(place: str, step: Callable[[], object]) -> list[Refusal]:
    """Run a step and return the storage's refusal; a missing file is no failure."""
    try:
        step()
    except FileNotFoundError:
        pass
    except OSError as error:
        return [Refusal(place, without_keys(str(error)))]
    return []


def delete_files(filesystem: Any, paths: Iterable[str]) -> list[Refusal]:
    """Delete files; return the refusals."""

    def delete(path: str) -> list[Refusal]:
        return attempt(path, partial(filesystem.rm_file, path))

    with ThreadPoolExecutor(THREADS) as pool:
        return [each for refused in pool.map(delete, paths) for each in refused]


def raise_refused(refused: list[Refusal], what: str) -> None:
    """Print each refusal, and end the command if there is any.

    Raises:
        ClickException: With what is still there, and what to do.
    """
    for each in refused:
        click.echo(f"not erased: {each.place}: {each.why}", err=True)
    if refused:
        message = (
            f"{len(refused):,} places still hold {what}, see above; allow to delete "
            "them, then give the same command again"
        )
        raise click.ClickException(message)
