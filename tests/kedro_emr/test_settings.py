"""cluster.yml, as it is and as people mistype it."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from fruit_features.exceptions import SettingError
from fruit_features.resolvers import SETTINGS
from kedro_emr.errors import SettingsError
from kedro_emr.loading import load_settings, read_settings
from kedro_emr.s3 import Place
from tests.kedro_emr.settings_examples import RETENTION, given, settings

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SETTINGS, "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def test_projects_file_is_read_without_a_bucket(project: Path) -> None:
    read = read_settings(project)
    assert read.region == "eu-west-1"
    assert read.idle_seconds == 900
    assert (read.core.role, read.core.market, read.task.market) == (
        "core",
        "on_demand",
        "spot",
    )
    assert read.retention.days() == {"images": 90, "features": 365, "logs": 30}
    assert read.storage.bucket is read.network.subnet is read.tags.owner is None
    assert read.place == Place("<FRUIT_FEATURES_BUCKET>", "fruit_features")
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.region = "eu-west-3"  # type: ignore[misc]


def test_environment_says_what_only_users_know(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    monkeypatch.setenv("FRUIT_FEATURES_BUCKET", "fruit-photos")
    monkeypatch.setenv("FRUIT_FEATURES_PREFIX", "a/b/")
    monkeypatch.setenv("FRUIT_FEATURES_OWNER", "ann")
    read = read_settings(project)
    assert (read.region, read.tags.owner) == ("eu-west-3", "ann")
    assert read.place == Place("fruit-photos", "a/b")


def test_environment_without_a_cluster(project: Path) -> None:
    message = "no cluster in environment 'local': expected '.*conf/local/cluster.yml'"
    with pytest.raises(SettingsError, match=message):
        read_settings(project, "local")


def test_file_that_asks_for_what_is_no_setting(tmp_path: Path) -> None:
    for env in ("base", "emr"):
        (tmp_path / "conf" / env).mkdir(parents=True)
    text = "region: ${setting:HOME}"
    (tmp_path / "conf" / "emr" / "cluster.yml").write_text(text)
    with pytest.raises(SettingError, match="no setting; there are: FRUIT_FEATURES_"):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"regoin": "eu-west-1"}, "cluster.regoin: no such setting; did you mean regi"),
        ({"core__typ": "x"}, "cluster.core.typ: no such setting; there are: instance_"),
        ({"core__count": 0}, "cluster.core.count=0: expected a whole number, at least"),
        ({"core__count": "2"}, "cluster.core.count='2': expected a whole number"),
        ({"core__instance_type": None}, "core.instance_type=None: expected text"),
        (
            {"core__market": "spott"},
            "core.market='spott': expected 'on_demand' or 'sp",
        ),
        ({"primary__count": 2}, "primary.count=2: expected 1 or 3"),
        (
            {"task__volume_gb": 5},
            "task.volume_gb=5: expected at least 10",
        ),
        ({"idle_seconds": 59}, "idle_seconds=59: expected at least 60"),
        ({"idle_seconds": 604801}, "idle_seconds=604801: expected at most 604800"),
        ({"idle_seconds": 90.5}, "idle_seconds=90.5: expected a whole number"),
        ({"release": "7.12.0"}, "release='7.12.0': expected a release of EMR, such as"),
        ({"region": "Ireland"}, "region='Ireland': expected a region, such as eu-west"),
        ({"applications": "Spark"}, "applications='Spark': expected a list"),
        (
            {"applications": ["Hue"]},
            "applications.0='Hue': expected 'Spark', 'Hadoop'",
        ),
        (
            {"network__security_groups": "sg-0a1"},
            "network.security_groups='sg-0a1': expected three security groups, such as",
        ),
        ({"core": None}, "cluster.core=None: expected a group of settings"),
        ({"storage__bucket": "Fruit_"}, "bucket='Fruit_': expected a bucket's name: 3"),
        (
            {"storage__prefix": ""},
            "storage.prefix=None: expected text",
        ),
        ({"network__subnet": "default"}, "subnet='default': expected a subnet's id"),
        ({"network__ssh_from": "home"}, "ssh_from='home': expected a range of addre"),
        ({"encryption__kms_key": "alias/x"}, "kms_key='alias/x': expected a key's ARN"),
        ({"roles__service": "a b"}, "roles.service='a b': expected the name of a role"),
        ({"tags__owner": "ann;bob"}, "tags.owner='ann;bob': expected at most 256 lett"),
        ({"budget__per_run": -1}, "budget.per_run=-1: expected at least 0"),
        (
            {"pace__vcpu_share": 0},
            "pace.vcpu_share=0: expected at least 0.01",
        ),
        ({"scaling__maximum": 0}, "scaling.maximum=0: expected a whole number, at lea"),
        (
            {"scaling__minimum": 3},
            "core.count + cluster.task.count=2: expected 3 to 8",
        ),
        (
            {"core__count": 2},
            "scaling.maximum_core=1: expected a whole number, at least",
        ),
    ],
)
def test_mistakes_are_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(given(**changes), RETENTION)
    assert message in str(raised.value)
    assert str(raised.value).startswith("cluster.")


def test_missing_setting_is_named() -> None:
    mapping = given()
    del mapping["core"]["count"]
    with pytest.raises(SettingsError, match=r"^cluster.core.count is missing in conf"):
        load_settings(mapping, RETENTION)


def test_groups_are_those_with_nodes() -> None:
    assert [g.role for g in settings().groups] == ["primary", "core", "task"]
    assert [g.role for g in settings(task__count=0).groups] == ["primary", "core"]


def test_roles_may_be_named_with_path_or_arn() -> None:
    arn = "arn:aws:iam::000000000000:role/fruit/emr"
    found = settings(roles__service=arn, roles__instance_profile="/fruit/nodes")
    assert found.roles.bare_names == ("emr", "nodes")
