"""How `fusionbus oversight` shows things at a terminal: tables of numbers, ids and agencies."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusionbus.consumers.handlers.terminal import PKT
from fusionbus.shell.plain import neutral

if TYPE_CHECKING:
    from fusionbus.consumers.oversight.figures import Behind, Figure
    from fusionbus.consumers.oversight.looks import Look
    from fusionbus.consumers.oversight.whom import Told
    from fusionbus.consumers.threats.rows import Row

WIDTH_MIN: Final = 150
"""Where nobody looks at a terminal (a pipe, a file) the tables need so much."""


def show_figures(figures: "Iterable[Figure]") -> None:
    """Each figure with its definition, its law, and a line for each agency that has a number."""
    for figure in figures:
        told = figure.definition
        typer.echo(f"\n{told.title} [{told.key}]\n  {told.counted}, out of {told.out_of}; by {told.by}")
        typer.echo(f"  {told.meaning}\n  {told.law}")
        rows = [(row.about, row.count, row.of, row.share) for row in figure.rows if row.count]
        total = figure.total
        rows.append(("all", total.count, total.of, total.share))
        shown = [(name, f"{n:,}", f"{of:,}", "–" if share is None else f"{share:.1%}") for name, n, of, share in rows]
        show_table(("agency", "count", "out of", "share"), shown, numbers=3)


def show_behind(records: "Sequence[Behind]") -> None:
    """Each record with its place."""
    rows = [
        (_clock(one.at), one.about, one.event, f"{one.partition}/{one.offset}", one.report_id or "", one.audit_id)
        for one in records
    ]
    show_table(("time (PKT)", "agency", "event", "partition/offset", "report", "audit id"), rows)
    typer.echo(f"{len(records)} records.")


def show_story(told: "Told", looks: "Sequence[Look]") -> None:
    """What was done about a report, who got it by which rule, and who looked."""
    typer.echo(f"Report {told.report_id} of {told.agency or 'an unknown agency'}")
    rows = []
    for step in told.steps:
        overrode = "danger to life overrode" if step.override else ""
        said = ", ".join(part for part in (step.detail, overrode) if part)
        place = f"{step.partition}/{step.offset}"
        rows.append((_clock(step.at), step.event, step.agency or "", said, "", "", place))
        rows += [("", "  sent to", one.agency, "", one.rule, one.form, "") for one in step.receivers]
    show_table(("time (PKT)", "what", "agency", "said", "rule", "form", "partition/offset"), rows)
    if looks:
        seen = [(_clock(one.at), one.agency, one.who, one.act) for one in looks]
        show_table(("looked at (PKT)", "agency", "who", "act"), seen)


def show_questions(found: "Sequence[Row]") -> None:
    """Who asked about a person."""
    rows = []
    for row in found:
        at = row["at"]
        when = _clock(at) if isinstance(at, datetime) else str(at)
        rows.append((when, str(row["by"]), str(row["reason"]), str(row["mark"]), str(row["found"])))
    show_table(("time (PKT)", "by", "reason", "mark of the token", "reports"), rows)


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> None:
    """Prints a table of neutral text; the last `numbers` columns are numbers."""
    terminal = Console()
    width = None if terminal.is_terminal else max(terminal.width, WIDTH_MIN)
    table = Table()
    for place, heading in enumerate(headings):
        right = place >= len(headings) - numbers
        table.add_column(heading, overflow="fold", justify="right" if right else "left")
    for row in rows:
        table.add_row(*(Text(neutral(cell)) for cell in row))
    Console(markup=False, highlight=False, emoji=False, width=width).print(table)


def _clock(at: datetime) -> str:
    return at.astimezone(PKT).strftime("%Y-%m-%d %H:%M:%S")
