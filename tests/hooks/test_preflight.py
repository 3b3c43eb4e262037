import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from kedro.framework.context import KedroContext
from kedro.framework.session import KedroSession

from fruit_features.exceptions import OutputFolderError, ParameterError
from fruit_features.hooks.preflight import (
    BASE_BYTES,
    ROW_BYTES,
    WAYS,
    check_output_folder,
    check_pipeline_names,
    check_space,
    data_folder,
)
from fruit_features.pipeline_registry import PIPELINES

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

Load = Callable[..., KedroContext]


@pytest.fixture
def load(project: Path) -> Iterator[Load]:
    """Load the project's context as `kedro run --params` does, hooks and all."""
    before = dict(os.environ)

    def load_context(**params: Any) -> KedroContext:
        with KedroSession.create(project, runtime_params=params) as session:
            return session.load_context()

    yield load_context
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Make every disk have so many bytes free."""

    def set_free(size: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size))

    return set_free


class TestParameterNames:
    @pytest.mark.parametrize(
        "params",
        [
            pytest.param({}, id="none"),
            pytest.param({"images": "/a", "data": "/b"}, id="places"),
            pytest.param({"backbone": {"alpha": 0.35, "input_size": 96}}, id="nested"),
            pytest.param({"reduction": {"components": 5}}, id="null by default"),
        ],
    )
    def test_known_names_pass(self, load: Load, params: dict[str, Any]) -> None:
        load(**params)

    @pytest.mark.parametrize(
        ("params", "name", "nearest"),
        [
            ({"image": "/a"}, "image", "images"),
            ({"dta": "/a"}, "dta", "data"),
            ({"backbone": {"alhpa": 0.5}}, "backbone.alhpa", "backbone.alpha"),
            (
                {"reduction": {"component": 5}},
                "reduction.component",
                "reduction.components",
            ),
            ({"components": 5}, "components", "reduction.components"),
            ({"limit": 5}, "limit", "ingestion.limit"),
            ({"backbone": {"alpha": {"x": 1}}}, "backbone.alpha.x", "backbone.alpha"),
            ({"backbone": "imagenet"}, "backbone", "backbone.alpha"),
            ({"images": "/a", "imagse": "/b"}, "imagse", "images"),
        ],
    )
    def test_unknown_name_gives_the_nearest(
        self, load: Load, params: dict[str, Any], name: str, nearest: str
    ) -> None:
        message = (
            f"^unknown parameter '{name}'; did you mean '{nearest}'[?] There are: "
        )
        with pytest.raises(ParameterError, match=message) as error:
            load(**params)
        listed = str(error.value).partition("There are: ")[2].split(", ")
        assert listed == sorted(listed)
        assert {"images", "data", "backbone.weights", "reduction.refit"} <= set(listed)


def test_unknown_pipeline_is_refused_with_the_nearest() -> None:
    check_pipeline_names([*PIPELINES])
    with pytest.raises(ParameterError, match=r"no pipeline 'ingest'.+'ingestion'"):
        check_pipeline_names(["training", "ingest"])


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ({}, "{project}/data"),
        ({"data": "{tmp}/results"}, "{tmp}/results"),
        ({"data": "{tmp}/a b%20é #1"}, "{tmp}/a b%20é #1"),
        ({"data": "other/results"}, "{project}/other/results"),
        ({"data": "s3://bucket/results"}, None),
    ],
)
def test_data_folder(
    load: Load, project: Path, tmp_path: Path, given: dict[str, str], folder: str | None
) -> None:
    places = {"project": project, "tmp": tmp_path}
    named = {name: text.format(**places) for name, text in given.items()}
    expected = folder and Path(folder.format(**places))
    assert data_folder(load(**named)) == expected


class TestOutputFolder:
    def test_is_made_and_keeps_what_lies_in_it(self, tmp_path: Path) -> None:
        folder = tmp_path / "not yet" / "there"
        check_output_folder(folder)
        assert list(folder.iterdir()) == []
        check_output_folder(tmp_path)
        assert list(tmp_path.iterdir()) == [folder.parent]

    def test_remote_is_not_looked_at(self) -> None:
        check_output_folder(None)

    @pytest.mark.parametrize(
        ("place", "why"),
        [
            ("file/data", "Not a directory"),
            ("file", "File exists"),
            ("x" * 300, "File name too long"),
        ],
    )
    def test_that_cannot_be_made(self, tmp_path: Path, place: str, why: str) -> None:
        (tmp_path / "file").write_text("x")
        message = (
            f"^cannot write results to '{tmp_path / place}': {why}; make room, or "
            f"choose another place with {WAYS}$"
        )
        with pytest.raises(OutputFolderError, match=message):
            check_output_folder(tmp_path / place)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_without_the_right_to_write(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        try:
            with pytest.raises(OutputFolderError, match="Permission denied"):
                check_output_folder(tmp_path)
        finally:
            tmp_path.chmod(0o700)

    def test_without_room(self, tmp_path: Path, free: Callable[[int], None]) -> None:
        free(BASE_BYTES)
        check_output_folder(tmp_path)
        free(3 * 2**20)
        message = (
            f"cannot write results to '{tmp_path}': 3 MB free, some 200 MB needed; "
            f"make room, or choose another place with {WAYS}"
        )
        with pytest.raises(OutputFolderError, match=f"^{re.escape(message)}$"):
            check_output_folder(tmp_path)

    @pytest.mark.parametrize("name", ["[1]", "a*b", "x?", "{y}", "back\\slash"])
    def test_that_spark_takes_for_a_pattern(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(OutputFolderError, match="takes the letters"):
            check_output_folder(tmp_path / name)
        assert list(tmp_path.iterdir()) == []


class TestSpace:
    LISTING = pd.DataFrame(
        {
            "image_key": ["a", "b", "c", "d"],
            "length": [1000, 2_000_000, 0, 5_000_000],
            "selected": [True, True, True, False],
        }
    )

    @pytest.mark.parametrize(
        ("images", "features", "needed"),
        [
            ({}, {}, 2_001_000 + 3 * ROW_BYTES),
            ({"a": 1000, "b": 2_000_000}, {}, 3 * ROW_BYTES),
            ({"a": 1000, "b": 7, "c": 0}, {"a": 1000}, 2_000_000 + 2 * ROW_BYTES),
            ({"b": 2_000_000}, {"a": 1000, "b": 2_000_000}, 1000 + ROW_BYTES),
        ],
    )
    def test_counts_what_is_new_and_taken(
        self,
        tmp_path: Path,
        free: Callable[[int], None],
        images: dict[str, int],
        features: dict[str, int],
        needed: int,
    ) -> None:
        for name, rows in (("images", images), ("features", features)):
            # A run that was killed has left but this.
            (tmp_path / name / "_temporary").mkdir(parents=True)
            if rows:
                table = pd.DataFrame(rows.items(), columns=["image_key", "length"])
                (tmp_path / name / "backbone_id=x").mkdir()
                table.to_parquet(tmp_path / name / "backbone_id=x/1.parquet")
        free(BASE_BYTES + needed)
        places = tmp_path / "images", tmp_path / "features"
        check_space(tmp_path, self.LISTING, *places)
        free(BASE_BYTES + needed - 1)
        with pytest.raises(OutputFolderError, match="MB free, some .* MB needed"):
            check_space(tmp_path, self.LISTING, *places)

    def test_of_nothing(self, tmp_path: Path, free: Callable[[int], None]) -> None:
        free(BASE_BYTES)
        check_space(tmp_path, self.LISTING[:0], tmp_path, tmp_path)
