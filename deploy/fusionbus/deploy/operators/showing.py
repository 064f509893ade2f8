"""How the operators' tools show things: harmless text, times, ages, tables."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusionbus.shell.plain import neutral

__all__ = ["age", "block", "clock", "console", "neutral", "show_json", "show_table"]
PKT: Final = timezone(timedelta(hours=5), "PKT")
"""Pakistan keeps one time, without daylight saving."""
WIDTH_MIN: Final = 150
"""Where nobody looks at a terminal (a pipe, a file) the tables need so much."""


def block(text: str) -> str:
    """As `neutral`, but line breaks and tabs stay what they are, each line indented by two."""
    lines = text.replace("\r\n", "\n").replace("\t", "    ").split("\n")
    return "\n".join(f"  {neutral(line)}" for line in lines)


def clock(at: datetime) -> str:
    """The time as desks in Pakistan read it."""
    return at.astimezone(PKT).strftime("%m-%d %H:%M:%S")


def age(seconds: float | None) -> str:
    """A length of time in the largest unit that fits, or nothing."""
    if seconds is None:
        return ""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"


def console() -> Console:
    """Where tables go: standard output, wide enough."""
    terminal = Console()
    width = None if terminal.is_terminal else max(terminal.width, WIDTH_MIN)
    return Console(markup=False, highlight=False, emoji=False, width=width)


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table of neutral text."""
    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(neutral(cell)) for cell in row))
    console().print(table)


def show_json(tree: Any) -> None:
    """Prints JSON; times are ISO 8601 in UTC. Everything beyond ASCII is escaped, so nothing steers a terminal."""
    typer.echo(json.dumps(tree, indent=2, default=str))
