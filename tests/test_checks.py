import re
from collections.abc import Callable
from typing import Any

import pytest

from fruit_features.checks import at_least, like, maybe_like, one_of, within
from fruit_features.exceptions import ParameterError


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        (at_least, (1, 1)),
        (at_least, (10**12, 1)),
        (at_least, (0, 0)),
        (at_least, (-3, -3)),
        (within, (0, 0, 1)),
        (within, (1, 0, 1)),
        (within, (0.25, 0.01, 0.9)),
        (within, (1e-9, 0, 1)),
        (one_of, (0.5, (0.35, 0.5))),
        (one_of, (1, (0.35, 1.0))),
        (one_of, ("a", ["a", "b"])),
    ],
)
def test_what_is_in_range_passes(
    check: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    check("some.name", *arguments)


@pytest.mark.parametrize("value", [0, -1, 1.0, 1.5, "2", None, True, [3], float("inf")])
def test_at_least_refuses(value: Any) -> None:
    message = f"some.name={value!r}: expected a whole number, at least 1"
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        at_least("some.name", value, 1)


@pytest.mark.parametrize(
    "value", [-0.1, 1.1, 2, "0.5", None, True, [0.5], float("nan"), float("inf")]
)
def test_within_refuses(value: Any) -> None:
    message = f"some.name={value!r}: expected a number from 0.0 to 1.0"
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        within("some.name", value, 0.0, 1.0)


@pytest.mark.parametrize("value", [0.4, "0.35", None, True, False, [0.35], {}])
def test_one_of_refuses(value: Any) -> None:
    message = f"some.name={value!r}: expected one of 0.35, 1.0"
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        one_of("some.name", value, (0.35, 1.0))


def test_like_takes_the_whole_text() -> None:
    like("some.name", "ab", "[ab]+", "a or b")
    maybe_like("some.name", None, "[ab]+", "a or b")


@pytest.mark.parametrize("value", ["", "abc", "ab\n", 1, ["ab"], True])
@pytest.mark.parametrize("check", [like, maybe_like])
def test_like_refuses(check: Callable[..., None], value: Any) -> None:
    message = f"some.name={value!r}: expected a or b"
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        check("some.name", value, "[ab]+", "a or b")


def test_like_refuses_nothing() -> None:
    with pytest.raises(ParameterError, match="some.name=None: expected a or b"):
        like("some.name", None, "[ab]+", "a or b")
