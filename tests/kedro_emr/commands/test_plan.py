"""`kedro emr plan`, as a user types it, and as README shows it."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.client import BaseClient
from click.testing import CliRunner, Result

from fruit_features.cli import cli
from fruit_features.resolvers import SETTINGS
from tests.documentation import blocks
from tests.kedro_emr.settings_examples import NAMES
from tests.kedro_emr.test_request import faults
from tests.s3_server import S3Server
from tests.test_conventions import loaded_by

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

READING = ("Get", "List", "Describe")
COMMAND = "kedro emr plan --images 50000000 --deadline 15"
Plan = Callable[..., Result]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """A machine without any account, settings or network to AWS."""
    for name in [*SETTINGS, *(n for n in os.environ if n.startswith("AWS_"))]:
        monkeypatch.delenv(name, raising=False)
    nothing = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": f"{tmp_path}/none",
        "AWS_CONFIG_FILE": f"{tmp_path}/none",
    }
    for name, value in nothing.items():
        monkeypatch.setenv(name, value)
    return nothing


@pytest.fixture
def plan(project: Path, bare: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.chdir(project)
    return lambda *words: CliRunner().invoke(cli, ["emr", "plan", *words])


def data(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_readme_shows_what_is_printed(plan: Plan) -> None:
    (block,) = [b for b in blocks("README.md") if COMMAND in b.text]
    command, shown = block.text.split("\n", 1)
    assert command == f"$ {COMMAND}"
    done = plan(*COMMAND.split()[3:])
    assert done.exit_code == 0, done.output
    # An ellipsis stands for what is left out.
    parts = [part.strip("\n") for part in shown.split("…\n")]
    assert len(shown.splitlines()) > 10
    for part in parts:
        assert part in done.output


def test_every_part_is_printed_without_an_account(plan: Plan) -> None:
    done = plan()
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "cluster  fruit_features, eu-west-1, emr-7.12.0"
    hour = "price    2.10 $ an hour, --images says for how long; 50 $ last 23.9 h"
    assert hour in lines
    assert "prices   the project's table of 2025-03-02" in done.output
    assert "unknown  wide-roles                 the account is out of reach" in lines
    assert "`kedro emr create` would refuse this: 4 failed" in lines
    beside = lines[lines.index("The account beside account.yml") + 2]
    assert beside.startswith("unknown  account  no credentials; give the machine a ro")
    request = yaml.safe_load(done.output.split("The request\n")[1])
    assert faults(request) == ""
    assert request["LogUri"].startswith("s3://<FRUIT_FEATURES_BUCKET>/")


def test_json_has_all_of_it(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRUIT_FEATURES_BUCKET", NAMES["storage.bucket"])
    monkeypatch.setenv("FRUIT_FEATURES_SUBNET", NAMES["network.subnet"])
    found = data(plan("--json", "--images", "50000000", "--deadline", "8"))
    assert found["settings"]["storage"]["bucket"] == "fruit-photos"
    assert found["estimate"]["workers"] == 4
    assert found["estimate"]["hours_to_result"] <= 8
    assert found["estimate"]["hours"] == pytest.approx(
        found["estimate"]["hours_to_result"] + 0.25
    )
    groups = found["request"]["Instances"]["InstanceGroups"]
    assert [g["InstanceCount"] for g in groups] == [1, 1, 3]
    assert groups[0]["InstanceType"] == "r5.4xlarge"
    assert set(found["sizes"]) == {"3000", "22688", "50000000"}
    # A small number does not need the large primary node.
    tiny, large = found["sizes"]["3000"], found["sizes"]["50000000"]
    assert [size["workers"] for size in tiny] == [0, 1, 4, 8]
    assert tiny[1]["dollars"] < 1 < large[1]["dollars"]
    assert found["break_even"] > 22688
    by_name = {each["name"]: each["state"] for each in found["guardrails"]}
    assert by_name["missing-settings"] == by_name["outside-eu"] == "passed"
    assert by_name["public-subnet"] == "unknown"
    assert faults(found["request"]) == ""


def test_override_is_in_the_tags(plan: Plan) -> None:
    found = data(plan("--json", "--allow", "missing-tags", "--allow", "long-idle"))
    assert {"Key": "allowed", "Value": "missing-tags"} in found["request"]["Tags"]
    by_name = {each["name"]: each["state"] for each in found["guardrails"]}
    assert (by_name["missing-tags"], by_name["long-idle"]) == ("allowed", "passed")


def test_region_without_prices(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    done = plan("--images", "3000")
    assert done.exit_code == 0, done.output
    assert "price    not known for these nodes in us-east-1" in done.output
    assert "failed   outside-eu" in done.output
    assert data(plan("--images", "3000", "--json"))["estimate"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--images", "0"], "0 is not in the range x>=1"),
        (["--deadline", "3"], "--deadline needs --images"),
        (["--images", "9", "--deadline", "0"], "0.0 is not in the range x>0"),
        (
            ["--images", "50000000", "--deadline", "1"],
            "50,000,000 images take 8 workers",
        ),
        (["--images", "5000000000"], "the driver would need 5,510 GB"),
        (["--allow", "outside-EU"], "did you mean outside-eu?"),
        (["--env", "local"], "no cluster in environment 'local'"),
    ],
)
def test_mistakes(plan: Plan, words: list[str], message: str) -> None:
    done = plan(*words)
    assert done.exit_code != 0
    assert done.output.splitlines()[-1].startswith("Error: ")
    assert message in done.output
    assert "Traceback" not in done.output


def test_help_has_examples(plan: Plan) -> None:
    said = plan("--help").output
    assert f"  {COMMAND}" in said
    assert "--allow NAME" in said


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of all that AWS is asked for, as it is asked."""
    called: set[str] = set()
    plain = BaseClient._make_api_call

    def call(self: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        called.add(operation)
        return plain(self, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return called


def test_account_is_asked_and_nothing_is_changed(
    plan: Plan,
    s3_server: S3Server,
    operations: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Some seconds: moto loads a service when it is first asked.
    monkeypatch.setenv("FRUIT_FEATURES_BUCKET", s3_server.make_bucket("planned"))
    operations.clear()
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    found = data(plan("--json", "--images", "3000"))
    by_name = {each["name"]: each["state"] for each in found["guardrails"]}
    assert by_name["bucket-elsewhere"] == "passed"
    assert by_name["over-month-budget"] == "passed"
    assert by_name["unencrypted-volumes"] == "failed"
    assert {"GetBucketLocation", "ListClusters", "GetProducts"} <= operations
    assert {name for name in operations if not name.startswith(READING)} == set()


def test_an_account_out_of_reach_is_asked_once(
    plan: Plan, operations: set[str]
) -> None:
    done = plan()
    assert operations == {"GetProducts", "GetInstanceProfile"}
    assert done.output.count("no credentials") == 1
    (account,) = data(plan("--json"))["account"]
    assert (account["name"], account["state"]) == ("account", "unknown")


def test_terminal_gets_drawn_tables(project: Path, bare: dict[str, str]) -> None:
    # A Python of its own on a terminal of its own: some seconds.
    ours, theirs = pty.openpty()
    code = "from kedro_emr.commands.output import print_table as p\n"
    code += "p(['a', 'b'], [['[red]1', '2']])"
    done = subprocess.run([sys.executable, "-c", code], stdout=theirs, check=True)
    os.close(theirs)
    drawn = os.read(ours, 10_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "[red]1" in drawn
    assert "┃" in drawn or "│" in drawn


def test_starts_no_spark_and_no_boto(project: Path, bare: dict[str, str]) -> None:
    code = (
        "import sys\n"
        "from kedro_emr.commands import emr\n"
        "assert 'boto3' not in sys.modules and 'rich' not in sys.modules\n"
    )
    assert loaded_by(code) == set()
