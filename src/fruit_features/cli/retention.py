"""`kedro retention`: what is older than it may be is deleted."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.utils import env_option
from kedro.framework.context import KedroContext

from fruit_features.hooks.lock import locked
from fruit_features.hooks.preflight import check_storage, require_data
from fruit_features.pipelines.reporting.summary import in_columns
from fruit_features.places import opened, params_option
from fruit_features.privacy.parameters import RetentionParameters
from fruit_features.privacy.refusals import Refusal, raise_refused

if TYPE_CHECKING:
    from fruit_features.privacy.removal import Due

NOTHING_SET = (
    "nothing goes because of its age: retention.images_days, features_days and "
    "logs_days are not set"
)


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
    if day and not dry_run:
        message = "--on only reckons: give --dry-run as well"
        raise click.UsageError(message)
    now = (day or dt.datetime.now(dt.timezone.utc)).replace(tzinfo=dt.timezone.utc)
    with opened(env, params) as context:
        given = context.config_loader["parameters"]["retention"]
        kept = RetentionParameters(**given)
        if not kept.limits(now):
            click.echo(NOTHING_SET)
            return
        check_storage(context)
        require_data(context)
        refused = _remove(context, kept, now, dry_run=dry_run, ask=not yes)
    raise_refused(refused, "what is too old")


def _remove(
    context: KedroContext,
    kept: RetentionParameters,
    now: dt.datetime,
    *,
    dry_run: bool,
    ask: bool,
) -> list[Refusal]:
    # Parquet's reader takes a second to load.
    from fruit_features.privacy.removal import due
    from fruit_features.privacy.storage import Storage

    storage = Storage(context)
    if dry_run:
        _show(due(storage, kept, now), kept, now)
        return []
    with locked(context):
        storage.clear_leftovers()
        found = due(storage, kept, now)
        _show(found, kept, now)
        if not found:
            return []
        if ask:
            click.confirm("Delete it? It cannot be undone", abort=True)
        storage.look_again()
        refused = []
        for each in found:
            refused += each.remove()
            click.echo(f"{each.name}: done")
    return refused


def _show(found: "list[Due]", kept: RetentionParameters, now: dt.datetime) -> None:
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
    if rows:
        click.echo(in_columns([header, *rows]))
    else:
        click.echo(f"nothing is too old on {now:%Y-%m-%d}")
