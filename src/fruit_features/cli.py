"""The project's commands: `run` with clear errors, and the groups of other modules."""

import functools
import re
import sys
import time
from pathlib import Path
from typing import Any, cast

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.context import KedroContext
from kedro.framework.session import KedroSession
from kedro.io.core import DatasetError
from kedro.validation.exceptions import ParameterValidationError
from omegaconf.errors import InterpolationResolutionError

from fruit_features.emr.commands import emr
from fruit_features.erasure_commands import erase
from fruit_features.exceptions import FruitFeaturesError
from fruit_features.failure_rate import check_failure_rate
from fruit_features.history_commands import history
from fruit_features.preflight import (
    check_cluster,
    check_pipeline_names,
    check_storage,
    has_place,
)
from fruit_features.retention_commands import retention
from fruit_features.spark_application import end_application, start_in_background
from fruit_features.summary import address, format_summary
from fruit_features.unchanged import nothing_changed, renew_report

# Pipelines that run in Python alone.
WITHOUT_SPARK = (["training"],)


@click.group(name="fruit_features")
def cli() -> None:
    """Commands of the project."""


def _explain(error: BaseException) -> str | None:
    """Return the one line a user needs, or ``None`` for an error of the program."""
    if isinstance(error, FruitFeaturesError):
        return str(error)
    if isinstance(error, ParameterValidationError):
        # "- Parameter 'x': Failed to instantiate X for parameter 'x': <why>"
        found = re.findall(r"for parameter '[^']+': (.+)", str(error))
        return "; ".join(found) or str(error)
    wrapped = _wrapped(error)
    return _explain(wrapped) if wrapped else _explain_text(str(error))


def _wrapped(error: BaseException) -> BaseException | None:
    """Return the error that another library has put a text of its own before."""
    if isinstance(error, DatasetError):
        return error.__cause__
    if isinstance(error, InterpolationResolutionError):
        return error.__context__
    return None


def _explain_text(text: str) -> str | None:
    # Spark tells an error of a worker in the midst of its own.
    of_worker = re.search(r"^fruit_features\.exceptions\.\w+: (.+)$", text, re.M)
    if of_worker:
        return of_worker.group(1)
    if "No space left on device" in text:
        return (
            "no space left on the disk; what is written so far stays, make room and "
            "run again to go on"
        )
    return None


def _asks_for_everything(options: dict[str, Any]) -> bool:
    """Tell a plain run from one of some pipelines or nodes, or of other versions."""
    plain = ("env", "conf_source", "params", "runner", "is_async", "runner_params")
    return not any(value for name, value in options.items() if name not in plain)


def _pipelines(options: dict[str, Any]) -> list[str]:
    named = options.get("pipeline")
    return list(options.get("pipelines") or ([named] if named else []))


def _done_before(options: dict[str, Any]) -> bool:
    """Say the report anew and return true, if nothing changed since the last run.

    Else let Spark start, while Kedro loads the catalog and the pipelines.
    """
    began = time.monotonic()
    names = _pipelines(options)
    check_pipeline_names(names)
    with KedroSession.create(
        env=options.get("env"),
        conf_source=options.get("conf_source"),
        runtime_params=options.get("params"),
    ) as session:
        context = cast(KedroSession, session).load_context()
        check_storage(context)
        everything = _asks_for_everything(options)
        ran_before = has_place(context, "run_state")
        done = everything and ran_before and nothing_changed(context)
        if done:
            _say_again(context, began)
        elif has_place(context, "raw_images") and names not in WITHOUT_SPARK:
            check_cluster(context)
            start_in_background(context.config_loader["spark"]["spark.master"])
    return done


def _say_again(context: KedroContext, began: float) -> None:
    catalog = context.catalog
    report = renew_report(catalog, context.env or "local", began)
    click.echo("nothing changed since the last run: nothing was done again")
    click.echo(format_summary(report, address(catalog["report"])))
    parameters = context.config_loader["parameters"]
    check_failure_rate(report, parameters["featurization"]["max_failure_rate"])


@functools.wraps(kedro_run.callback)  # type: ignore[arg-type]
def _run(*args: Any, **kwargs: Any) -> Any:
    try:
        if _done_before(kwargs):
            return {}
        outputs = kedro_run.callback(*args, **kwargs)  # type: ignore[misc]
        end_application(failed=False)
        return outputs
    except Exception as error:
        message = _explain(error)
        if message is not None:
            # Before the application's end, which takes a cluster some seconds.
            click.secho(f"Error: {message}", fg="red", err=True)
        end_application(failed=True)
        if message is None:
            raise
        sys.exit(1)


# By this name `python -m fruit_features` finds it.
run = click.Command(
    name="run",
    callback=_run,
    params=kedro_run.params,
    help=kedro_run.help,
)
cli.add_command(run)
cli.add_command(emr)
cli.add_command(history)
cli.add_command(erase)
cli.add_command(retention)


@cli.command()
@click.option("--folder", default="data/01_raw/sample", type=click.Path(path_type=Path))
@click.option("--images-per-label", default=100, type=click.IntRange(1, 1000))
@click.option("--seed", default=0)
def sample(folder: Path, images_per_label: int, seed: int) -> None:
    """Generate a folder of sample pictures, <label>/<n>.jpg."""
    from fruit_sample.writing import write_sample

    written = write_sample(folder, images_per_label=images_per_label, seed=seed)
    state = f"{written:,} pictures generated" if written else "complete, kept as it is"
    click.echo(f"sample in {folder}: {state}")
