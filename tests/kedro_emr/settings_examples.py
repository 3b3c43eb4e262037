"""Settings of clusters for the tests: the project's own, with some changed."""

from typing import Any

import yaml
from kedro.framework.startup import bootstrap_project

from kedro_emr.loading import load_settings
from kedro_emr.settings import ClusterSettings
from tests.conftest import PROJECT

bootstrap_project(PROJECT)

# What a user has in the environment.
NAMES = {
    "storage.bucket": "fruit-photos",
    "storage.prefix": "fruit_features",
    "network.subnet": "subnet-0123456789abcdef0",
    "network.security_groups": None,
    "network.key_pair": None,
    "encryption.security_configuration": "fruit",
    "encryption.kms_key": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd",
    "tags.owner": "ann@fruit.example",
    "region": "eu-west-1",
}

RETENTION = {"images_days": 90, "features_days": 365, "logs_days": 30}


def given(**changes: Any) -> dict[str, Any]:
    """Return what the project's file says, with names, and with changes.

    Dots of keys are written as two underscores: ``core__count=2``.
    """
    # As it is written: what it asks of the environment is in NAMES.
    mapping = yaml.safe_load((PROJECT / "conf/emr/cluster.yml").read_text())
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    for key, value in {**NAMES, **dotted}.items():
        *groups, name = key.split(".")
        inner = mapping
        for group in groups:
            inner = inner[group]
        inner[name] = value
    return mapping


def settings(**changes: Any) -> ClusterSettings:
    return load_settings(given(**changes), RETENTION)
