"""Skips a run if nothing changed since the last, before Spark starts.

A full run stores a fingerprint of its inputs. If the next run computes the same, it
only refreshes the report.
"""

import datetime as dt
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from importlib import resources
from importlib.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline

from fruit_features.backbone.source import BUNDLED_MODEL
from fruit_features.datasets.lazy_dataset import load_derived
from fruit_features.places import PLACES
from fruit_features.storage.s3 import data_root

if TYPE_CHECKING:
    import pandas as pd

Catalog = CatalogProtocol[Any, Any]

# Outputs that may be missing: exports from Keras, reports of earlier runs.
OPTIONAL = {"new_exports", "run_history", "report_history"}

# Parameters that do not change results.
JUDGING = (
    ("featurization", "retry_quarantined"),
    ("featurization", "max_failure_rate"),
    ("ingestion", "accept_missing"),
)

# Keys of the catalog that do not change results: metadata and secrets.
_NO_MATTER = re.compile("metadata|credential|secret|token|password|key", re.I)

# Spark settings that change the data written, rather than by whom or in how many files.
_SPARKS = re.compile(
    r"spark\.(sql|hadoop\.parquet)\.(?!files|shuffle|adaptive|execution|.*[Cc]ommit)"
)

# Source files of the package; weights are hashed only if used.
_SOURCES = (".py", ".html", ".js", ".css")


def fingerprint(context: KedroContext, listing: "pd.DataFrame") -> str:
    """Hash everything that determines a run's results.

    That is the listing, the parameters, the weights' content, the catalog and Spark's
    settings without folders, and the source code. The data may be moved.
    """
    import pandas as pd

    config = context.config_loader
    parameters = config["parameters"]
    rows = pd.util.hash_pandas_object(listing, index=False).to_numpy()
    digest = hashlib.sha256(rows.tobytes())
    digest.update(_weights(parameters["backbone"]["weights"]))
    said = {
        "parameters": _decisive(parameters),
        "catalog": _entries(config["catalog"], str(context.project_path)),
        "spark": {k: v for k, v in config["spark"].items() if _SPARKS.match(k)},
    }
    digest.update(json.dumps(said, sort_keys=True, default=str).encode())
    for source in _sources(resources.files("fruit_features")):
        digest.update(source)
    return digest.hexdigest()


def _decisive(parameters: dict[str, Any]) -> dict[str, Any]:
    left_out = (*PLACES, "training", "run")
    said = {name: group for name, group in parameters.items() if name not in left_out}
    for group, name in JUDGING:
        said[group] = {**said.get(group, {}), name: None}
    return said


def _entries(catalog: dict[str, Any], project: str) -> Any:
    root = f"{data_root(catalog['run_report']['filepath'])}/"

    def of(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: of(v) for k, v in value.items() if not _NO_MATTER.search(k)}
        if isinstance(value, list):
            return [of(each) for each in value]
        if not isinstance(value, str):
            return value
        # Kedro makes relative paths absolute.
        return value.removeprefix(root).removeprefix(f"{project}/")

    # The listing has the path of each image.
    folders = {
        name: {**catalog[name], "filepath": None}
        for name in ("raw_images", "test_images")
    }
    return of({**catalog, **folders})


def _sources(folder: Traversable) -> Iterator[bytes]:
    for item in sorted(folder.iterdir(), key=lambda each: each.name):
        if item.name.endswith(_SOURCES):
            yield item.name.encode() + item.read_bytes()
        elif item.name != "__pycache__" and item.is_dir():
            yield item.name.encode()
            yield from _sources(item)


def _weights(named: str) -> bytes:
    if named == "bundled":
        return BUNDLED_MODEL.read_bytes()
    file = Path(named)
    return file.read_bytes() if file.is_file() else b""


def nothing_changed(
    context: KedroContext,
    pipeline: Pipeline,
    catalog: Catalog,
    list_images: Callable[[], "pd.DataFrame"],
) -> bool:
    """Return whether a full run would reproduce the stored results.

    ``list_images`` is called last, only if everything else is unchanged.
    """
    parameters = context.config_loader["parameters"]
    if parameters["run"]["force"] or parameters["featurization"]["retry_quarantined"]:
        return False
    stored = (load_derived(catalog["run_state"]) or {}).get("fingerprint")
    return (
        stored is not None
        and all(
            isinstance(catalog[name], MemoryDataset) or catalog.exists(name)
            for name in pipeline.all_outputs() - OPTIONAL
        )
        and load_derived(catalog["run_report"]) is not None
        and stored == fingerprint(context, list_images())
    )


def renew_report(
    pipeline: Pipeline, catalog: Catalog, environment: str, began: float
) -> dict[str, Any]:
    """Refresh and return the report: every image counts as unchanged.

    ``began`` is the start of this run by ``time.monotonic``.
    """
    seconds = time.monotonic() - began
    finished = dt.datetime.now(dt.timezone.utc)
    report: dict[str, Any] = catalog.load("run_report")
    images = report["images"]
    images["unchanged"] += images.pop("featurized")
    report["images"] = {"featurized": 0, **images}
    report["images_per_second"] = report["dollars"] = None
    report["environment"] = environment
    report["started"] = (finished - dt.timedelta(seconds=seconds)).isoformat()
    report["finished"] = finished.isoformat()
    report["seconds"] = {"total": round(seconds, 3)}
    catalog.save("run_report", report)
    (render,) = pipeline.only_nodes_with_outputs("report").nodes
    outputs = render.run({name: catalog.load(name) for name in render.inputs})
    # The history keeps the earlier page, which differs only in counts.
    for name in ("report", "run_history"):
        catalog.save(name, outputs[name])
    return report


class RunStateHooks:
    """Stores the fingerprint of the last full run."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the context for its configuration."""
        self._context = context

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Keep the catalog if this run may change a table."""
        self._state: dict[str, Any] = {"fingerprint": None}
        stages = {node.namespace for node in pipeline.nodes}
        self._unchanged = catalog if stages - {"training"} else None

    @hook_impl
    def before_dataset_saved(self) -> None:
        """Clear the fingerprint before the first write; a refused run has none."""
        catalog, self._unchanged = self._unchanged, None
        if catalog:
            catalog.save("run_state", {"fingerprint": None})

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        """Compute the fingerprint from the listing of this run."""
        if dataset_name == "raw_images":
            self._state = {"fingerprint": fingerprint(self._context, data)}

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Store the fingerprint after a full run."""
        if {"image_listing@pandas", "report"} <= pipeline.all_outputs():
            catalog.save("run_state", self._state)
