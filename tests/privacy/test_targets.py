"""No dataset that holds photos is forgotten."""

from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader

from fruit_features.privacy.targets import KINDS, target_of
from fruit_features.settings import CONFIG_LOADER_ARGS
from fruit_features.storage.s3 import LOGS
from kedro_emr.lifecycle import FOLDERS

# What holds no single photo, nor names one.
WITHOUT_PHOTOS = {
    "backbone",
    "new_exports",
    "scaler_model",
    "pca_model",
    "pca_summary",
    "principal_components",
    "explained_variance",
    "drift",
    "reduction_quality",
    "quality_plot",
    "quality_plot_svg",
    "variance_plot",
    "variance_plot_svg",
    "storage",
    "run_facts",
    "run_begun",
    "run_state",
    "training_state",
    "trained_weights",
    "trained_backbone",
    "trained_backbone_card",
    # Hashes of erased photos; names while an erasure is at work.
    "erasure_list",
    "erasure_receipts",
    "pending_erasure",
}


def unmarked(catalog: dict[str, Any]) -> set[str]:
    """Return datasets whose place no entry marks, and that may hold photos."""
    marked = {
        place_of(declared)
        for declared in catalog.values()
        if (declared.get("metadata") or {}).get("erasure") in KINDS
    }
    return {
        name
        for name, declared in catalog.items()
        if name not in WITHOUT_PHOTOS
        and (place := place_of(declared))
        and place not in marked
        and place not in {place_of(catalog[n]) for n in WITHOUT_PHOTOS if n in catalog}
    }


def place_of(declared: dict[str, Any]) -> str | None:
    inner = declared.get("dataset")
    if isinstance(inner, dict) and "filepath" not in declared:
        return place_of(inner) or declared.get("path")
    return declared.get("filepath") or declared.get("path")


@pytest.fixture
def catalog(project: Path) -> dict[str, Any]:
    arguments: dict[str, Any] = CONFIG_LOADER_ARGS
    loader = OmegaConfigLoader(str(project / "conf"), **arguments)
    return {k: v for k, v in loader["catalog"].items() if isinstance(v, dict)}


@pytest.mark.filterwarnings("ignore:register_new_resolver")
def test_every_dataset_is_marked_or_holds_no_photo(catalog: dict[str, Any]) -> None:
    assert unmarked(catalog) == set()
    assert WITHOUT_PHOTOS <= set(catalog)
    marks = {(d.get("metadata") or {}).get("erasure") for d in catalog.values()}
    assert marks - {None} == set(KINDS)


@pytest.mark.filterwarnings("ignore:register_new_resolver")
def test_rules_of_a_bucket_are_about_what_retention_marks(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRUIT_FEATURES_BUCKET", "fruit")
    monkeypatch.setenv("FRUIT_FEATURES_PREFIX", "kept")
    arguments: dict[str, Any] = CONFIG_LOADER_ARGS
    loader = OmegaConfigLoader(str(project / "conf"), env="emr", **arguments)
    marked: dict[str, set[str]] = {kind: set() for kind in FOLDERS}
    for declared in loader["catalog"].values():
        metadata = isinstance(declared, dict) and declared.get("metadata") or {}
        if kind := metadata.get("retention"):
            marked[kind].add(declared["filepath"].removeprefix("s3a://fruit/kept/"))
            assert metadata["erasure"]
    # No dataset: Spark's logs and EMR's.
    marked["logs"].add(LOGS.rstrip("/"))
    rules = {kind: {f.rstrip("/") for f in those} for kind, those in FOLDERS.items()}
    assert marked == rules


def test_a_forgotten_dataset_is_noticed() -> None:
    images = {"filepath": "a", "metadata": {"erasure": "rows"}}
    known = {"dataset": {"filepath": "a"}}
    faces = {"filepath": "b", "metadata": {"erasure": "row"}}
    assert unmarked({"images": images, "known": known, "faces": faces}) == {"faces"}


def test_places_are_those_of_the_project(tmp_path: Path) -> None:
    declared = {"filepath": "data/x", "metadata": {"erasure": "rows"}}
    target = target_of("x", declared, str(tmp_path))
    assert (target.path, target.kind) == (f"{tmp_path}/data/x", "rows")
    assert target_of("y", {"filepath": "/y"}, str(tmp_path)).kind == ""
