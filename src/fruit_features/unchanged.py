"""A run that has nothing to do is over before Spark would start.

A whole run leaves a fingerprint of all it depends on. When the next one finds the
same, the tables, plots and models stand as they are, and only the report is said anew.
"""

import datetime as dt
import hashlib
import json
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.context import KedroContext
from kedro.io import CatalogProtocol

from fruit_features.backbone.source import BUNDLED_MODEL
from fruit_features.places import PLACES

if TYPE_CHECKING:
    import pandas as pd

# What the page shows besides the run report.
PAGE_TABLES = (
    "explained_variance",
    "reduction_quality",
    "storage",
    "projection_points",
    "thumbnails",
)

# What a whole run writes and a later one relies on.
OUTPUTS = (
    "images",
    "expired_images@pandas",
    "features",
    "quarantine",
    "backbone",
    "scaler_model",
    "pca_model",
    "pca_summary",
    "principal_components",
    "reduced_features",
    "drift",
    "quality_plot",
    "variance_plot",
    "variance_plot_svg",
    "projection_plot",
    *PAGE_TABLES,
    "run_report",
    "report",
)

JUDGING = (
    ("featurization", "retry_quarantined"),
    ("featurization", "max_failure_rate"),
    ("ingestion", "accept_missing"),
)


def fingerprint(listing: "pd.DataFrame", parameters: dict[str, Any]) -> str:
    """Hash all that decides a run's results.

    Args:
        listing: Every image of the folder.
        parameters: The run's parameters; a file of weights counts by its content.
    """
    import pandas as pd

    rows = pd.util.hash_pandas_object(listing, index=False).to_numpy()
    digest = hashlib.sha256(rows.tobytes())
    digest.update(_weights(parameters["backbone"]["weights"]))
    # Of places, the listing knows the images', in one spelling.
    besides = ("training", *PLACES)
    said = {name: group for name, group in parameters.items() if name not in besides}
    # These judge a result, or ask for work, and change none.
    for group, name in JUDGING:
        said[group] = {**said.get(group, {}), name: None}
    said["version"] = metadata.version("fruit_features")
    digest.update(json.dumps(said, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _weights(named: str) -> bytes:
    if named == "bundled":
        return BUNDLED_MODEL.read_bytes()
    file = Path(named)
    return file.read_bytes() if file.is_file() else b""


def nothing_changed(context: KedroContext) -> bool:
    """Tell whether a whole run would find everything as an earlier one left it."""
    catalog = context.catalog
    parameters = context.config_loader["parameters"]
    if parameters["featurization"]["retry_quarantined"] or not catalog.exists(
        "run_state"
    ):
        return False
    stored = catalog.load("run_state")["fingerprint"]
    return (
        stored is not None
        and all(catalog.exists(name) for name in OUTPUTS)
        and stored == current_fingerprint(context)
    )


def current_fingerprint(context: KedroContext) -> str:
    """Take the fingerprint of the folder and the parameters as they are now."""
    parameters = context.config_loader["parameters"]
    return fingerprint(context.catalog.load("raw_images"), parameters)


def renew_report(
    catalog: CatalogProtocol[Any, Any], environment: str, began: float
) -> dict[str, Any]:
    """Say in the report that every image is as an earlier run left it.

    Args:
        catalog: Holds the report of the earlier run.
        environment: Kedro's environment.
        began: When this run began, by ``time.monotonic``.

    Returns:
        The run report, in which what was featurized is unchanged now.
    """
    from fruit_features.pipelines.reporting.page import render_page

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
    tables = {name: catalog.load(name) for name in PAGE_TABLES}
    page = render_page(report, catalog.load("previous_run")(), **tables)
    catalog.save("report", page)
    catalog.save("run_history", report)
    return report
