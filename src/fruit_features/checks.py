"""Range checks for parameters, with one kind of message."""

import difflib
import re
from collections.abc import Collection
from numbers import Real
from typing import Any

from fruit_features.exceptions import ParameterError


def at_least(name: str, value: Any, lowest: int) -> None:
    """Refuse anything but a whole number from ``lowest`` up.

    Raises:
        ParameterError: Naming the parameter, its value and what is expected.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
        message = f"{name}={value!r}: expected a whole number, at least {lowest}"
        raise ParameterError(message)


def within(name: str, value: Any, lowest: float, highest: float) -> None:
    """Refuse anything but a number from ``lowest`` to ``highest``.

    Raises:
        ParameterError: Naming the parameter, its value and what is expected.
    """
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not lowest <= value <= highest:
        message = f"{name}={value!r}: expected a number from {lowest} to {highest}"
        raise ParameterError(message)


def boolean(name: str, value: Any) -> None:
    """Refuse anything but true and false.

    Raises:
        ParameterError: Naming the parameter, its value and what is expected.
    """
    if not isinstance(value, bool):
        message = f"{name}={value!r}: expected true or false"
        raise ParameterError(message)


def one_of(name: str, value: Any, choices: Collection[Any]) -> None:
    """Refuse a value that is not in a list.

    Raises:
        ParameterError: Naming the parameter, its value and the choices.
    """
    if isinstance(value, bool) or value not in choices:
        listed = ", ".join(map(str, choices))
        message = f"{name}={value!r}: expected one of {listed}"
        raise ParameterError(message)


def like(name: str, value: Any, pattern: str, expected: str) -> None:
    """Refuse anything but text of a form.

    Args:
        name: The parameter.
        value: Its value.
        pattern: The form, as a regular expression for the whole text.
        expected: The form in words.

    Raises:
        ParameterError: Naming the parameter, its value and what is expected.
    """
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        message = f"{name}={value!r}: expected {expected}"
        raise ParameterError(message)


def nearest(name: str, known: Collection[str]) -> str:
    """Say which name may have been meant, or which there are."""
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"


def maybe_like(name: str, value: Any, pattern: str, expected: str) -> None:
    """As ``like``, but let ``None`` be."""
    if value is not None:
        like(name, value, pattern, expected)
