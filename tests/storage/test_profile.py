"""Keys that only a profile of AWS's files has, as Java gets them."""

import configparser
import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from kedro.config import OmegaConfigLoader
from pyspark.sql import SparkSession

from fruit_features.hooks.spark import SparkHooks
from fruit_features.settings import CONFIG_LOADER_ARGS
from fruit_features.storage.profile import JAVA_PROFILES, hand_to_java, of_profile
from tests.conftest import jars_for_s3

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

# What neither Java nor its home knows of.
CONFIG = """\
[profile own]
region = eu-west-3
aws_access_key_id = OWN
aws_secret_access_key = throwaway
aws_session_token = for-an-hour
"""


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    # Undone afterwards, whatever a test sets.
    monkeypatch.setenv(JAVA_PROFILES, "")
    monkeypatch.delenv(JAVA_PROFILES)
    file = tmp_path / "config"
    file.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_PROFILE", "own")
    return file


def handed() -> str | None:
    hand_to_java()
    return os.environ.get(JAVA_PROFILES)


@pytest.mark.skipif(not jars_for_s3(), reason="no Maven to fetch Amazon's SDK by")
@pytest.mark.parametrize("token", ["for-an-hour", None])
def test_java_gets_the_keys_that_python_has(
    config: Path, spark: SparkSession, token: str | None
) -> None:
    if token is None:
        config.write_text(CONFIG.rsplit("aws_session_token", 1)[0])
    file = Path(handed() or "")
    # This Java was started before, and would have inherited these.
    names = ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    known = " ".join(f"{name}={os.environ[name]}" for name in names)
    file.write_text(file.read_text().replace(" = ", f" = env {known} "))
    java = spark._jvm.com.amazonaws.auth.profile
    keys = java.ProfileCredentialsProvider(str(file), "own").getCredentials()
    assert keys.getAWSAccessKeyId() == "OWN"
    assert keys.getAWSSecretKey() == "throwaway"
    assert token is None or keys.getSessionToken() == token


def test_no_key_is_in_the_file(config: Path) -> None:
    text = Path(handed() or "").read_text()
    assert "own" in text
    assert not {"OWN", "throwaway", "for-an-hour"} & set(text.split())


def test_a_time_is_told_so_that_java_asks_again(config: Path) -> None:
    program = config.with_name("program")
    until = "2099-01-01T00:00:00Z"
    said = {"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S"}
    program.write_text(json.dumps({**said, "SessionToken": "T", "Expiration": until}))
    config.write_text(f"[profile own]\ncredential_process = cat {program}\n")
    read = configparser.RawConfigParser()
    read.read(handed() or "")
    command = read["own"]["credential_process"]
    told = subprocess.run(command, shell=True, check=True, capture_output=True)
    assert json.loads(told.stdout)["Expiration"] == until


def test_without_keys_one_line_says_so(config: Path) -> None:
    config.write_text("[profile own]\nregion = eu-west-3\n")
    read = configparser.RawConfigParser()
    read.read(handed() or "")
    command = read["own"]["credential_process"]
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("no credentials")


@pytest.mark.parametrize(
    "given",
    [
        {"AWS_ACCESS_KEY_ID": "of the environment"},
        {"AWS_PROFILE": "nobody"},
        {"AWS_CONFIG_FILE": __file__},
        {JAVA_PROFILES: "the user's own"},
    ],
)
def test_java_is_left_alone(
    config: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert handed() == given.get(JAVA_PROFILES)


@pytest.mark.parametrize(
    ("env", "given", "expected"),
    [
        ("emr", {}, True),
        ("emr", {"SPARK_HOME": "/usr/lib/spark"}, False),
        ("", {}, False),
    ],
)
def test_only_pips_spark_on_s3_is_told(
    config: Path, project: Path, env: str, given: dict[str, str], expected: bool
) -> None:
    names = {"FRUIT_FEATURES_BUCKET": "b", "FRUIT_FEATURES_MASTER": "local[*]"}
    # The hook sets variables: they are put back.
    with patch.dict(os.environ, {**names, **given}):
        loader = OmegaConfigLoader(str(project / "conf"), env=env, **CONFIG_LOADER_ARGS)
        SparkHooks().after_context_created(
            SimpleNamespace(config_loader=loader, project_path=project)
        )
        assert (JAVA_PROFILES in os.environ) is expected
        assert "throwaway" not in os.environ["PYSPARK_SUBMIT_ARGS"]


def test_a_profile_that_is_not_there_says_nothing(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert of_profile("region") == "eu-west-3"
    assert of_profile("endpoint_url") is None
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert of_profile("region") is None
