"""What may go because images are gone, and what may not."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import AbstractDataset

from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.exceptions import ImageFolderError
from fruit_features.pipelines.ingestion.nodes import list_images
from fruit_features.pipelines.ingestion.parameters import IngestionParameters
from fruit_features.privacy.erasure_list import ErasureList
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.tables import COLUMNS

NOW = dt.datetime.now(dt.timezone.utc)
NEXT_STEP = (
    r"give these images a folder of results of their own, by make run DATA=<folder> .*"
    r"--params ingestion\.accept_missing=true$"
)


def listing(
    names: str = "abcdefghij", folder: str = "/images", age: float = 100
) -> pd.DataFrame:
    """A folder of images, each of a length of its own."""
    time = NOW - dt.timedelta(days=age)
    rows = [(f"x/{n}", f"{folder}/x/{n}", "x", ord(n), time) for n in names]
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        {"modification_time": "datetime64[us, UTC]"}
    )


def listed(
    found: pd.DataFrame,
    before: pd.DataFrame | None,
    *,
    expired: pd.DataFrame | None = None,
    erased: str = "",
    days: int | None = None,
    features: Callable[[], Any] = lambda: {"part": pytest.fail},
    **parameters: Any,
) -> pd.DataFrame:
    erasures = ErasureList()
    erasures.add(f"x/{name}" for name in erased)
    given = {"limit": None, "accept_missing": False, **parameters}
    ingestion = IngestionParameters(
        max_bytes=1, images_per_file=1, fewest_images_per_file=1, **given
    )
    return list_images(
        found,
        erasures.stored,
        lambda: before,
        lambda: expired,
        features,
        ingestion,
        RetentionParameters(images_days=days),
    )["listing"]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"found": listing("abcdefgh")}, id="a fifth"),
        pytest.param({"found": listing("abc"), "days": 90}, id="expired"),
        pytest.param({"found": listing("ab"), "erased": "cdefghij"}, id="erased"),
        pytest.param(
            {"found": listing().replace({r"\bx/": "y/"}, regex=True)},
            id="renamed",
        ),
        pytest.param({"found": listing("a"), "before": None}, id="first run"),
        pytest.param(
            {"found": listing("a"), "before": listing("")}, id="all erased before"
        ),
        pytest.param(
            {"found": listing("a"), "features": lambda: None}, id="killed before any"
        ),
        pytest.param({"found": listing("abcdefghijklmn"), "limit": 2}, id="limit"),
        pytest.param({"found": listing("ab"), "accept_missing": True}, id="accepted"),
        pytest.param(
            {"found": listing(folder="/else"), "accept_missing": True},
            id="another folder, accepted",
        ),
    ],
)
def test_what_may_go(changed: dict[str, Any]) -> None:
    given = {"before": listing(), **changed}
    if given["before"] is None:
        given = {"features": lambda: None, **given}
    erased = {f"x/{name}" for name in given.get("erased", "")}
    expected = set(given["found"]["image_key"]) - erased
    assert set(listed(**given)["image_key"]) == expected


@pytest.mark.parametrize(
    ("changed", "gone", "known"),
    [
        pytest.param({"found": listing("abcdefg")}, 3, 10, id="more than a fifth"),
        pytest.param({"found": listing("a"), "days": 101}, 9, 10, id="too young"),
        pytest.param(
            {
                "found": listing("abc"),
                "before": pd.concat([listing("abcde", age=1), listing("fghij")]),
                "days": 90,
            },
            *(2, 5),
            id="of those that have not expired",
        ),
        pytest.param(
            {"found": listing("abc"), "before": listing("abc"), "expired": listing()},
            *(7, 10),
            id="had expired by other days",
        ),
        pytest.param(
            {"found": listing("abcdefg"), "limit": 1}, 3, 10, id="whatever the limit"
        ),
        pytest.param(
            {"found": listing("abcdefgk"), "before": listing("abcdefghijmno")},
            *(6, 13),
            id="new ones do not make up for it",
        ),
    ],
)
def test_too_many_that_are_gone_are_refused(
    changed: dict[str, Any], gone: int, known: int
) -> None:
    message = (
        rf"^{gone} of {known} images of earlier runs are gone from '/images', such "
        rf"as 'x/[a-j]': their features would be deleted; make .* whole.*{NEXT_STEP}"
    )
    with pytest.raises(ImageFolderError, match=message):
        listed(**{"before": listing(), **changed})


def stored_features(folder: Path) -> Callable[[], Any]:
    columns = ["image_key", "path", "length", "modification_time"]
    inner = {
        "type": "pandas.ParquetDataset",
        "load_args": {"columns": columns, "coerce_int96_timestamp_unit": "us"},
    }
    declared = {
        "type": "fruit_features.datasets.lazy_dataset.LazyDataset",
        "dataset": {
            "type": "partitions.PartitionedDataset",
            "path": str(folder),
            "dataset": inner,
            "filename_suffix": ".parquet",
        },
    }
    return AbstractDataset.from_config("stored_features", declared).load()


def test_another_folder_is_refused_and_features_alone_tell_it(tmp_path: Path) -> None:
    message = (
        "^the 10 images of earlier runs lay in '/else', these lie in '/images': the "
        f"features of the former would be deleted; {NEXT_STEP}"
    )
    other = listing(folder="/else")
    with pytest.raises(ImageFolderError, match=message):
        listed(listing(), other)

    # As Spark writes them; all else may have been deleted.
    for name in ("backbone_id=b", "backbone_id=b/_kept-1", "_temporary/0"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "torn.parquet.crc").touch()
    (tmp_path / "_temporary/0/torn.parquet").touch()
    options: dict[str, Any] = {"use_deprecated_int96_timestamps": True}
    for name in ("1", "_kept-1/2"):
        other.to_parquet(tmp_path / f"backbone_id=b/{name}.parquet", **options)
    features = stored_features(tmp_path)
    with pytest.raises(ImageFolderError, match=message):
        listed(listing(), None, features=features)
    assert len(listed(listing(folder="/else"), None, features=features)) == 10
    with pytest.raises(ImageFolderError, match="^9 of 10 images"):
        listed(listing("a", folder="/else"), None, features=features)


def test_another_spelling_is_the_same_folder_with_the_paths_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("real/x", "other/x"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "1.jpg").write_bytes(b"1")
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "other")

    def load(folder: str) -> pd.DataFrame:
        return ImageFolderDataset(filepath=folder).load()

    first = load(str(tmp_path / "real"))
    for spelling in (
        "../link",
        f"{tmp_path}/link/",
        f"{tmp_path}/link/x/..",
        "../real",
    ):
        assert load(spelling).equals(first)
    # An earlier version kept the spelling; rows of its tables hold still.
    old = first.assign(path=f"{tmp_path}/link/x/1.jpg")
    pd.testing.assert_frame_equal(listed(first, old).drop(columns="selected"), old)
    # The same name leads elsewhere now.
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("other")
    with pytest.raises(
        ImageFolderError, match=f"'{tmp_path}/real'.*'{tmp_path}/other'"
    ):
        listed(load(f"{tmp_path}/link"), first)

    on_s3 = listing(folder="s3a://bucket/images")
    for spelling in ("s3://bucket/images", "s3a://bucket/images"):
        old = listing(folder=spelling)
        assert listed(on_s3, old)["path"].equals(old["path"])
    with pytest.raises(ImageFolderError, match="'s3://bucket/other'"):
        listed(on_s3, listing(folder="s3://bucket/other"))


def test_few_that_are_gone_are_told(caplog: pytest.LogCaptureFixture) -> None:
    listed(listing("abcdefgh"), listing())
    assert "2 images are gone, such as 'x/i': their rows go" in caplog.text
    caplog.clear()
    listed(listing("abcdefgh"), listing(), days=90)
    assert "are gone" not in caplog.text
