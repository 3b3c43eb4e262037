"""A cluster's life by `kedro emr`, against an AWS over HTTP."""

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kedro_emr import watch
from kedro_emr.clients import session
from kedro_emr.commands import VERBS, watching
from kedro_emr.costs import spent_this_month
from kedro_emr.errors import AwsError
from kedro_emr.prices import table_prices
from kedro_emr.request import PYTHON_HOME
from tests.kedro_emr.commands.conftest import BUCKET, LOGS, User
from tests.kedro_emr.moto_emr import MotoEmr
from tests.kedro_emr.settings_examples import settings

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:register_new_resolver"),
    pytest.mark.usefixtures("bucket"),
]
HOSTILE = "images=s3a://b/a b';$(rm -rf ~)`id`&\"*"


@pytest.fixture(autouse=True, scope="module")
def own_session() -> Iterator[None]:
    """One for all tests: they work with one account, and making it takes a while."""
    session.cache_clear()
    yield
    session.cache_clear()


def test_from_the_plan_to_the_bill(user: User) -> None:
    plan = user.data("plan", "--images", "22688")
    states = {each["name"]: each["state"] for each in plan["guardrails"]}
    assert set(states.values()) == {"passed"}

    user.meanwhile = [
        lambda: user.move("BOOTSTRAPPING"),
        lambda: user.move("WAITING"),
    ]
    said = user.ok("create", "--images", "22688", "--wait").splitlines()
    (cluster,) = user.up()
    assert said[0].startswith("22,688 images are to cost ")
    assert said[1] == f"{cluster} is being created"
    hour = f"{plan['dollars_per_hour']:.2f} $ an hour"
    ends = "it ends by itself after 15 minutes without work"
    assert said[2] == f"{cluster} is up and costs {hour}; {ends}"
    assert [line.split()[1] for line in said[3:]] == [
        "STARTING,",
        "BOOTSTRAPPING,",
        "WAITING,",
    ]

    user.meanwhile = [
        lambda: user.log("stderr", "09:00:01 INFO ingestion\n"),
        lambda: user.log("stderr", "09:00:01 INFO ingestion\n09:01:00 INFO pca\n"),
        lambda: user.move_step("COMPLETED"),
    ]
    said = user.ok("submit", "--params", HOSTILE, "--wait")
    assert "  09:00:01 INFO ingestion\n  09:01:00 INFO pca\n" in said
    assert said.count("ingestion") == 1
    assert "step RUNNING, cluster RUNNING, " in said
    assert "step COMPLETED" in said
    # It was told again that the cluster goes on.
    assert said.splitlines()[-1] == f"{cluster} is up and costs {hour}; {ends}"
    (step,) = user.aws.client("emr").list_steps(ClusterId=cluster)["Steps"]
    assert step["Config"]["Args"][-2:] == ["--params", HOSTILE]

    status = user.data("status")
    assert status["cluster"]["id"] == cluster
    assert [each["state"] for each in status["steps"]] == ["COMPLETED"]
    assert {node["role"] for node in status["nodes"]} == {"primary", "core", "task"}
    shown = user.ok("status")
    assert f"cluster      {cluster}, emr-7.12.0" in shown
    assert ends in shown
    assert "09:01:00 INFO pca" in user.ok("logs")
    assert "ingestion" not in user.ok("logs", "--lines", "1")

    emr = user.aws.client("emr")
    emr.set_termination_protection(JobFlowIds=[cluster], TerminationProtected=True)
    assert user.emr("terminate", answer="n\n").exit_code == 1
    assert user.up() == [cluster]
    said = user.ok("terminate", answer="y\n")
    assert f"protected against termination: {cluster}" in said
    expected = f"{plan['estimate']['dollars']:.2f} $ were expected"
    assert said.splitlines()[-1].endswith(expected)
    assert user.up() == []
    assert "costing money, of name 'fruit_features': 0" in user.ok("list")

    cost = user.data("cost")
    assert cost["cluster"] == cluster
    assert cost["estimate"] == pytest.approx(plan["estimate"]["dollars"], abs=0.005)
    # Each of three nodes was there for less than a minute, which is charged.
    assert cost["dollars"] == pytest.approx(plan["dollars_per_hour"] / 60, rel=0.5)
    assert "primary  m6i.xlarge" in user.ok("cost", cluster)


def test_what_a_step_runs_is_run_and_its_failure_shown(
    user: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
    user.create("--images", "22688")
    user.move("WAITING")

    def run() -> None:
        # Some three seconds: the program of the step, as EMR would start it.
        step = user.aws.cluster(user.aws.newest()).steps[-1]
        python = f"{PYTHON_HOME}/bin/python"
        command = [sys.executable if part == python else part for part in step.args]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        user.log("stderr", done.stderr)
        user.log("controller", f"ended with exit code {done.returncode} : hadoop jar")
        user.move_step("FAILED", "Unknown Error.")

    user.meanwhile = [run]
    done = user.emr("submit", "--params", "images=s3a://no-such-bucket/a b'", "--wait")
    assert done.exit_code == 1
    said = done.output
    assert "Error: step s-" in said
    assert "FAILED: Unknown Error." in said
    end = said.index("the end of steps/")
    assert "cannot list s3://no-such-bucket/a b': there is no such bucket" in said[end:]
    # The cluster goes on, and it says so.
    assert said.splitlines()[-1].endswith(
        "it ends by itself after 15 minutes without work"
    )


def test_exit_code_is_that_of_the_step(user: User) -> None:
    user.create("--images", "22688")
    user.move("WAITING")
    user.meanwhile = [
        lambda: user.log("controller", "Step failed with exitCode 3 and took 5 s"),
        lambda: user.move_step("FAILED"),
        lambda: user.log("stderr", "late"),
    ]
    done = user.emr("submit", "--wait")
    assert done.exit_code == 3
    assert "waiting for its log, which EMR writes every 5 minutes" in done.output
    assert "  late" in done.output


def test_a_transient_cluster_runs_and_is_gone(user: User) -> None:
    user.meanwhile = [
        lambda: user.move("RUNNING"),
        lambda: user.move_step("COMPLETED"),
        lambda: user.move("TERMINATED", "Steps completed"),
    ]
    said = user.ok("submit", "--transient", "--images", "22688", "--wait").splitlines()
    record = user.aws.cluster(user.aws.newest())
    assert not record.keep_job_flow_alive_when_no_steps
    assert record.steps[0].action_on_failure == "TERMINATE_CLUSTER"
    assert any(line.endswith("it ends by itself after its last step") for line in said)
    assert said[-1].startswith(f"{record.id} has cost ")
    assert said[-1].endswith(" $ were expected")
    assert user.up() == []


def test_code_of_a_cluster_does_not_change_under_it(user: User, tmp_path: Path) -> None:
    cluster = user.create("--images", "22688")
    user.move("WAITING")
    other = tmp_path / "other" / "fruit_features-0.1.0-py3-none-any.whl"
    other.parent.mkdir()
    other.write_bytes(b"newer code")
    user.wheel = other
    line = user.refused("submit")
    assert line.startswith(f"Error: {cluster} was made with code 0.1.0-")
    assert "`--transient` runs it on a cluster of its own" in line
    assert "step s-" in user.ok("submit", "--code-of-cluster")


def test_a_bootstrap_action_that_fails(user: User) -> None:
    why = "On the master instance (i-1), bootstrap action 1 returned a non-zero code"

    def fail() -> None:
        place = f"{LOGS}/{user.aws.newest()}/node/i-1/bootstrap-actions/1/stderr.gz"
        user.aws.write_log(place, "Could not find python3.11\n")
        user.move("TERMINATED_WITH_ERRORS", why)

    user.meanwhile = [fail]
    done = user.emr("create", "--images", "22688", "--wait")
    assert done.exit_code == 1
    assert f"TERMINATED_WITH_ERRORS: {why}" in done.output
    assert "  Could not find python3.11" in done.output
    # Nothing is up any more, and it says so.
    assert f"{user.aws.newest()} is TERMINATED_WITH_ERRORS" in done.output


def test_a_quota_that_is_reached(user: User) -> None:
    why = "The requested number of instances exceeds your EC2 quota"
    user.meanwhile = [lambda: user.move("TERMINATED_WITH_ERRORS", why)]
    line = user.refused("create", "--images", "22688", "--wait")
    assert f"a quota of the account is reached ({why}): fewer or smaller nodes" in line


def test_a_cluster_that_ends_under_a_step(user: User) -> None:
    user.create("--images", "22688")
    user.move("WAITING")
    user.meanwhile = [lambda: user.move("TERMINATED_WITH_ERRORS", "a node failed")]
    line = user.refused("submit", "--wait")
    assert line.endswith("TERMINATED_WITH_ERRORS: a node failed")


def test_a_step_that_never_began(user: User) -> None:
    user.create("--images", "22688")
    user.move("WAITING")
    user.meanwhile = [lambda: user.move_step("CANCELLED", "Cancelled by user")]
    done = user.emr("submit", "--wait")
    assert done.exit_code == 1
    assert "CANCELLED: Cancelled by user" in done.output
    assert "waiting for its log" not in done.output
    assert done.output.splitlines()[-1].startswith(f"{user.aws.newest()} is up and ")


def test_a_transient_cluster_that_does_not_come_up(user: User) -> None:
    def fail() -> None:
        user.move_step("CANCELLED")
        user.move("TERMINATED_WITH_ERRORS", "Your subnet has no free addresses.")

    user.meanwhile = [fail]
    words = ("submit", "--transient", "--images", "22688", "--wait")
    assert user.refused(*words).endswith("Your subnet has no free addresses")


def test_nothing_is_given_to_a_cluster_that_has_ended(user: User) -> None:
    cluster = user.create("--images", "22688")
    user.move("TERMINATED")
    line = user.refused("submit", "--cluster", cluster)
    assert line.endswith("is TERMINATED: `kedro emr create` makes another")


def test_broken_off_while_waiting(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "sleep", interrupt)
    done = user.emr("create", "--images", "22688", "--wait")
    (cluster,) = user.up()
    assert done.exit_code == 130
    last = done.output.splitlines()[-1]
    assert last.startswith(f"{cluster} is up and costs 2.")
    assert last.endswith(f"; `kedro emr terminate {cluster}` ends it now")


def test_broken_off_and_ended(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "sleep", interrupt)
    monkeypatch.setattr(watching, "can_ask", lambda: True)
    done = user.emr("create", "--images", "22688", "--wait", answer="y\n")
    assert done.exit_code == 130
    assert "end it now, with all it does? [y/N]: y" in done.output
    assert user.up() == []


def test_bucket_says_what_differs_and_mends_it(user: User) -> None:
    client = user.aws.client("s3")
    client.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    )
    done = user.emr("bucket")
    assert done.exit_code == 1
    assert "differs  versioning     Suspended" in done.output
    # The policy is away, see the fixture.
    assert "differs: TLS, versioning; `kedro emr bucket --fix` mends it" in done.output
    checks = user.data("bucket", "--fix")["checks"]
    assert all(check["fits"] for check in checks)
    client.delete_bucket_policy(Bucket=BUCKET)


def test_ui_shows_both_kinds_of_pages(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.create("--images", "22688")
    # moto knows no such pages; tests/kedro_emr/test_ui.py has AWS's answers.
    kept = {"Spark history": "https://p-1.example/shs"}
    monkeypatch.setattr("kedro_emr.commands.pages.kept_pages", lambda *_: kept)
    said = user.ok("ui")
    assert "Spark history  https://p-1.example/shs" in said
    assert "aws ssm start-session --region eu-west-1 --target i-" in said
    assert "JupyterHub     https://localhost:9443" in said
    assert user.data("ui")["kept"] == kept

    def refuse(*_: object) -> None:
        raise AwsError("cannot open the pages: access denied")

    monkeypatch.setattr("kedro_emr.commands.pages.kept_pages", refuse)
    said = user.ok("ui")
    assert "https://localhost:9443" in said
    assert said.splitlines()[-1] == "cannot open the pages: access denied"
    user.move("TERMINATED")
    assert user.refused("ui") == "Error: cannot open the pages: access denied"


def test_several_clusters(user: User) -> None:
    two = [user.create("--images", "3000") for _ in range(2)]
    line = user.refused("status")
    assert line.startswith("Error: 2 clusters are up, name one: ")
    assert all(cluster in line for cluster in two)
    assert user.data("status", two[0])["cluster"]["id"] == two[0]
    user.ok("terminate", "--all", "--yes")
    assert user.up() == []
    assert "nothing is up" in user.ok("terminate", "--all")


def test_clusters_of_months_ago(user: User) -> None:
    user.aws.forget_clusters()
    now = dt.datetime.now(dt.timezone.utc)
    long_ago = now - dt.timedelta(days=50)
    first = (now.replace(day=1) + dt.timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    two_days = dt.timedelta(days=2)
    up, ended, over = (user.create("--images", "3000") for _ in range(3))
    user.aws.date(up, long_ago)
    user.aws.date(ended, long_ago - two_days, first + two_days)
    user.aws.date(over, long_ago - two_days, long_ago)

    listed = user.data("list")
    assert [each["cluster"]["id"] for each in listed] == [up, ended]
    hour = user.data("plan", "--images", "3000")["dollars_per_hour"]
    assert listed[0]["dollars"] == pytest.approx(50 * 24 * hour, rel=0.001)
    assert "costing money, of name 'fruit_features': 1" in user.ok("list")
    assert user.data("cost")["cluster"] == up
    # Each counts from the first of the month on: the one ten days, the other two.
    spent = spent_this_month(
        user.aws.client("emr"),
        settings(),
        table_prices("eu-west-1"),
        first + dt.timedelta(days=10),
    )
    assert spent == pytest.approx(12 * 24 * hour, rel=0.001)
    user.ok("terminate", up, "--yes")
    user.aws.date(up, long_ago, now - dt.timedelta(days=49))
    # The last is the last that was created, whenever that was.
    assert user.data("cost")["cluster"] == up


def test_clusters_of_others_are_none_of_ours(user: User, aws: MotoEmr) -> None:
    user.aws.forget_clusters()
    groups = [
        {
            "InstanceRole": "MASTER",
            "InstanceType": "m5.xlarge",
            "InstanceCount": 1,
        }
    ]
    for name in ("fruit_features", "other"):
        aws.client("emr").run_job_flow(
            Name=name,
            Instances={"InstanceGroups": groups, "KeepJobFlowAliveWhenNoSteps": True},
        )
    assert user.data("list") == []
    assert "nothing is up" in user.ok("terminate", "--all", "--yes")
    assert len(user.up()) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["status"], "no cluster 'fruit_features' is up in eu-west-1: `kedro emr cr"),
        (["status", "j-1"], "cannot look at cluster 'j-1' in eu-west-1: no such clus"),
        (["submit"], "no cluster 'fruit_features' is up in eu-west-1: `kedro emr cr"),
        (
            ["submit", "--params", "reduction.componentz=5"],
            "unknown parameter 'reducti",
        ),
        (
            ["create", "--allow", "long-idel"],
            "--allow long-idel: no guardrail that can",
        ),
        (
            ["create", "--images", "50000000", "--deadline", "0.1"],
            "deadline=0.1 hours: 50,000,000 images take",
        ),
    ],
)
def test_mistakes_are_one_line(user: User, words: list[str], message: str) -> None:
    user.aws.forget_clusters()
    assert user.refused(*words).startswith(f"Error: {message}")
    assert user.up() == []


@pytest.mark.parametrize("verb", ["list", "status", "cost", "logs", "terminate", "ui"])
def test_no_credentials(
    user: User, verb: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.delenv(name)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
        patch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
        session.cache_clear()
        line = user.refused(verb)
    session.cache_clear()
    assert line.startswith("Error: cannot list the clusters in eu-west-1: no credenti")


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_examples(user: User, verb: str) -> None:
    text = user.ok(verb, "--help")
    assert f"  kedro emr {verb}" in text[text.index("Examples:") :]
