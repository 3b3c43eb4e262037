"""Tables on a terminal, plain text where it is piped, JSON where that is asked for."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import Any

import click


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns; drawn on a terminal, without a header if it is empty."""
    if header and sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        table = Table(*header)
        for row in rows:
            table.add_row(*row)
        # Names may hold brackets, which rich would take for styles.
        Console(markup=False, highlight=False).print(table)
        return
    lines = [header, *rows] if header else rows
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (c.ljust(w) for c, w in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def print_heading(text: str) -> None:
    """Print a heading after a blank line."""
    click.echo()
    click.secho(text, bold=True)


def print_json(data: Any) -> None:
    """Print data, dataclasses among them, as JSON."""
    click.echo(json.dumps(data, indent=2, default=_plain))


def dollars(amount: float | None) -> str:
    """Write a sum; a question mark where it is not known."""
    return "? $" if amount is None else f"{amount:,.2f} $"


def duration(hours: float) -> str:
    """Write hours as people do: 8 min, 13.1 h."""
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{hours:,.1f} h"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
