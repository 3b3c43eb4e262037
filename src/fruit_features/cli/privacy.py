"""`kedro erase` and `kedro retention`: delete photos, and data past its age limit."""

import contextlib
import datetime as dt
import getpass
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.utils import env_option
from kedro.framework.context import KedroContext
from kedro.io.core import DatasetError

from fruit_features.cli.running import run
from fruit_features.hooks.lock import locked
from fruit_features.hooks.preflight import check_storage, require_data
from fruit_features.pipelines.reporting.fields import PAGE_DATA
from fruit_features.pipelines.reporting.summary import in_columns
from fruit_features.places import opened, params_option
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.privacy.refusals import Refusal, raise_refused
from fruit_features.privacy.selection import Selection, read_names

# Parquet's reader and Plotly take seconds to import; other commands need neither.
if TYPE_CHECKING:
    from fruit_features.privacy.erasure import Journal
    from fruit_features.privacy.removal import Due
    from fruit_features.privacy.storage import Storage

NOTHING_SET = (
    "nothing goes because of its age: retention.images_days, features_days and "
    "logs_days are not set"
)


def _user() -> str:
    """Return the user's name; a container's user may have none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


@click.command()
@click.option(
    "--path",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Photos whose path fits, such as 'Apple/*'; below the folder of images, or "
    "whole. May be given again.",
)
@click.option(
    "--label",
    "labels",
    multiple=True,
    help="All photos of a label, which may be given again.",
)
@click.option(
    "--list",
    "listed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Photos of a file: a path a line.",
)
@click.option("--raw", is_flag=True, help="Delete the files of the photos as well.")
@click.option("--dry-run", is_flag=True, help="Count, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--refit", is_flag=True, help="Fit anew and report, without the photos.")
@click.option("--asked-by", default=_user, help="Who asks, for the receipt: this user.")
@env_option
@params_option
@click.pass_context
def erase(  # noqa: PLR0913, PLR0917  One argument per option.
    click_context: click.Context,
    patterns: tuple[str, ...],
    labels: tuple[str, ...],
    listed: Path | None,
    raw: bool,
    dry_run: bool,
    yes: bool,
    refit: bool,
    asked_by: str,
    env: str | None,
    params: dict[str, Any],
) -> None:
    """Erase photos, and all that was made of them, everywhere.

    Counts first, and asks. Without photos it goes on with an erasure that was killed.
    No later run takes the photos in again, also if their files stay.
    """
    from fruit_features.privacy.erasure import Journal, plan

    receipts = []
    with opened(env, params) as context:
        names = read_names(listed) if listed else frozenset()
        selection = Selection(frozenset(patterns), frozenset(labels), names)
        with _storage(context, lock=not dry_run) as storage:
            if stored := storage.read("pending_erasure"):
                pending = Journal(**stored)
                if dry_run:
                    click.echo(
                        f"an erasure of {len(pending.keys):,} photos was killed: "
                        "`kedro erase` goes on with it"
                    )
                else:
                    click.echo(f"going on with the erasure of {pending.begun}")
                    receipts.append(_carry_out(context, storage, pending))
            if selection or not stored:
                planned = plan(storage, selection, asked_by=asked_by, raw=raw)
                _show_photos(planned)
                if not dry_run:
                    _confirm("Erase them?", yes)
                    storage.write("pending_erasure", asdict(planned))
                    receipts.append(_carry_out(context, storage, planned))
    if refit and receipts:
        reduction = {**params.get("reduction", {}), "refit": True}
        click_context.invoke(
            run,
            env=env,
            params={**params, "reduction": reduction},
            tags=["reduction", "reporting"],
        )
    refused = [each for receipt in receipts for each in receipt["refused"]]
    raise_refused([Refusal(**each) for each in refused], "something of the photos")


@click.command()
@click.option("--dry-run", is_flag=True, help="Count, change nothing.")
@click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="With --dry-run: what will be too old by then, such as 2027-01-31.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@env_option
@params_option
def retention(
    dry_run: bool,
    day: dt.datetime | None,
    yes: bool,
    env: str | None,
    params: dict[str, Any],
) -> None:
    """Delete what is older than the parameters of `retention` allow.

    Counts first, and asks. Features outlive images that go so.
    """
    from fruit_features.privacy.removal import due

    if day and not dry_run:
        message = "--on only reckons: give --dry-run as well"
        raise click.UsageError(message)
    now = (day or dt.datetime.now(dt.timezone.utc)).replace(tzinfo=dt.timezone.utc)
    refused = []
    with opened(env, params) as context:
        given = context.config_loader["parameters"]["retention"]
        kept = RetentionParameters(**given)
        if not kept.limits(now):
            click.echo(NOTHING_SET)
            return
        with _storage(context, lock=not dry_run) as storage:
            found = due(storage, kept, now, partial(_render, context))
            _show_due(found, kept, now)
            if found and not dry_run:
                _confirm("Delete it?", yes)
                storage.look_again()
                for each in found:
                    refused += each.remove()
                    click.echo(f"{each.name}: done")
    raise_refused(refused, "what is too old")


@contextlib.contextmanager
def _storage(context: KedroContext, *, lock: bool) -> Iterator["Storage"]:
    """Check a context's storage; to change it, also lock it and clear leftovers."""
    from fruit_features.privacy.storage import Storage

    check_storage(context)
    require_data(context)
    storage = Storage(context)
    with locked(context) if lock else contextlib.nullcontext():
        if lock:
            storage.clear_leftovers()
        yield storage


def _confirm(question: str, yes: bool) -> None:
    if not yes:
        click.confirm(f"{question} It cannot be undone", abort=True)


def _carry_out(
    context: KedroContext, storage: "Storage", journal: "Journal"
) -> dict[str, Any]:
    from fruit_features.privacy.erasure import carry_out

    receipt = carry_out(storage, journal, partial(_render, context), click.echo)
    place = f"{storage.datasets['erasure_receipts'].address}/{journal.id}"
    click.echo(f"{len(journal.keys):,} photos erased; the receipt: {place}")
    return receipt


def _render(context: KedroContext) -> None:
    """Redraw plot and page of the last run from its current tables."""
    from jinja2 import TemplateError

    from fruit_features.pipelines.reporting.page import render_page
    from fruit_features.pipelines.reporting.plots import draw_projection

    catalog = context.catalog
    if not all(catalog.exists(name) for name in (*PAGE_DATA, "run_report")):
        return
    try:
        data = {name: catalog.load(name) for name in PAGE_DATA}
        report = catalog.load("run_report")
        images = report["images"]
        total = images["featurized"] + images["unchanged"] + report["expired"]
        plot = draw_projection(data["projection_points"], total)
        catalog.save("projection_plot", plot)
        earlier = [load() for load in (catalog.load("kept_runs")() or {}).values()]
        earlier = [run for run in earlier if run["started"] < report["started"]]
        before = max(earlier, key=lambda run: run["started"], default=None)
        catalog.save("report", render_page(report, before, data))
    except (DatasetError, LookupError, TypeError, ValueError, TemplateError) as error:
        click.echo(f"plot and page are not drawn anew: {error}", err=True)


def _show_photos(planned: "Journal") -> None:
    header = ("", "found", "files", "place")
    rows = [
        (line["dataset"], f"{line['found']:,}", f"{line['files']:,}", line["place"])
        for line in planned.lines
    ]
    click.echo(in_columns([header, *rows]))
    for model in planned.models:
        of = f" of {model['rows']:,} images" if "rows" in model else ""
        click.echo(f"{model['model']} was made of {model['photos']:,} of them{of}")
    files = (
        "their files go as well"
        if planned.raw
        else "their files stay (--raw deletes them), but no run takes them in again"
    )
    click.echo(f"{len(planned.keys):,} photos; {files}")


def _show_due(found: list["Due"], kept: RetentionParameters, now: dt.datetime) -> None:
    if not found:
        click.echo(f"nothing is too old on {now:%Y-%m-%d}")
        return
    days = kept.days()
    header = ("", "days kept", "too old", "in files", "place")
    rows = [
        (
            each.name,
            f"{days[each.kind]}",
            f"{each.found:,}",
            f"{each.files:,}",
            each.place,
        )
        for each in found
    ]
    click.echo(in_columns([header, *rows]))
