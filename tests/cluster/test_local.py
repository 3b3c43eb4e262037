from pathlib import Path

import pytest

from cluster import LocalClusterError, s3
from cluster.local import LocalCluster


@pytest.fixture
def cluster(tmp_path: Path) -> LocalCluster:
    return LocalCluster(tmp_path / ".cluster")


def test_nothing_is_up_and_down_is_no_error(cluster: LocalCluster) -> None:
    assert not cluster.is_up()
    assert cluster.down() == 0
    with pytest.raises(LocalClusterError, match="no cluster is up: make cluster-up"):
        cluster.upload(Path("photos"))


def test_what_a_killed_start_left_is_named_and_taken_away(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    (tmp_path / ".cluster" / "work").mkdir(parents=True)
    with pytest.raises(LocalClusterError, match="parts of a cluster are left"):
        cluster.is_up()
    assert cluster.down() == 0
    assert not cluster.is_up()


def test_start_that_fails_leaves_nothing(
    cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LocalClusterError("no room")

    monkeypatch.setattr("cluster.jars._jars", lambda _: [])
    monkeypatch.setattr("cluster.yarn.write_configuration", fail)
    with pytest.raises(LocalClusterError, match="no room"):
        cluster.up()
    # The S3 server was started before: by its place, it would be found.
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing", "no folder '.*missing': give IMAGES="), ("empty", "no file in ")],
)
def test_folder_without_images_is_refused(
    tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(LocalClusterError, match=message):
        s3.upload(None, tmp_path / name, s3.Place("bucket", "prefix/"))


def test_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    Path(bytes(tmp_path).decode() + "/\udcff.jpg").write_bytes(b"")
    with pytest.raises(LocalClusterError, match="is not UTF-8.*rename the file"):
        s3.upload(None, tmp_path, s3.Place("bucket", "prefix/"))


def test_link_back_is_followed_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.jpg").write_bytes(b"")
    (tmp_path / "a" / "back").symlink_to(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "linked").symlink_to(tmp_path / "a")
    found = list(s3._files(tmp_path))
    assert [path.name for path in found] == ["1.jpg"]


def test_file_that_cannot_be_read_ends_the_upload(tmp_path: Path) -> None:
    class FullDisk:
        def put_object(self, **_: object) -> None:
            raise OSError("No space left on device")

    (tmp_path / "1.jpg").write_bytes(b"")
    with pytest.raises(LocalClusterError, match="upload failed: No space left"):
        s3.upload(FullDisk(), tmp_path, s3.Place("bucket", "prefix/"))
