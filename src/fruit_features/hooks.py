"""Hooks: how Spark is set up, what is checked first, what is kept of a run."""

import locale
import logging
import os
import shlex
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from fruit_features import data_lock, preflight
from fruit_features.class_archive import archive_options
from fruit_features.config_loader import ConfigLoader
from fruit_features.datasets.lazy_dataset import load_derived
from fruit_features.emr.profile import hand_to_java
from fruit_features.failure_rate import check_failure_rate
from fruit_features.file_systems import register_s3
from fruit_features.java import (
    as_text,
    check_temporary_folders,
    find_java_home,
    java_options,
)
from fruit_features.resolvers import keep_to_this_machine
from fruit_features.run_facts import RunClock
from fruit_features.spark_application import check_workers
from fruit_features.summary import address, format_summary
from fruit_features.unchanged import fingerprint, writes_results
from fruit_features.whole_files import write_whole_files

logger = logging.getLogger(__name__)

# What is kept of how a run was called. Parameters may name places and people.
ASKED = ("env", "pipeline_names", "tags", "kedro_version")

# What pluggy calls around other hooks.
Releasing = Generator[None, object, object]

JAVA_OPTIONS = "spark.driver.extraJavaOptions"
# Says nothing where Spark has its own way to S3.
S3A_KEYS = "spark.hadoop.fs.s3a.aws.credentials.provider"


class SparkHooks:
    """Says how a Spark session is to be started; starts none itself.

    The settings go where ``SparkSession.builder.getOrCreate()`` looks for them, so
    whichever dataset first needs Spark starts it, in a run or in a notebook.
    """

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Hand ``spark.yml`` to the session that may come."""
        self._settings = settings = context.config_loader["spark"]
        java_home = find_java_home()
        if java_home:
            os.environ["JAVA_HOME"] = java_home
        base = Path(context.config_loader.conf_source, "base")
        if str(settings["spark.master"]).startswith("local"):
            remote = preflight.data_folder(context) is None
            keep_to_this_machine(with_cluster=remote)
            options = _local_options(settings[JAVA_OPTIONS], base, java_home)
            settings = {**settings, JAVA_OPTIONS: " ".join(options)}
        else:
            # Spark itself reads the setting only when spark-submit starts Python.
            os.environ["PYSPARK_PYTHON"] = settings["spark.pyspark.python"]
            if "SPARK_HOME" not in os.environ:
                # A cluster's own Spark has settings of its own.
                os.environ.setdefault("SPARK_CONF_DIR", str(base))
        if settings.get(S3A_KEYS):
            hand_to_java()
        arguments = [
            f"--conf={key}={as_text(value)}"
            for key, value in settings.items()
            if value is not None
        ]
        os.environ["PYSPARK_SUBMIT_ARGS"] = shlex.join([*arguments, "pyspark-shell"])
        os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
        if "AWS_REGION" in os.environ:
            # botocore knows the region by one of its two names.
            os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
        if locale.getpreferredencoding(do_setlocale=False).upper() != "UTF-8" or (
            os.environ.get("LC_ALL") in ("C", "POSIX")
        ):
            # Else Java spells letters beyond ASCII in paths as question marks.
            os.environ["LC_ALL"] = "C.UTF-8"

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self) -> None:
        """Refuse folders that Spark cannot keep temporary files in."""
        if str(self._settings["spark.master"]).startswith("local"):
            check_temporary_folders(self._settings)


class DataFolderHooks:
    """Keeps the place of the data whole: one run at a time, no file by halves."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Write whole files from now on."""
        write_whole_files()
        register_s3()
        self._context = context

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self) -> None:
        """Take the place, or end; nothing is written before."""
        data_lock.acquire(self._context)

    @hook_impl
    def after_dataset_loaded(self) -> None:
        """Let Spark hold the place too, as soon as there is one."""
        data_lock.share_with_spark()

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Give the place up."""
        data_lock.release()

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self) -> None:
        """Give the place up."""
        data_lock.release()

    @hook_impl(specname="before_pipeline_run", wrapper=True)
    def release_if_refused(self) -> Releasing:
        """Give the place up if another hook refuses the run; Kedro calls no other."""
        return (yield from _release_on_error())

    @hook_impl(specname="after_pipeline_run", wrapper=True)
    def release_if_failed(self) -> Releasing:
        """Give the place up if another hook finds the run to have failed."""
        return (yield from _release_on_error())


def _release_on_error() -> Releasing:
    try:
        return (yield)
    except BaseException:
        data_lock.release()
        raise


class PreflightHooks:
    """Ends a run that cannot succeed before any long work."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Refuse an environment that is not there, parameters that nothing reads."""
        loader = cast(ConfigLoader, context.config_loader)
        loader.check_environment()
        loader.log_as_configured()
        preflight.check_parameter_names(context)
        self._context = context
        self._data = preflight.data_folder(context)

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Refuse a place that cannot be written to, a cluster without room."""
        self._checked = False
        preflight.check_inputs(pipeline, catalog)
        preflight.check_output_folder(self._data)
        preflight.check_storage(self._context)
        preflight.check_cluster(self._context)

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Refuse a disk that will not hold what the run adds."""
        if dataset_name == "image_listing@pandas":
            preflight.check_space(self._data, data)

    @hook_impl
    def after_dataset_loaded(self) -> None:
        """Refuse workers without Python."""
        self._checked = self._checked or check_workers()


class RunFactsHooks:
    """Times the stages for the report and prints the summary at the end."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the share of failures that a run may have."""
        parameters = context.config_loader["parameters"]
        self._highest_failure_rate = parameters["featurization"]["max_failure_rate"]

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], catalog: DataCatalog
    ) -> None:
        """Start the clock, and say that there was this run, whatever becomes of it."""
        self._catalog = catalog
        asked = {name: run_params.get(name) for name in ASKED}
        catalog.save("run_begun", {run_params["run_id"]: asked})
        self._clock = RunClock(
            environment=run_params.get("env") or "local",
            earlier=load_derived(catalog["run_facts"]) or {},
        )

    @hook_impl
    def before_dataset_loaded(self, node: Node) -> None:
        """Count loading as part of the node: Kedro loads before it runs a node."""
        stage = min(node.tags)
        if self._clock.start(node.short_name, stage):
            logger.info("%s", stage)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Count saving as part of the node: Spark's work is done when it saves."""
        self._clock.stop(node.short_name, stage=min(node.tags))
        self._catalog.save("run_facts", self._clock.facts())

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Print what the run did; the last line is where to look."""
        if "report" in pipeline.all_outputs():
            report = catalog.load("run_report")
            click.echo(format_summary(report, address(catalog["report"])))
            check_failure_rate(report, self._highest_failure_rate)


class RunStateHooks:
    """Keeps the fingerprint of the last whole run; see ``unchanged``."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the context: the configuration is in it."""
        self._context = context

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Count the tables as changed from here on, if this run may change any."""
        self._state: dict[str, Any] = {"fingerprint": None}
        if writes_results(pipeline):
            catalog.save("run_state", self._state)

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


def _local_options(options: str, base: Path, java_home: str | None) -> list[str]:
    """Name Spark's logging by itself: no folder on the class path may hold files.

    With one, such as SPARK_CONF_DIR, Java would not use the archive.
    """
    logging_file = Path(base, "log4j2.properties").absolute().as_uri()
    named = [*java_options(options), f"-Dlog4j2.configurationFile={logging_file}"]
    return [shlex.quote(option) for option in [*named, *archive_options(java_home)]]
