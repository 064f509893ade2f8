"""`fusionbus publish` and `fusionbus replay`."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import track

from fusionbus.producers.delivery import open_delivery, summary
from fusionbus.producers.reading import Unreadable, read_reports
from fusionbus.producers.settings import ProducerSettings
from fusionbus.shell.plain import neutral
from fusionbus.shell.settings import load

EXIT_SOME_REFUSED: Final = 1
GAP_S_MAX: Final = 3_600.0
"""The longest pause of a replay: a night without reports is not worth waiting for."""

File = Annotated[Path, typer.Argument(help="Reports: JSON, a JSON list, or one a line. `-` reads standard input.")]
AgencyOption = Annotated[
    str | None, typer.Option("--agency", envvar="FUSION_AGENCY", help="Only reports of this agency are sent.")
]
errors: Final = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def tell(sentence: str) -> None:
    """Writes a sentence to standard error."""
    errors.print(neutral(sentence))


def publish(
    file: File = Path("-"),
    agency: AgencyOption = None,
    outbox: Annotated[
        bool, typer.Option("--outbox", help="Keep them in the outbox, to be sent by `fusionbus outbox send`.")
    ] = False,
) -> None:
    """Send reports. Each that cannot be sent is named with its line; the others go.

    Example: fusionbus publish reports.jsonl --agency CTD-KP
    """
    settings = load(ProducerSettings)
    reports = read_reports(file)
    delivery, refused = open_delivery(settings, tell, outbox=outbox), 0
    try:
        for one in track(reports, "Reports", console=errors, transient=True, disable=not errors.is_terminal):
            if isinstance(one, Unreadable):
                refused += _refuse(one.where, one.sentence)
            elif agency is not None and one[1].agency != agency:
                refused += _refuse(one[0], f"The report is by {one[1].agency}, not by {agency}.")
            else:
                delivery.take(*one)
    finally:
        delivery.finish()
    typer.echo(summary(delivery.counts, refused))
    end(refused + delivery.counts["not sent"] + delivery.counts["not stored"])


def replay(
    file: File,
    speed: Annotated[float, typer.Option(min=0.001, help="How many times faster than it happened.")] = 1.0,
) -> None:
    """Send reports of any agencies with the pauses that lay between their `reported_at`.

    Example: fusionbus replay sim.jsonl --speed 60
    """
    settings = load(ProducerSettings)
    delivery, refused, before = open_delivery(settings, tell, outbox=False), 0, None
    try:
        for one in track(
            read_reports(file), "Replaying", console=errors, transient=True, disable=not errors.is_terminal
        ):
            if isinstance(one, Unreadable):
                refused += _refuse(one.where, one.sentence)
                continue
            at = one[1].reported_at
            time.sleep(gap_s(before, at, speed))
            before = at if before is None else max(before, at)
            delivery.take(*one)
    finally:
        delivery.finish()
    typer.echo(summary(delivery.counts, refused))
    end(refused + delivery.counts["not sent"])


def gap_s(before: datetime | None, at: datetime, speed: float) -> float:
    """Seconds to wait between two reports; none for the first, or for one that is out of order."""
    if before is None:
        return 0.0
    return min(max((at - before).total_seconds(), 0.0) / speed, GAP_S_MAX)


def end(faults: int) -> None:
    """Ends the command with 1 when something was refused."""
    if faults:
        raise typer.Exit(EXIT_SOME_REFUSED)


def _refuse(where: str, sentence: str) -> int:
    tell(f"{where}: {sentence}")
    return 1
