"""What a storage does not let go."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import click

from fruit_features.privacy.targets import THREADS
from fruit_features.storage.clients import without_keys


class Refusal(NamedTuple):
    """Something that could not be erased.

    Attributes:
        place: An address.
        why: What the storage says.
    """

    place: str
    why: str


def attempt(place: str, step: Callable[[], object]) -> list[Refusal]:
    """Go on with the others where a file must not be written or deleted.

    Args:
        place: Where it lies.
        step: What is to be done with it.

    Returns:
        Why it was not done, if it was not; a file that is gone already is as well.
    """
    try:
        step()
    except FileNotFoundError:
        pass
    except OSError as error:
        return [Refusal(place, without_keys(str(error)))]
    return []


def delete_files(filesystem: Any, paths: Iterable[str]) -> list[Refusal]:
    """Delete files, and say which must not be."""

    def delete(path: str) -> list[Refusal]:
        return attempt(path, partial(filesystem.rm_file, path))

    with ThreadPoolExecutor(THREADS) as pool:
        return [each for refused in pool.map(delete, paths) for each in refused]


def raise_refused(refused: list[Refusal], what: str) -> None:
    """End a command with an error if anything was refused.

    Args:
        refused: Told one by one.
        what: What it is that is still there.

    Raises:
        ClickException: With what to do.
    """
    for each in refused:
        click.echo(f"not erased: {each.place}: {each.why}", err=True)
    if refused:
        message = (
            f"{len(refused):,} places still hold {what}, see above; allow to delete "
            "them, then give the same command again"
        )
        raise click.ClickException(message)
