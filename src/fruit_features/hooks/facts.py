"""Timings of a run's stages, and the summary at its end."""

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

# Run options that are stored; parameters are not, as they may name people.
ASKED = ("env", "pipeline_names", "tags", "kedro_version")


class RunClock:
    """Measures the seconds of nodes and stages.

    A stage that this run skips keeps the timings of an earlier run.
    """

    def __init__(self, environment: str, earlier: dict[str, Any]) -> None:
        """Start the clock, with the facts of an earlier run, if any."""
        self._environment = environment
        self._started = _now()
        self._begun = time.monotonic()
        self._stages: dict[str, Any] = dict(earlier.get("stages", {}))
        self._fresh: set[str] = set()
        self._open: dict[str, float] = {}

    def start(self, node: str, stage: str) -> bool:
        """Start timing a node; return whether it is the first of its stage."""
        first = stage not in self._fresh
        if first:
            self._fresh.add(stage)
            self._stages[stage] = {"started": _now(), "nodes": {}}
        self._open.setdefault(node, time.monotonic())
        return first

    def stop(self, node: str, stage: str) -> None:
        """Stop timing a node; the last of several calls counts."""
        if node not in self._open:
            self.start(node, stage)
        seconds = time.monotonic() - self._open[node]
        self._stages[stage]["nodes"][node] = round(seconds, 3)

    def facts(self) -> dict[str, Any]:
        """Return the timings so far, JSON-serialisable."""
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
        """Keep the context for its configuration."""
        self._context = context

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], catalog: DataCatalog
    ) -> None:
        """Start the clock and record the run, whether it succeeds or not."""
        self._catalog = catalog
        asked = {name: run_params.get(name) for name in ASKED}
        catalog.save("run_begun", {run_params["run_id"]: asked})
        self._clock = RunClock(
            environment=run_params.get("env") or "local",
            earlier=load_derived(catalog["run_facts"]) or {},
        )

    @hook_impl
    def before_dataset_loaded(self, node: Node) -> None:
        """Start the node's timing here, to include loading its inputs."""
        stage = min(node.tags)
        if self._clock.start(node.short_name, stage):
            logger.info("%s", stage)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Stop the node's timing here: Spark computes when it saves."""
        self._clock.stop(node.short_name, stage=min(node.tags))
        self._catalog.save("run_facts", self._clock.facts())

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Print the summary; its last line is the report's address."""
        if "report" in pipeline.all_outputs():
            show_report(self._context, catalog, catalog.load("run_report"))


def show_report(
    context: KedroContext, catalog: CatalogProtocol[Any, Any], report: dict[str, Any]
) -> None:
    """Print the summary of a run, then check its failure rate."""
    click.echo(format_summary(report, address(catalog["report"])))
    parameters = context.config_loader["parameters"]
    check_failure_rate(report, parameters["featurization"]["max_failure_rate"])
