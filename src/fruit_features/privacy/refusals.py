"""What a storage refuses to delete or to change."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import click

from fruit_features.privacy.targets import THREADS
from fruit_features.storage.clients import without_keys


class Refusal(NamedTuple):
    """Something that could not be erased: its address, and what the storage says."""

    place: str
    why: str


def attempt(place: str, step: Callable[[], object]) -> list[Refusal]:
    """Carry out a step; return why it failed, if a file must not be changed.

    A file that is gone already is no failure.
    """
    try:
        step()
    except FileNotFoundError:
        pass
    except OSError as error:
        return [Refusal(place, without_keys(str(error)))]
    return []


def delete_files(filesystem: Any, paths: Iterable[str]) -> list[Refusal]:
    """Delete files; return which must not be."""

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
