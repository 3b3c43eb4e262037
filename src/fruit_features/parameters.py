"""Parameter groups as pydantic models, with one-line validation errors."""

import difflib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from fruit_features.exceptions import ParameterError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# Pydantic's error types for an unknown field, and for a value in place of a group.
UNKNOWN = ("extra_forbidden", "model_type")


class Parameters(BaseModel):
    """A group of parameters, or all groups by name."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False
    )


Model = TypeVar("Model", bound=Parameters)


def one_of(choices: Collection[Any]) -> BeforeValidator:
    """Accept only the choices; ``True`` is not ``1``."""

    def check(value: Any) -> Any:
        if isinstance(value, bool) or value not in choices:
            raise ValueError(f"one of {', '.join(map(str, choices))}")
        return value

    return BeforeValidator(check)


def build(
    model: type[Model],
    given: Mapping[str, Any],
    group: str = "",
    others: Collection[str] = (),
) -> Model:
    """Validate configuration values into a model.

    Args:
        model: The model.
        given: Values by field name.
        group: Prefix of the names in messages, such as ``retention``.
        others: More names to suggest for an unknown one.

    Raises:
        ParameterError: Naming parameters, their values and what is expected.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        faults = error.errors()
    prefix = f"{group}." if group else ""
    for fault in faults:
        name, value = prefix + ".".join(map(str, fault["loc"])), fault["input"]
        if fault["type"] in UNKNOWN or (
            fault["type"] != "missing" and _is_group(value)
        ):
            while _is_group(value):
                key, value = next(iter(value.items()))
                name += f".{key}"
            known = sorted({*_names(model, prefix), *others})
            raise ParameterError(unknown("unknown parameter", name, known))
    raise ParameterError("; ".join(_explain(model, fault, prefix) for fault in faults))


def _is_group(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict) and bool(value)


def _explain(model: type[Parameters], fault: "ErrorDetails", prefix: str) -> str:
    name = prefix + ".".join(map(str, fault["loc"]))
    if fault["type"] == "missing":
        return f"{name} is missing in the configuration: give it"
    expected = fault.get("ctx", {}).get("error") or _expected(model, fault["loc"])
    return f"{name}={fault['input']!r}: expected {expected}"


def unknown(fault: str, name: str, known: Collection[str]) -> str:
    """Return a message with the closest known name and all known names."""
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
    return f"{fault} {name!r}; did you mean {nearest!r}? There are: {', '.join(known)}"


def _names(model: type[Parameters], prefix: str = "") -> list[str]:
    names = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Parameters):
            names += _names(kind, f"{prefix}{name}.")
        else:
            names.append(f"{prefix}{name}")
    return names


def _expected(model: Any, path: tuple[str | int, ...]) -> str:
    """Describe the values that a field accepts."""
    *groups, name = map(str, path)
    for group in groups:
        model = model.model_fields[group].annotation
    field = model.model_json_schema()["properties"][name]
    field = field.get("anyOf", [field])[0]
    if "enum" in field:
        return f"one of {', '.join(field['enum'])}"
    lowest, highest = field.get("minimum"), field.get("maximum")
    number = {"integer": "a whole number", "number": "a number"}.get(field["type"])
    if number is None:
        return {"boolean": "true or false"}.get(field["type"], "text")
    if highest is not None:
        return f"{number} from {lowest} to {highest}"
    return number if lowest is None else f"{number}, at least {lowest}"
