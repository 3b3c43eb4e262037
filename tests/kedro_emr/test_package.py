"""What is uploaded: whole, without keys, and never in the place of something else."""

import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from kedro_emr.errors import AwsError, PackageError
from kedro_emr.package import (
    BOOTSTRAP,
    Package,
    build_package,
    upload_package,
)
from kedro_emr.s3 import Place
from tests.kedro_emr.moto_emr import KEY, MotoEmr

WHEEL = "fruit_features-0.1.0-py3-none-any.whl"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project by its configuration, its pins and a wheel that is built already."""
    project = tmp_path / "project"
    files = {
        "conf/base/catalog.yml": "a: 1",
        "conf/emr/cluster.yml": "b: 2",
        "conf/local/credentials.yml": "secret",
        "conf/emr/credentials.yml": "secret",
        "conf/emr/.hidden": "x",
        "conf/base/localities.yml": "c: 3",
        "requirements.lock": "uv==1",
        WHEEL: "code",
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    return project


def built(project: Path, folder: Path) -> Package:
    folder.mkdir()
    return build_package(project, folder, project / WHEEL)


def test_wheel_of_this_project_holds_all_that_a_node_needs(
    project: Path, tmp_path: Path
) -> None:
    # Some four seconds: setuptools at work, twice.
    package = build_package(project, tmp_path)
    with zipfile.ZipFile(package.wheel) as wheel:
        names = set(wheel.namelist())
    assert {
        "kedro_emr/bootstrap.sh",
        "kedro_emr/prices.json",
        "kedro_emr/step_program.py",
        "fruit_features/workers/udf.py",
    } <= names
    assert any(name.startswith("fruit_features/weights/") for name in names)
    assert package.lock == project / "requirements.lock"
    assert package.bootstrap == BOOTSTRAP
    # Built again, say by somebody else, it is the same: nothing is uploaded twice.
    again = tmp_path / "again"
    again.mkdir()
    assert build_package(project, again).wheel.read_bytes() == (
        package.wheel.read_bytes()
    )


def test_configuration_holds_no_key_and_nobodys_own_settings(
    small: Path, tmp_path: Path
) -> None:
    with tarfile.open(built(small, tmp_path / "built").conf) as archive:
        files = {entry.name for entry in archive if entry.isfile()}
    assert files == {
        "conf/base/catalog.yml",
        "conf/base/localities.yml",
        "conf/emr/cluster.yml",
    }


def test_same_files_are_the_same_package_and_others_are_not(
    small: Path, tmp_path: Path
) -> None:
    first = built(small, tmp_path / "first")
    other = tmp_path / "other"
    shutil.copytree(small, other)
    assert first.conf.read_bytes() == built(other, tmp_path / "2").conf.read_bytes()
    code = first.code
    assert built(other, tmp_path / "3").code == code
    (other / WHEEL).write_text("other code")
    assert built(other, tmp_path / "4").code != code
    # What one file loses the next one gains.
    (other / WHEEL).write_text("codeu")
    (other / "requirements.lock").write_text("v==1")
    assert built(other, tmp_path / "5").code != code


def test_upload_is_encrypted_and_takes_the_place_of_nothing(
    small: Path, tmp_path: Path, in_account: MotoEmr
) -> None:
    client = in_account.client("s3")
    where = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket="code", CreateBucketConfiguration=where)
    place = Place("code", "some/prefix")
    package = built(small, tmp_path / "first")
    uploaded = upload_package(package, place, client, KEY)
    code = f"s3://code/some/prefix/code/{package.code}"
    assert uploaded.artefacts == (
        f"{code}/bootstrap.sh",
        f"{code}/requirements.lock",
        f"{code}/{WHEEL}",
    )
    objects = client.list_objects_v2(Bucket="code")["Contents"]
    assert len(objects) == 4
    for each in objects:
        head = client.head_object(Bucket="code", Key=each["Key"])
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KEY)

    (small / "conf/base/catalog.yml").write_text("a: 2")
    (small / WHEEL).write_text("newer code")
    newer = upload_package(built(small, tmp_path / "second"), place, client)
    assert newer.conf != uploaded.conf
    assert newer.artefacts.wheel != uploaded.artefacts.wheel
    kept = client.get_object(Bucket="code", Key=uploaded.artefacts.wheel[10:])
    assert kept["Body"].read() == b"code"
    head = client.head_object(Bucket="code", Key=newer.artefacts.wheel[10:])
    assert head["ServerSideEncryption"] == "AES256"

    written = {each["Key"]: each["LastModified"] for each in objects}
    upload_package(package, place, client)
    again = client.list_objects_v2(Bucket="code")["Contents"]
    assert written.items() <= {e["Key"]: e["LastModified"] for e in again}.items()


def test_no_bucket(small: Path, tmp_path: Path, in_account: MotoEmr) -> None:
    client = in_account.client("s3")
    with pytest.raises(
        AwsError, match="cannot upload to s3://nowhere/.*no such bucket"
    ):
        upload_package(built(small, tmp_path / "a"), Place("nowhere", "p"), client)


@pytest.mark.parametrize(
    ("take", "message"),
    [
        ("conf", "no 'conf' in .*: run this in the project"),
        ("requirements.lock", "no 'requirements.lock' in .*: run this in the project"),
    ],
)
def test_what_is_no_project_is_refused(
    small: Path, tmp_path: Path, take: str, message: str
) -> None:
    (small / take).rename(tmp_path / "taken")
    with pytest.raises(PackageError, match=message):
        build_package(small, tmp_path)


def test_what_cannot_be_built_says_why(small: Path, tmp_path: Path) -> None:
    (small / "pyproject.toml").write_text("[build-system]\nrequires = ['nothing']")
    with pytest.raises(PackageError, match="cannot be built: .*not installed; `kedro"):
        build_package(small, tmp_path)
    with pytest.raises(PackageError, match="is no wheel: expected a file that ends in"):
        build_package(small, tmp_path, small / "requirements.lock")
