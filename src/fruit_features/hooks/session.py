"""Kedro session that starts Spark early and skips a run if nothing changed."""

import time
from typing import Any, cast

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from fruit_features.datasets.image_folder_dataset import ImageFolderDataset
from fruit_features.hooks import preflight
from fruit_features.hooks.facts import show_report
from fruit_features.hooks.lock import release
from fruit_features.hooks.spark_application import (
    aside,
    cancel_jobs,
    start_in_background,
)
from fruit_features.hooks.unchanged import nothing_changed, renew_report

# Pipelines that need no Spark.
WITHOUT_SPARK = (["training"],)

NOTHING_CHANGED = (
    "nothing changed since the last run: nothing was done again; "
    "--params run.force=true runs it all the same"
)


class NothingChanged(Exception):  # noqa: N818  Ends a run, but is no error.
    """Ends a run with nothing to do, after its checks and before its nodes."""


class DataSession(KedroSession):
    """Kedro's session, registered as a hook of its own runs.

    It also releases the lock after an interrupt, for which Kedro calls no hook.
    """

    def run(self, *args: Any, **selection: Any) -> dict[str, Any]:
        """Run as Kedro does; return no outputs if nothing changed."""
        self._began = time.monotonic()
        self._pipelines = list(selection.get("pipeline_names") or [])
        selected = {**selection, "runner": None}
        self._whole = not args and not any(selected.values())
        self._hook_manager.register(self)
        try:
            return super().run(*args, **selection)
        except NothingChanged:
            return {}
        except (KeyboardInterrupt, SystemExit):
            aside(cancel_jobs, release)
            raise

    @hook_impl(trylast=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Start Spark, unless the run may have nothing to do."""
        preflight.check_pipeline_names(self._pipelines)
        preflight.check_storage(context)
        self._context = context
        self._whole = self._whole and preflight.has_place(context, "run_state")
        if not self._whole:
            self._start_spark()

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Refresh the report and end the run if nothing changed; else start Spark."""
        if not self._whole:
            return
        images = cast(ImageFolderDataset, catalog["raw_images"])
        if not nothing_changed(self._context, pipeline, catalog, images.load_ahead):
            self._start_spark()
            return
        environment = self._context.env or "local"
        report = renew_report(pipeline, catalog, environment, self._began)
        click.echo(NOTHING_CHANGED)
        show_report(self._context, catalog, report)
        raise NothingChanged

    def _start_spark(self) -> None:
        has_images = preflight.has_place(self._context, "raw_images")
        if has_images and self._pipelines not in WITHOUT_SPARK:
            preflight.check_cluster(self._context)
            start_in_background(self._context.config_loader["spark"]["spark.master"])
