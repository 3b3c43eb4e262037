"""Reads ``conf/emr/cluster.yml`` and refuses what it should not say."""

import dataclasses
import re
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from kedro.config import MissingConfigException
from kedro.framework.project import settings as project_settings
from pydantic import TypeAdapter, ValidationError

from kedro_emr.errors import SettingsError, nearest
from kedro_emr.settings import ClusterSettings, Retention, refuse

Group = TypeVar("Group")

# Plainer words for pydantic's.
PLAIN_WORDS = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "text",
    "a valid tuple": "a list",
    "a dictionary or an instance of ": "a group of settings, ",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "value is not a valid IPv4 or IPv6 network": "a range of addresses, such as "
    "203.0.113.7/32, or null",
}


# The form of texts, and the same in words; None is allowed where the type allows it.
ROLE = (r"[\w+=,.@/:-]{1,512}", "the name of a role")
TAG = (
    r"[\w .:/=+@-]{1,256}",
    "at most 256 letters, digits, spaces and _ . : / = + - @",
)
INSTANCE_TYPE = (r"[a-z0-9-]+\.\w+", "a type of instance, such as c6i.4xlarge")
FORMS = {
    "name": (r"[\w.-]{1,128}", "letters, digits, _ . -"),
    "region": (r"[a-z]{2,}(-[a-z]+)+-\d", "a region, such as eu-west-1"),
    "release": (r"emr-\d+\.\d+\.\d+", "a release of EMR, such as emr-7.12.0"),
    "storage.bucket": (
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "a bucket's name: 3 to 63 of a-z, 0-9, dots and hyphens",
    ),
    "storage.prefix": (r"[^\s/]\S*", "a place in the bucket"),
    "primary.instance_type": INSTANCE_TYPE,
    "core.instance_type": INSTANCE_TYPE,
    "task.instance_type": INSTANCE_TYPE,
    "network.subnet": (
        "subnet-[0-9a-f]+",
        "a subnet's id, such as subnet-0123456789abcdef0",
    ),
    "network.security_groups": (
        "sg-[0-9a-f]+(,sg-[0-9a-f]+){2}",
        "three security groups, such as sg-0a1,sg-0b2,sg-0c3",
    ),
    "network.key_pair": ("[ -~]{1,255}", "the name of a key pair"),
    "encryption.security_configuration": (
        r"\S.{0,255}",
        "the name of a security configuration",
    ),
    "encryption.kms_key": (
        r"arn:aws:kms:[\w-]+:\d{12}:(key|alias)/\S+",
        "a key's ARN, arn:aws:kms:<region>:<account>:key/<id>",
    ),
    "roles.service": ROLE,
    "roles.instance_profile": ROLE,
    "tags.owner": TAG,
    "tags.purpose": TAG,
}


def load_settings(
    given: Mapping[str, Any], retention: Mapping[str, Any]
) -> ClusterSettings:
    """Make settings of ``cluster.yml`` and the parameters of retention."""
    filled = _without_blanks(given)
    for role in ("primary", "core", "task"):
        if isinstance(filled.get(role), dict):
            filled[role]["role"] = role
    filled["retention"] = _checked(Retention, retention, "retention")
    settings = _checked(ClusterSettings, filled, "cluster")
    for name, (form, expected) in FORMS.items():
        value = attrgetter(name)(settings)
        if value is not None and not re.fullmatch(form, value):
            refuse(name, value, expected)
    return settings


def read_settings(project: Path, env: str = "emr") -> ClusterSettings:
    """Read an environment's ``cluster.yml`` with the project's own loader."""
    arguments = dict(project_settings.CONFIG_LOADER_ARGS)
    # Without globals: those of emr need a bucket, a plan needs none.
    arguments["config_patterns"] = {**arguments["config_patterns"], "globals": []}
    loader = project_settings.CONFIG_LOADER_CLASS(
        str(project / "conf"), env=env, **arguments
    )
    try:
        return load_settings(loader["cluster"], loader["parameters"]["retention"])
    except MissingConfigException as error:
        message = (
            f"no cluster in environment {env!r}: expected "
            f"{str(project / 'conf' / env / 'cluster.yml')!r}; leave out --env for emr"
        )
        raise SettingsError(message) from error


def _without_blanks(given: Any) -> Any:
    """Take a blank for none: a variable of the environment that is not set."""
    if isinstance(given, Mapping):
        return {key: _without_blanks(value) for key, value in given.items()}
    return None if given == "" else given


def _checked(kind: type[Group], given: Any, root: str) -> Group:
    try:
        return TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(_explain(kind, first, root)) from error


def _explain(kind: Any, error: Any, root: str) -> str:
    *above, name = error["loc"] or (root,)
    path = ".".join(map(str, (root, *error["loc"])))
    if error["type"] == "unexpected_keyword_argument":
        for part in above:
            kind = {each.name: each.type for each in dataclasses.fields(kind)}[part]
        known = [each.name for each in dataclasses.fields(kind) if each.name != "role"]
        return f"{path}: no such setting; {nearest(name, known)}"
    if error["type"] == "missing":
        return f"{path} is missing in conf/emr/cluster.yml: give it"
    expected = error["msg"].partition("Input should be ")[2] or error["msg"]
    for theirs, plain in PLAIN_WORDS.items():
        expected = expected.replace(theirs, plain)
    return f"{path}={error['input']!r}: expected {expected}"
