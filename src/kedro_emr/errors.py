"""Errors that a user can mend; click shows each as one line, with exit code 1."""

import difflib
from collections.abc import Collection

import click


class EmrError(click.ClickException):
    """Root of the errors of ``kedro emr``."""


class SettingsError(EmrError):
    """A setting or an option is unknown, out of range or contradicts another."""


class AwsError(EmrError):
    """AWS does not answer, or refuses what a command asks for."""


class PackageError(EmrError):
    """The project cannot be packaged for a cluster."""


class StepError(EmrError):
    """A step, or a cluster with it, ended with errors."""


class PriceError(EmrError):
    """A region or an instance type has no known price."""


class GuardrailError(EmrError):
    """A cluster would break a guardrail that is not overridden by its name."""


def nearest(name: str, known: Collection[str]) -> str:
    """Say which name may have been meant, or which there are."""
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
