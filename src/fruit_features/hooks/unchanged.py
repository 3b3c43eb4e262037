"""A run that has nothing to do is over before Spark would start.

A whole run leaves a fingerprint of all it depends on. When the next one finds the
same, the tables, plots and models stand as they are, and only the report is said anew.
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

# Outputs that a run need not have left: exports from Keras, reports of earlier runs.
OPTIONAL = {"new_exports", "run_history", "report_history"}

# Parameters that judge a result, or ask for work, and change none.
JUDGING = (
    ("featurization", "retry_quarantined"),
    ("featurization", "max_failure_rate"),
    ("ingestion", "accept_missing"),
)

# Of the catalog: for tools, or secret.
_NO_MATTER = re.compile("metadata|credential|secret|token|password|key", re.I)

# Of Spark: what is written, not by whom or in how many parts.
_SPARKS = re.compile(
    r"spark\.(sql|hadoop\.parquet)\.(?!files|shuffle|adaptive|execution|.*[Cc]ommit)"
)

# What of the package a run is made by; weights count where they are used.
_SOURCES = (".py", ".html", ".js", ".css")


def fingerprint(context: KedroContext, listing: "pd.DataFrame") -> str:
    """Hash all that decides a run's results.

    That is the images, the parameters, the catalog and Spark's settings without places,
    and the program. The data may be moved, and lie in another environment's place.

    Args:
        context: Of the run; a file of weights counts by its content.
        listing: Every image of the folder.
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
        # Kedro puts the project's folder before what is relative.
        return value.removeprefix(root).removeprefix(f"{project}/")

    # The listing knows where each image is.
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
    """Tell whether a whole run would find everything as an earlier one left it.

    Args:
        context: Of the run.
        pipeline: Of a whole run.
        catalog: Of the run.
        list_images: Called only if everything else is as it was.
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
    """Refresh the report: every image is as an earlier run left it.

    Args:
        pipeline: Of a whole run; its last node renders the page.
        catalog: Holds the report of the earlier run.
        environment: Kedro's environment.
        began: When this run began, by ``time.monotonic``.

    Returns:
        The run report, in which what was featurized is unchanged now.
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
    # The page is the one that is kept already, but for the counts.
    for name in ("report", "run_history"):
        catalog.save(name, outputs[name])
    return report


class RunStateHooks:
    """Keeps the fingerprint of the last whole run; see ``unchanged``."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the context: the configuration is in it."""
        self._context = context

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Keep the catalog, if this run may change any table."""
        self._state: dict[str, Any] = {"fingerprint": None}
        stages = {node.namespace for node in pipeline.nodes}
        self._unchanged = catalog if stages - {"training"} else None

    @hook_impl
    def before_dataset_saved(self) -> None:
        """Count the tables as changed from here on: a refused run changes none."""
        catalog, self._unchanged = self._unchanged, None
        if catalog:
            catalog.save("run_state", {"fingerprint": None})

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        """Take the fingerprint of the listing that the run works on."""
        if dataset_name == "raw_images":
            self._state = {"fingerprint": fingerprint(self._context, data)}

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Keep the fingerprint of a run that did all there is to do."""
        if {"image_listing@pandas", "report"} <= pipeline.all_outputs():
            catalog.save("run_state", self._state)
