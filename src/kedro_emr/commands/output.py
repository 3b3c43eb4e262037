"""Tables on a terminal, plain text where it is piped, JSON where that is asked for."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import Any

import click


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns; drawn on a terminal, parted by spaces elsewhere."""
    if sys.stdout.isatty():
        _draw(header, rows)
        return
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (c.ljust(w) for c, w in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names and what is said of each, under one another."""
    width = max(len(name) for name, _ in pairs)
    for name, said in pairs:
        click.echo(f"{name.ljust(width)}  {said}".rstrip())


def print_heading(text: str) -> None:
    """Print a line that parts what comes from what was."""
    click.echo()
    click.secho(text, bold=True)


def print_json(data: Any) -> None:
    """Print data as JSON."""
    click.echo(json.dumps(data, indent=2, default=_plain))


def dollars(amount: float | None) -> str:
    """Write a sum; a question mark where it is not known."""
    return "? $" if amount is None else f"{amount:,.2f} $"


def duration(hours: float) -> str:
    """Write a time as people do: 8 min, 13.1 h."""
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{hours:,.1f} h"


def _draw(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*header)
    for row in rows:
        table.add_row(*row)
    # Names may hold brackets, which rich would take for styles.
    Console(markup=False, highlight=False).print(table)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
