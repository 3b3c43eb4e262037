"""A user who has an account, typing ``kedro emr``."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from moto.emr.models import Cluster

from fruit_features.cli import cli
from fruit_features.resolvers import SETTINGS
from kedro_emr import watch
from tests.kedro_emr.moto_emr import MotoEmr

BUCKET = "fruit"
LOGS = f"{BUCKET}/fruit_features/logs/emr"


class User:
    """Types commands; while they wait, what a test has written down happens."""

    def __init__(self, aws: MotoEmr, wheel: Path) -> None:
        self.aws, self.wheel = aws, wheel
        self.meanwhile: list[Callable[[], Any]] = []

    def emr(self, *words: str, answer: str | None = None) -> Result:
        """Run a verb; one that takes a wheel gets one, quicker than to build it."""
        if words[0] in ("create", "submit"):
            words = (*words, "--wheel", str(self.wheel), "--every", "0.1")
        done = CliRunner().invoke(cli, ["emr", *words], input=answer)
        assert not done.exception or isinstance(done.exception, SystemExit), done
        assert "Traceback" not in done.output
        return done

    def ok(self, *words: str, answer: str | None = None) -> str:
        done = self.emr(*words, answer=answer)
        assert done.exit_code == 0, done.output
        assert not self.meanwhile
        return done.output

    def refused(self, *words: str) -> str:
        """Return the one line of an error."""
        done = self.emr(*words)
        assert done.exit_code == 1, done.output
        (line,) = (x for x in done.output.splitlines() if x.startswith("Error: "))
        return line

    def data(self, *words: str) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def up(self) -> list[str]:
        """Return the clusters that cost money, whatever the commands say."""
        return self.aws.up()

    def create(self, *words: str) -> str:
        before = set(self.up())
        self.ok("create", *words)
        (cluster,) = set(self.up()) - before
        return cluster

    def move(self, state: str, why: str = "") -> None:
        """Put the newest cluster into a state."""
        self.aws.move(self.aws.newest(), state, why)

    def move_step(self, state: str, why: str = "") -> None:
        """Put the newest cluster's last step into a state."""
        cluster = self.aws.newest()
        step = self.aws.cluster(cluster).steps[-1].id
        self.aws.move_step(cluster, step, state, why)

    def log(self, stream: str, text: str) -> None:
        """Let the last step of the newest cluster write something."""
        cluster = self.aws.newest()
        step = self.aws.cluster(cluster).steps[-1].id
        self.aws.write_log(f"{LOGS}/{cluster}/steps/{step}/{stream}.gz", text)


@pytest.fixture(scope="module")
def account(aws: MotoEmr) -> dict[str, str]:
    """The settings of an account that has all a cluster needs, but for the bucket."""
    return aws.furnish(BUCKET)


@pytest.fixture
def user(
    account: dict[str, str],
    in_account: MotoEmr,
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[User]:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in account.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project)
    wheel = tmp_path / "fruit_features-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"code")
    user = User(in_account, wheel)

    def sleep(_: float) -> None:
        assert user.meanwhile, "it waits, and nothing more will happen"
        user.meanwhile.pop(0)()

    monkeypatch.setattr(watch, "sleep", sleep)
    # moto's clusters are ready at once.
    monkeypatch.setattr(Cluster, "run_bootstrap_actions", lambda _: None)
    yield user
    for cluster in user.up():
        in_account.move(cluster, "TERMINATED")


@pytest.fixture
def bucket(user: User, in_account: MotoEmr) -> str:
    """The bucket, made by the command."""
    client = in_account.client("s3")
    if BUCKET not in {each["Name"] for each in client.list_buckets()["Buckets"]}:
        user.ok("bucket")
        # moto reads no conditions: it would refuse all that does not come by TLS.
        client.delete_bucket_policy(Bucket=BUCKET)
    return BUCKET
