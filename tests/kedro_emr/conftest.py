"""An AWS over HTTP for the tests of ``kedro emr``."""

import os
from collections.abc import Iterator

import pytest

from kedro_emr.clients import session
from tests.kedro_emr.moto_emr import MotoEmr


@pytest.fixture(scope="module")
def aws() -> Iterator[MotoEmr]:
    """An empty account, in a thread of this process."""
    with MotoEmr() as account:
        yield account


@pytest.fixture
def in_account(aws: MotoEmr, monkeypatch: pytest.MonkeyPatch) -> MotoEmr:
    """The environment of someone who works with that account."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    return aws


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """A command may say in the environment how Spark is to start."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def own_session() -> None:
    """A session of its own for each test: it keeps the credentials it began with."""
    session.cache_clear()
