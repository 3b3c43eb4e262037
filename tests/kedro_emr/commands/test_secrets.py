"""Nothing that is printed, logged, uploaded or tagged holds what lets anybody in."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from fruit_features.cli import cli
from kedro_emr.commands import VERBS
from kedro_emr.s3 import gunzip
from tests.kedro_emr.commands.conftest import BUCKET, User
from tests.s3_server import REGION, every_version

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

SECRETS = {
    "AWS_ACCESS_KEY_ID": "PLANTEDKEYID",
    "AWS_SECRET_ACCESS_KEY": "planted/secret+key",  # pragma: allowlist secret
    "AWS_SESSION_TOKEN": "plantedToken/with+and==",
}
PRESIGNED = (
    f"https://{BUCKET}.s3.example/k?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    f"&X-Amz-Credential=PLANTEDKEYID%2F{REGION}&X-Amz-Security-Token=planted%2Ftoken"
    "&X-Amz-Signature=plantedsignature"
)
COMMANDS = [
    *(["emr", verb] for verb in VERBS),
    ["run", "--env", "emr"],
    ["erase", "--env", "emr", "--label", "a", "--yes"],
]
WITH_A_WHEEL = ("create", "submit")
# Nothing but the head of an answer, which quotes nothing, is asked for.
UNQUOTED = "bucket"


class Quoting(BaseHTTPRequestHandler):
    """Refuses everything, and quotes what was signed, as AWS does."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        quoted = " ".join(f"{n.lower()}:{text}" for n, text in self.headers.items())
        why = f"The Canonical String should have been {quoted} for {PRESIGNED}"
        service = self.headers["Authorization"].split("/")[3]
        body = json.dumps({"__type": "Odd", "message": why})
        if service in ("s3", "iam", "ec2", "cloudformation"):
            why = why.replace("&", "&amp;")
            error = f"<Error><Code>Odd</Code><Message>{why}</Message></Error>"
            body = f"<ErrorResponse>{error}</ErrorResponse>"
            if service in ("s3", "ec2"):
                ec2 = f"<Response><Errors>{error}</Errors></Response>"
                body = error if service == "s3" else ec2
        self.send_response(400)
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Quoting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        yield f"http://somebody:plantedpassword@{host}"  # pragma: allowlist secret
        server.shutdown()


@pytest.fixture
def planted(user: User, monkeypatch: pytest.MonkeyPatch) -> User:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return user


def secrets_in(text: str) -> list[str]:
    marks = (*SECRETS.values(), "planted", "Signature=a", "Signature=0")
    return [mark for mark in marks if mark.lower() in text.lower()]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_aws_refuses_is_told_without(
    planted: User,
    refusing: str,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", refusing)
    monkeypatch.delenv("AWS_ENDPOINT_URL_PRICING")
    if words[-1] in WITH_A_WHEEL:
        words = [*words, "--wheel", str(planted.wheel)]
    done = CliRunner().invoke(cli, words)
    said = "".join([done.output, *capfd.readouterr(), caplog.text])
    assert "Traceback" not in said
    assert ("Canonical String" in said) == (words[-1] != UNQUOTED), said
    assert secrets_in(said) == []


def test_a_clusters_life_leaves_none(planted: User, bucket: str) -> None:
    cluster = planted.create("--images", "22688")
    planted.move("WAITING", f"cannot read {PRESIGNED}")
    said = [planted.ok("submit", "--params", "images=s3a://b/a")]
    planted.log("stderr", f"07:00 reading {PRESIGNED}\nx-amz-security-token:planted\n")
    planted.move_step("FAILED", f"cannot read {PRESIGNED}")
    verbs = (("status",), ("status", "--json"), ("logs",), ("cost",), ("list",))
    said += [planted.ok(*words) for words in verbs]
    said.append(planted.ok("terminate", "--yes"))
    assert "07:00 reading https://" in said[3]
    emr, s3 = planted.aws.client("emr"), planted.aws.client("s3")
    described = emr.describe_cluster(ClusterId=cluster)["Cluster"]
    # What moto keeps as EMR's own words is a test's.
    described["Status"].pop("StateChangeReason")
    ordered = [each["Config"] for each in emr.list_steps(ClusterId=cluster)["Steps"]]
    uploaded = every_version(s3, bucket)
    assert any("/code/conf/" in name for name in uploaded)
    written = [
        gunzip(content).decode(errors="replace")
        for name, content in uploaded.items()
        if "/logs/" not in name
    ]
    for text in [*said, *written, str(described), str(ordered)]:
        assert secrets_in(text) == []
