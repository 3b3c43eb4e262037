"""`kedro history`: list, show and compare stored runs."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
from kedro.framework.cli.utils import env_option
from kedro.io import CatalogProtocol
from kedro.io.core import DatasetError, VersionNotFoundError

from fruit_features.datasets.lazy_dataset import is_broken
from fruit_features.exceptions import HistoryError
from fruit_features.internals import described
from fruit_features.pipelines.reporting.summary import (
    compare_runs,
    format_summary,
    in_columns,
)
from fruit_features.places import opened, params_option

LATEST = "latest"
HEADER = ("run", "images", "featurized", "img/s", "variance", "seconds", "environment")


class Page(NamedTuple):
    """A stored report page: the run it shows, its path or address, its content."""

    run: str
    place: str
    html: str


class RunHistory:
    """The stored runs of a catalog.

    A run's name is Kedro's save version, such as ``2026-05-01T12.00.00.000Z``.
    """

    def __init__(self, catalog: CatalogProtocol[Any, Any]) -> None:
        """Use the ``run_history`` and ``report_history`` of a catalog."""
        self._catalog = catalog

    def runs(self) -> list[str]:
        """Return the names of all runs, latest first; ``HistoryError`` if none."""
        runs = list(self._places("run_history"))
        if not runs:
            place = described(self._catalog["run_history"])["filepath"]
            message = f"no run is kept in '{place}' yet; `kedro run` makes one"
            raise HistoryError(message)
        return runs

    def find(self, name: str) -> str:
        """Return the full name of a run by its name, a prefix of it, or ``latest``.

        Raises:
            HistoryError: If not exactly one run matches.
        """
        runs = self.runs()
        found = runs[:1] if name == LATEST else [r for r in runs if r.startswith(name)]
        if len(found) != 1:
            fits = f"{len(found)} runs begin so" if found else "no run begins so"
            message = f"{name!r}: {fits}; `kedro history` lists the names there are"
            raise HistoryError(message)
        return found[0]

    def report(self, run: str) -> dict[str, Any]:
        """Load a run's report; raise ``HistoryError`` if the file is broken."""
        try:
            report: dict[str, Any] = self._catalog.load("run_history", version=run)
        except DatasetError as error:
            if not is_broken(error):
                raise
            place = self._places("run_history")[run]
            message = f"the report of {run} is broken: delete '{place}'"
            raise HistoryError(message) from error
        return report

    def page(self, run: str) -> Page | None:
        """Load a run's page, or that of an earlier run if nothing changed since.

        ``None`` if it was deleted.
        """
        places = self._places("report_history")
        shown = next((kept for kept in places if kept <= run), None)
        if shown is None:
            return None
        html = self._catalog.load("report_history", version=shown)
        return Page(shown, places[shown], html)

    def _places(self, dataset: str) -> dict[str, str]:
        kept = self._catalog[dataset]
        try:
            places = kept.list_versions(full_path=True)
        except VersionNotFoundError:
            return {}
        return {place.rsplit("/", 2)[-2]: place for place in places}


@click.group(invoke_without_command=True)
@env_option
@params_option
@click.option("--last", default=20, type=click.IntRange(1), help="How many to list.")
@click.pass_context
def history(
    context: click.Context, env: str | None, params: dict[str, Any], last: int
) -> None:
    """List the runs that are kept; show one; compare two."""
    # Defaults for the subcommands.
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
        # A broken report must not hide the others.
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
    """Return a page's local path; copy it from remote storage."""
    if Path(place).is_file():
        return Path(place)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="report-", suffix=".html", delete=False
    ) as copy:
        copy.write(html)
    return Path(copy.name)
