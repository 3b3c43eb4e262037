"""`kedro erase`: photos, and all that was made of them, are taken out of the data."""

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.utils import env_option
from kedro.framework.context import KedroContext

from fruit_features.cli.running import run
from fruit_features.exceptions import ErasureError
from fruit_features.hooks.lock import locked
from fruit_features.hooks.preflight import check_storage, require_data
from fruit_features.pipelines.reporting.summary import in_columns
from fruit_features.places import opened, params_option
from fruit_features.privacy.refusals import Refusal, raise_refused
from fruit_features.privacy.selection import Selection, read_names


def _user() -> str:
    """Return who is at work; a container's user may have no name."""
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
def erase(  # noqa: PLR0913, PLR0917  An argument an option.
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
    with opened(env, params) as context:
        names = read_names(listed) if listed else []
        selection = Selection(patterns, labels, names)
        check_storage(context)
        command = _Command(context, selection, raw=raw, asked_by=asked_by)
        if dry_run:
            command.count()
            return
        receipts = command.run(ask=not yes)
    if refit and receipts:
        _fit_anew(click_context, env, params)
    refused = [each for receipt in receipts for each in receipt["refused"]]
    raise_refused([Refusal(**each) for each in refused], "something of the photos")


class _Command:
    """What one call of the command does with the data of a context."""

    def __init__(
        self, context: KedroContext, selection: Selection, *, raw: bool, asked_by: str
    ) -> None:
        from fruit_features.privacy.storage import Storage

        require_data(context)
        self._context, self._selection = context, selection
        self._raw, self._asked_by = raw, asked_by
        self._storage = Storage(context)

    def count(self) -> None:
        """Say what would be erased."""
        from fruit_features.privacy.journal import read_journal

        pending = read_journal(self._storage.journal)
        if pending:
            click.echo(
                f"an erasure of {len(pending.keys):,} photos was killed: "
                "`kedro erase` goes on with it"
            )
        if self._selection or not pending:
            _show(self._plan())

    def run(self, *, ask: bool) -> list[dict[str, Any]]:
        """Finish an erasure that was killed, and carry out the one asked for.

        Returns:
            Their receipts.
        """
        from fruit_features.privacy.journal import read_journal

        with locked(self._context):
            receipts = []
            pending = read_journal(self._storage.journal)
            self._storage.clear_leftovers()
            if pending:
                click.echo(f"going on with the erasure of {pending.begun}")
                receipts.append(self._carry_out(pending))
            if self._selection or not pending:
                planned = self._plan()
                _show(planned)
                if ask:
                    click.confirm("Erase them? It cannot be undone", abort=True)
                self._storage.save(self._storage.journal, asdict(planned))
                receipts.append(self._carry_out(planned))
        return receipts

    def _plan(self) -> Any:
        from fruit_features.privacy.erasure import plan

        if not self._selection:
            message = (
                "no photo is named, and no erasure was killed; name photos by "
                "--path <pattern>, --label <label> or --list <file>"
            )
            raise ErasureError(message)
        return plan(
            self._storage, self._selection, asked_by=self._asked_by, raw=self._raw
        )

    def _carry_out(self, journal: Any) -> dict[str, Any]:
        from fruit_features.privacy.erasure import Erasure

        receipt = Erasure(self._storage, journal, click.echo).carry_out()
        place = f"{self._storage.receipts.address}/{journal.id}"
        click.echo(f"{len(journal.keys):,} photos erased; the receipt: {place}")
        return receipt


def _show(planned: Any) -> None:
    header = ("", "found", "files", "place")
    rows = [
        (line.dataset, f"{line.found:,}", f"{line.files:,}", line.place)
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


def _fit_anew(
    click_context: click.Context, env: str | None, params: dict[str, Any]
) -> None:
    reduction = {**params.get("reduction", {}), "refit": True}
    click_context.invoke(
        run,
        env=env,
        params={**params, "reduction": reduction},
        tags=["reduction", "reporting"],
    )
