"""`fusionbus lag`: how far the hub and the readers of alerts are behind."""

from dataclasses import asdict
from typing import Annotated, Final

import typer

from fusionbus.deploy.operators import showing, words
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell import lag as lags
from fusionbus.shell.lag import Lag
from fusionbus.shell.offsets import measure
from fusionbus.shell.settings import load

EXIT_BEHIND: Final = 1
COLUMNS: Final = ("group", "topic", "committed", "end", "lag (records)", "lag (oldest)", "lost as too old")

lag_commands = typer.Typer()


@lag_commands.command()
def lag(
    *,
    records_max: Annotated[int | None, typer.Option("--max-records", min=0, help="Exit code 1 above this.")] = None,
    seconds_max: Annotated[float | None, typer.Option("--max-seconds", min=0, help="Exit code 1 above this.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those too that are not behind.")] = False,
    as_json: words.AsJson = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Show what the hub and the groups that read alerts have not yet processed, and how old the oldest of it is.

    Exit code 1 above a threshold, or where records were deleted unread.
    Example: fusionbus lag --max-records 1000 --max-seconds 60
    """
    with Bus(load(OperatorSettings, bootstrap=bootstrap)) as bus:
        rows, unread = measure(bus)
    faults = list(lags.faults(rows, records_max, seconds_max))
    if as_json:
        showing.show_json({"lag": [asdict(row) for row in rows], "never_read": unread, "faults": faults})
    else:
        _show(rows, unread, every=every)
        for sentence in faults:
            typer.echo(sentence)
    raise typer.Exit(EXIT_BEHIND if faults else 0)


def _show(rows: list[Lag], unread: dict[str, int], *, every: bool) -> None:
    shown = [row for row in rows if every or row.records or row.expired]
    if shown:
        showing.show_table(COLUMNS, map(_row, shown))
    else:
        typer.echo(f"Nobody is behind ({len(rows)} pairs of group and topic were looked at).")
    for topic, count in unread.items():
        typer.echo(f"Nobody has ever read {topic}: {count:,} alerts lie there; start the agency's receiver.")


def _row(row: Lag) -> tuple[str, ...]:
    return (
        row.group,
        row.topic,
        f"{row.committed:,}",
        f"{row.end:,}",
        f"{row.records:,}",
        showing.age(row.seconds),
        f"{row.expired:,}" if row.expired else "",
    )
