"""`kedro history`: the runs that are kept, listed, opened and compared."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.utils import env_option

from fruit_features.exceptions import HistoryError
from fruit_features.history import RunHistory
from fruit_features.pipelines.reporting.changes import compare_runs
from fruit_features.places import opened, params_option
from fruit_features.summary import format_summary, in_columns

HEADER = ("run", "images", "featurized", "img/s", "variance", "seconds", "environment")


@click.group(invoke_without_command=True)
@env_option
@params_option
@click.option("--last", default=20, type=click.IntRange(1), help="How many to list.")
@click.pass_context
def history(
    context: click.Context, env: str | None, params: dict[str, Any], last: int
) -> None:
    """List the runs that are kept; show one; compare two."""
    # A command may be given these itself.
    context.obj = env, params
    if context.invoked_subcommand is None:
        with _opened(context, None, {}) as runs:
            names = runs.runs()[:last]
            click.echo(in_columns([HEADER, *(_row(name, runs) for name in names)]))


@history.command()
@click.argument("run")
@click.option("--open/--no-open", "to_open", default=True, help="In the browser.")
@env_option
@params_option
@click.pass_context
def show(
    context: click.Context,
    run: str,
    to_open: bool,
    env: str | None,
    params: dict[str, Any],
) -> None:
    """Open the page of a RUN: its name or the beginning of it, or `latest`."""
    with _opened(context, env, params) as runs:
        name = runs.find(run)
        page = runs.page(name)
        place = _local_file(page.place, page.html) if page else "its page was deleted"
        if page and page.run != name:
            click.echo(f"nothing changed since {page.run}, whose page it is")
        click.echo(format_summary(runs.report(name), place))
        if page and to_open:
            click.launch(str(place))


@history.command()
@click.argument("before")
@click.argument("now")
@env_option
@params_option
@click.pass_context
def compare(
    context: click.Context,
    before: str,
    now: str,
    env: str | None,
    params: dict[str, Any],
) -> None:
    """Say what is different between two runs, BEFORE and NOW."""
    with _opened(context, env, params) as runs:
        names = runs.find(before), runs.find(now)
        changes = compare_runs(runs.report(names[0]), runs.report(names[1]))
        click.echo(in_columns([("", *names, "change"), *changes]))


@contextlib.contextmanager
def _opened(
    context: click.Context, env: str | None, params: dict[str, Any]
) -> Iterator[RunHistory]:
    groups_env, groups_params = context.obj
    with opened(env or groups_env, {**groups_params, **params}) as kedro:
        yield RunHistory(kedro.catalog)


def _row(name: str, runs: RunHistory) -> tuple[str, ...]:
    try:
        report = runs.report(name)
    except HistoryError as error:
        # One that is broken hides no other.
        click.echo(error, err=True)
        return (name, *[""] * (len(HEADER) - 1))
    images, rate = report["images"], report["images_per_second"]
    return (
        name,
        f"{images['found']:,}",
        f"{images['featurized']:,}",
        f"{rate:,.0f}" if rate else "",
        f"{report['reduction']['variance_retained']:.1%}",
        f"{report['seconds']['total']:,.1f}",
        report["environment"],
    )


def _local_file(place: str, html: str) -> Path:
    """Return a page on this machine: itself, or a copy of one on other storage."""
    if Path(place).is_file():
        return Path(place)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="report-", suffix=".html", delete=False
    ) as copy:
        copy.write(html)
    return Path(copy.name)
