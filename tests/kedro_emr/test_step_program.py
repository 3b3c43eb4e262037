"""What a step runs; that it runs pipelines, ``tests/integration`` shows on YARN."""

import tarfile
from pathlib import Path

import pytest

from kedro_emr import step_program
from kedro_emr.step_program import PLACES, environment, main
from tests.kedro_emr.moto_emr import MotoEmr


@pytest.fixture
def archive(in_account: MotoEmr, project: Path, tmp_path: Path) -> str:
    """The project's configuration on S3."""
    packed = tmp_path / "conf.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(project / "conf", "conf")
    client = in_account.client("s3")
    where = {"LocationConstraint": "eu-west-1"}
    in_account.forget()
    client.create_bucket(Bucket="code", CreateBucketConfiguration=where)
    client.upload_file(str(packed), "code", "conf.tar.gz")
    return "s3://code/conf.tar.gz"


def test_run_finds_its_configuration_far_from_the_project(
    archive: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
) -> None:
    # Some three seconds: a Python with Kedro.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRUIT_FEATURES_BUCKET", "code")
    odd = 'images=s3a://no such bucket/\'; rm -rf "$HOME"/*'
    assert main(["fruit_features", archive, "--env", "emr", "--params", odd]) == 1
    said = capfd.readouterr().err
    # It got as far as the images, by the catalog of the archive and the very address.
    assert 'Error: cannot list s3://no such bucket/\'; rm -rf "$HOME"/*' in said
    assert list(tmp_path.iterdir()) == [tmp_path / "conf.tar.gz"]


def test_exit_code_is_the_runs(archive: str) -> None:
    assert main(["fruit_features", archive, "--no-such-option"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "usage: step_program <package> <archive> [arguments]"),
        (
            ["some", "conf.tar.gz"],
            1,
            "Error: 'conf.tar.gz': expected an address on S3, s3://",
        ),
        (["some", "s3://code/none"], 1, "Error: cannot read s3://code/none: "),
    ],
)
def test_what_cannot_be_read_is_one_line(
    archive: str,
    arguments: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture,
) -> None:
    assert main(arguments) == code
    said = capsys.readouterr().err
    assert said.startswith(message)
    assert said.count("\n") == 1


def test_spark_and_hadoop_are_found_where_emr_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"SPARK_HOME": str(tmp_path), "HADOOP_CONF_DIR": str(tmp_path / "none")}
    monkeypatch.setattr(step_program, "PLACES", places)
    assert environment({"A": "b"}) == {"SPARK_HOME": str(tmp_path), "A": "b"}
    assert environment({"SPARK_HOME": "own"}) == {"SPARK_HOME": "own"}
    assert set(PLACES) == set(places)
