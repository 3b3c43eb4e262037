"""Places: the folders that `images`, `data` and `test_images` name.

A place reaches the catalog as it was given: not parsed as YAML, not interpolated.
"""

import functools
import json
import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import click
from kedro.framework.context import KedroContext
from kedro.framework.session import KedroSession
from kedro.io.core import get_protocol_and_path

from fruit_features.exceptions import FruitFeaturesError, ParameterError
from fruit_features.internals import read_params

# Passed from the command line to the catalog; they are no parameters.
PLACES = {
    "images": "Folder of images, in place of the one in the catalog.",
    "data": "Folder of all results.",
    "test_images": "Folder of pictures that a training is judged by.",
}

# Spark and Kedro read a path with one of these as a glob pattern.
PATTERN = "[]{}*?\\"

EXPECTED = "expected a folder of this machine or an address s3://<bucket>/<folder>"

WEIGHTS = "backbone.weights"

PARAMS_HELP = """Parameters, name=value, separated by commas. A folder with a comma in
its name has an option of its own."""


def as_place(name: str, given: object, start: str = "") -> str:
    """Normalise a place to a path or address that no dataset can misread.

    Args:
        name: One of ``PLACES``.
        given: A folder, also with ``~``, or an S3 address.
        start: Base of a relative folder; by default Kedro takes the project.

    Raises:
        ParameterError: If it is not text, or an address of other storage.
    """
    if not isinstance(given, str | os.PathLike) or not (text := os.fspath(given)):
        message = f"{name}={given!r}: {EXPECTED}, as text (in YAML within quotes)"
        raise ParameterError(message)
    # Kedro's own rule for what is an address.
    address = re.fullmatch("([a-zA-Z0-9]+)://(.*)", text, re.DOTALL)
    if address and address[1] != "file":
        return _on_s3(name, text)
    folder = address[2] if address else os.path.expanduser(text)
    try:
        folder.encode()
    except UnicodeEncodeError as error:
        message = f"{name}={text!r}: expected a name in UTF-8; rename the folder"
        raise ParameterError(message) from error
    folder = os.path.join(start, folder)
    if not os.path.isabs(folder):
        # "./" keeps "a:b" from being read as an address.
        return f"./{folder.removeprefix('./')}"
    # Java resolves ".." lexically, before it follows links.
    plain = os.path.realpath if ".." in folder.split("/") else os.path.normpath
    return f"/{plain(folder).lstrip('/')}"


def _on_s3(name: str, text: str) -> str:
    protocol, path = get_protocol_and_path(text)
    # Kedro drops parts of a URL, such as a query after "?".
    kept = f"{protocol}://{path}" == text and path[:1] not in ("", "/")
    if protocol not in ("s3", "s3a") or not kept:
        message = f"{name}={text!r}: {EXPECTED}"
        raise ParameterError(message)
    letters = f"{PATTERN},:"
    if name == "data" and set(letters) & set(path):
        message = f"data={text!r}: expected an address without any of {letters}"
        raise ParameterError(message)
    return text.rstrip("/")


def place_from_here(name: str, text: str) -> str:
    """Resolve a command's place against the working directory."""
    try:
        return as_place(name, text, start=os.getcwd())
    except ParameterError as error:
        raise click.ClickException(str(error)) from error


def split_params(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Parse ``--params`` as Kedro does, but keep places as plain text."""
    if isinstance(value, dict):
        return value  # From a --config file.
    places: dict[str, str] = {}
    others: list[str] = []
    for item in re.split(",(?=[^,]*=)", value):
        name, _, text = item.partition("=")
        name = name.strip()
        if name in PLACES:
            start, comma, rest = text.partition(",")
            if comma:
                message = (
                    f"--params: a comma ends {name}={start!r}, and {rest!r} is no "
                    "name=value; a folder with a comma in its name goes by its "
                    f"option: {_option(name)} {shlex.quote(text)}"
                )
                raise click.ClickException(message)
            places[name] = place_from_here(name, text)
        elif name == WEIGHTS:
            # Also plain text: a JSON string is valid YAML.
            text = json.dumps(os.path.expanduser(text), ensure_ascii=False)
            others.append(f"{WEIGHTS}={text}")
        else:
            others.append(item)
    return {**read_params(context, option, ",".join(others)), **places}


def params_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--params`` and an option per place, merged into ``params``."""

    @functools.wraps(function)
    def with_places(*args: Any, params: dict[str, Any], **options: Any) -> Any:
        given = {name: options.pop(name, None) for name in PLACES}
        places = {name: place for name, place in given.items() if place is not None}
        return function(*args, params={**params, **places}, **options)

    for name, meaning in reversed(PLACES.items()):
        add = click.option(
            _option(name), name, callback=_place, metavar="FOLDER", help=meaning
        )
        add(with_places)
    add = click.option(
        "--params",
        type=click.UNPROCESSED,
        default="",
        callback=split_params,
        help=PARAMS_HELP,
    )
    return add(with_places)


@contextmanager
def opened(env: str | None, params: dict[str, Any]) -> Iterator[KedroContext]:
    """Open a command's Kedro context; print a ``FruitFeaturesError`` as one line."""
    try:
        with KedroSession.create(env=env, runtime_params=params) as session:
            yield cast(KedroSession, session).load_context()
    except FruitFeaturesError as error:
        raise click.ClickException(str(error)) from error


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _place(context: click.Context, option: click.Parameter, text: str | None) -> Any:
    return None if text is None else place_from_here(str(option.name), text)
