"""Checks before a run."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, DataCatalog
from kedro.io.core import get_protocol_and_path
from kedro.pipeline import Pipeline

from fruit_features.config_loader import ConfigLoader
from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.datasets.lazy_dataset import LazyDataset
from fruit_features.datasets.local_folder_dataset import LocalFolderDataset
from fruit_features.exceptions import OutputFolderError, ParameterError
from fruit_features.hooks.spark_application import check_workers
from fruit_features.internals import runtime_params
from fruit_features.parameters import Parameters, build, unknown
from fruit_features.pipeline_registry import PIPELINES
from fruit_features.pipelines.featurization.parameters import (
    BackboneParameters,
    FeaturizationParameters,
)
from fruit_features.pipelines.ingestion.parameters import IngestionParameters
from fruit_features.pipelines.reduction.parameters import ReductionParameters
from fruit_features.pipelines.reporting.parameters import ReportingParameters
from fruit_features.pipelines.reporting.summary import address
from fruit_features.pipelines.training.parameters import TrainingParameters
from fruit_features.places import PATTERN, PLACES
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.storage.disks import check_folder
from fruit_features.storage.s3 import (
    Place,
    check_images,
    check_results,
    data_root,
    has_objects,
    place_of,
)
from fruit_features.storage.yarn import check_yarn

if TYPE_CHECKING:
    import pandas as pd

# Space for Spark's own files and reports, and for an image's rows: twice 1280 floats,
# and names.
BASE_BYTES = 200 * 2**20
ROW_BYTES = 12_000

# The context whose storage has been checked: once a run is enough.
_answered: KedroContext | None = None

# Key columns of an image by which its disk space is counted.
SIZED = ["image_key", "length"]

REFUSAL = "cannot write results to"
WAYS = "make run DATA=<folder> or --params data=<folder>"


class RunParameters(Parameters):
    """Parameters of a run as a whole; see ``conf/base/parameters_run.yml``."""

    force: bool


class AllParameters(Parameters):
    """All parameter groups."""

    ingestion: IngestionParameters
    backbone: BackboneParameters
    featurization: FeaturizationParameters
    reduction: ReductionParameters
    reporting: ReportingParameters
    retention: RetentionParameters
    training: TrainingParameters
    run: RunParameters


def check_parameters(context: KedroContext) -> None:
    """Validate the parameters of all pipelines."""
    try:
        build(AllParameters, context.config_loader["parameters"], others=PLACES)
    except ParameterError as error:
        given = set(PLACES) & set(runtime_params(context))
        if not (given and str(error).startswith("unknown")):
            raise
        advice = "a folder with a comma goes by its option: --images"
        raise ParameterError(f"{error} ({advice})") from error


def check_pipeline_names(names: Iterable[str]) -> None:
    """Refuse an unknown pipeline before Kedro imports them all."""
    for name in names:
        if name not in PIPELINES:
            raise ParameterError(unknown("no pipeline", name, PIPELINES))


def local_path(context: KedroContext, name: str) -> Path | None:
    """Return a dataset's local path; ``None`` for remote storage."""
    protocol, path = get_protocol_and_path(_filepath(context, name))
    return Path(context.project_path, path) if protocol == "file" else None


def data_folder(context: KedroContext) -> Path | None:
    """Return the local data folder; ``None`` for remote storage."""
    report = local_path(context, "run_report")
    return Path(data_root(str(report))) if report else None


def require_data(context: KedroContext) -> None:
    """Raise ``OutputFolderError`` if the local data folder is missing."""
    folder = data_folder(context)
    if folder and not folder.is_dir():
        message = f"no data in {str(folder)!r}; name its folder: --params data=..."
        raise OutputFolderError(message)


def check_inputs(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
    """Raise ``OutputFolderError`` if an input of the pipeline is missing."""
    # The first reports a missing folder itself; the others may be missing.
    tolerant = (ImageFolderDataset, LazyDataset, LocalFolderDataset)
    # A hook saves `run_facts` during the run.
    needed = sorted(pipeline.inputs() - {"run_facts"})
    inputs = {name: catalog[name] for name in needed}
    missing = [
        name
        for name, dataset in inputs.items()
        if not isinstance(dataset, tolerant) and not dataset.exists()
    ]
    if missing:
        place = data_root(address(catalog["report"]))
        message = (
            f"no {', '.join(missing)} in {place!r}, which this part of a run begins "
            "with; name the folder of an earlier run by --data <folder>, or begin with "
            "the nodes that make them"
        )
        raise OutputFolderError(message)


def has_place(context: KedroContext, name: str) -> bool:
    """Return whether a dataset has data; assumed if neither local nor on S3."""
    place = place_of(_filepath(context, name))
    if place:
        return has_objects(place)
    path = local_path(context, name)
    return path is None or path.exists()


def data_place(context: KedroContext) -> Place | None:
    """Return the data folder on S3; ``None`` for other storage."""
    return place_of(data_root(_filepath(context, "run_report")))


def _filepath(context: KedroContext, name: str) -> str:
    loader = cast(OmegaConfigLoader, context.config_loader)
    if "catalog" not in loader.data:
        # Cache it: Kedro reads and resolves it each time, unless set.
        loader["catalog"] = loader["catalog"]
    return str(loader["catalog"][name]["filepath"])


def check_storage(context: KedroContext) -> None:
    """Raise ``StorageError`` if S3 does not answer or denies access."""
    global _answered  # noqa: PLW0603
    if context is _answered:
        return
    place = data_place(context)
    if place:
        check_results(place)
    images = place_of(_filepath(context, "raw_images"))
    if images and (place is None or images.bucket != place.bucket):
        check_images(images)
    _answered = context


def check_cluster(context: KedroContext) -> None:
    """Raise ``ClusterError`` if YARN does not answer or has no room."""
    spark = context.config_loader["spark"]
    if spark["spark.master"] == "yarn":
        check_yarn(spark)


def check_output_folder(folder: Path | None, needed: int = BASE_BYTES) -> None:
    """Raise ``OutputFolderError`` if the folder is not writable or has no room."""
    if folder is None:
        return
    if set(PATTERN) & set(str(folder)):
        message = (
            f"{REFUSAL} {str(folder)!r}: Spark takes the letters {PATTERN} for a "
            f"pattern; choose a folder without them, with {WAYS}"
        )
        raise OutputFolderError(message)
    advice = f"make room, or choose another place with {WAYS}"
    check_folder(folder, needed, REFUSAL, advice)


def check_space(
    folder: Path, listing: "pd.DataFrame", images: Path, features: Path
) -> None:
    """Raise ``OutputFolderError`` if the rows of new images do not fit on the disk."""
    taken = listing[listing["selected"]].set_index(SIZED, drop=False)[["length"]]
    everything = BASE_BYTES + int(taken["length"].sum()) + len(taken) * ROW_BYTES
    if shutil.disk_usage(folder).free >= everything:
        return  # Enough even if all are new: no need to read the tables.
    # An image with only a new modification time replaces rows of the same size.
    unread = taken[~taken.index.isin(_stored(images))]
    undone = taken[~taken.index.isin(_stored(features))]
    new = int(unread["length"].sum()) + len(undone) * ROW_BYTES
    check_output_folder(folder, BASE_BYTES + new)


def _stored(table: Path) -> "pd.Index[Any]":
    """Read the keys of a table's images, without Spark."""
    import pandas as pd
    from pyarrow.dataset import dataset

    # Skips hidden files, such as leftovers of a killed run.
    stored = dataset(table, format="parquet") if table.is_dir() else None
    if stored is None or not stored.files:
        return pd.MultiIndex.from_arrays([[], []], names=SIZED)
    return stored.to_table(columns=SIZED).to_pandas().set_index(SIZED).index


class PreflightHooks:
    """Stops a run that cannot succeed before it does any long work."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Check environment and parameters."""
        loader = cast(ConfigLoader, context.config_loader)
        loader.check_environment()
        loader.log_as_configured()
        check_parameters(context)
        self._context = context
        self._data = data_folder(context)

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Check storage, inputs and the data folder."""
        self._checked = False
        check_storage(self._context)
        check_inputs(pipeline, catalog)
        check_output_folder(self._data)

    @hook_impl(specname="before_pipeline_run")
    def check_cluster(self) -> None:
        """Check YARN, after the hooks that end a run with nothing to do."""
        check_cluster(self._context)

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Check the disk space for the run's new images."""
        if dataset_name == "image_listing@pandas" and self._data:
            images = local_path(self._context, "images")
            features = local_path(self._context, "features")
            if images and features:
                check_space(self._data, data, images, features)

    @hook_impl
    def after_dataset_loaded(self) -> None:
        """Check once that the workers' Python starts."""
        self._checked = self._checked or check_workers()
