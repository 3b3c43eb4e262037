"""Measures when the stages of a run began and how long they took."""

import datetime as dt
import logging
import time
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from fruit_features.datasets.lazy_dataset import load_derived
from fruit_features.hooks.failure_rate import check_failure_rate
from fruit_features.pipelines.reporting.summary import address, format_summary

logger = logging.getLogger(__name__)

# What is kept of how a run was called. Parameters may name places and people.
ASKED = ("env", "pipeline_names", "tags", "kedro_version")


class RunClock:
    """Adds up the seconds of nodes and of the stages they belong to.

    A stage that this run leaves out keeps what an earlier run measured.
    """

    def __init__(self, environment: str, earlier: dict[str, Any]) -> None:
        """Start the run's clock.

        Args:
            environment: Kedro's environment, such as ``local`` or ``emr``.
            earlier: The facts of an earlier run; may be empty.
        """
        self._environment = environment
        self._started = _now()
        self._begun = time.monotonic()
        self._stages: dict[str, Any] = dict(earlier.get("stages", {}))
        self._fresh: set[str] = set()
        self._open: dict[str, float] = {}

    def start(self, node: str, stage: str) -> bool:
        """Note that a node begins, if it has not already.

        Returns:
            Whether it is the first node of its stage.
        """
        first = stage not in self._fresh
        if first:
            self._fresh.add(stage)
            self._stages[stage] = {"started": _now(), "nodes": {}}
        self._open.setdefault(node, time.monotonic())
        return first

    def stop(self, node: str, stage: str) -> None:
        """Note that a node has got this far; the last call counts."""
        if node not in self._open:
            self.start(node, stage)
        seconds = time.monotonic() - self._open[node]
        self._stages[stage]["nodes"][node] = round(seconds, 3)

    def facts(self) -> dict[str, Any]:
        """Return what is known by now, fit for JSON."""
        return {
            "environment": self._environment,
            "started": self._started,
            "finished": _now(),
            "seconds": round(time.monotonic() - self._begun, 3),
            "stages": {
                name: {**stage, "seconds": round(sum(stage["nodes"].values()), 3)}
                for name, stage in self._stages.items()
            },
        }


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).isoformat()


class RunFactsHooks:
    """Times the stages for the report and prints the summary at the end."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the context: the configuration is in it."""
        self._context = context

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
            show_report(self._context, catalog, catalog.load("run_report"))


def show_report(
    context: KedroContext, catalog: CatalogProtocol[Any, Any], report: dict[str, Any]
) -> None:
    """Print what a run did; the last line is where to look.

    Raises:
        TooManyFailuresError: If more images are quarantined than a run may have.
    """
    click.echo(format_summary(report, address(catalog["report"])))
    parameters = context.config_loader["parameters"]
    check_failure_rate(report, parameters["featurization"]["max_failure_rate"])
