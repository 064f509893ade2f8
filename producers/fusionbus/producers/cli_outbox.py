"""`fusionbus outbox status` and `fusionbus outbox send`."""

import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from fusionbus.contract.errors import FusionError, Misconfigured
from fusionbus.producers.cli_publish import AgencyOption, end, errors, tell
from fusionbus.producers.outbox import Outbox, Standing, agencies_with_outbox, path_of
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.sender import drain, follow
from fusionbus.producers.settings import ProducerSettings
from fusionbus.shell.metrics import serve
from fusionbus.shell.plain import neutral
from fusionbus.shell.settings import load

outbox_commands = typer.Typer(no_args_is_help=True, help="Reports kept on this machine until the broker has them.")


@outbox_commands.command("status")
def status(agency: AgencyOption = None) -> None:
    """Show what waits, since when, and what was refused.

    Example: fusionbus outbox status --agency CTD-KP
    """
    settings = load(ProducerSettings)
    table = Table("agency", "waiting", "oldest", "sent", "refused", title="Outbox")
    refusals: list[str] = []
    for one in _agencies(agency, settings):
        with Outbox(one, settings) as outbox:
            standing = outbox.standing()
        table.add_row(one, str(standing.waiting), _age(standing), str(standing.sent), str(standing.refused))
        refusals += [f"{one} {report_id}: {sentence}" for report_id, sentence in standing.refusals]
    Console().print(table)
    for line in refusals:
        typer.echo(neutral(line))


@outbox_commands.command("send")
def send(
    agency: AgencyOption = None,
    follow_on: Annotated[bool, typer.Option("--follow", help="Stay, and send whatever comes in.")] = False,
    metrics_port: Annotated[int | None, typer.Option(help="Serve Prometheus metrics here.")] = None,
) -> None:
    """Send what waits, in order. Only what the broker acknowledged is marked as sent.

    Example: fusionbus outbox send --follow --metrics-port 9121
    """
    settings = load(ProducerSettings)
    serve(metrics_port)
    agencies = _agencies(agency, settings)
    if follow_on:
        _follow(agencies, settings)
        return
    held = 0
    for one in agencies:
        held += _send(one, settings)
    end(held)


def _send(agency: str, settings: ProducerSettings) -> int:
    with Outbox(agency, settings) as outbox:
        waiting = outbox.standing().waiting
        if not waiting:
            typer.echo(f"{agency}: nothing waits.")
            return 0
        with (
            Publisher(agency, settings) as publisher,
            Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress,
        ):
            bar = progress.add_task(agency, total=waiting)
            done = drain(outbox, publisher, settings=settings, on_sent=lambda size: progress.advance(bar, size))
        left = outbox.standing().waiting
    typer.echo(f"{agency}: {done.sent} sent, {done.refused} refused, {left} waiting.")
    if done.held_by is not None:
        tell(f"{agency}: {done.held_by}")
    return done.refused + (done.held_by is not None)


def _follow(agencies: Sequence[str], settings: ProducerSettings) -> None:
    """One thread an agency; ends on SIGINT or SIGTERM, or when what went wrong is not mended by waiting."""
    stop, faults = threading.Event(), list[FusionError]()

    def run(agency: str) -> None:
        try:
            follow(agency, settings, stop, tell)
        except FusionError as exc:
            faults.append(exc)
            stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=run, args=(one,), name=f"outbox-{one}") for one in agencies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def _agencies(agency: str | None, settings: ProducerSettings) -> list[str]:
    found = agencies_with_outbox(settings)
    if agency is None:
        if not found:
            raise Misconfigured(
                f"There is no outbox in {settings.home / 'outbox'}: put reports there with `publish --outbox`."
            )
        return found
    if agency not in found:
        raise Misconfigured(f"There is no outbox of {agency} here ({path_of(agency, settings)}): check --agency.")
    return [agency]


def _age(standing: Standing) -> str:
    if standing.oldest_at is None:
        return "-"
    seconds = int((datetime.now(UTC) - standing.oldest_at).total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"
