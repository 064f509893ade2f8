"""`fusionbus watch`: the live bus in a terminal."""

import json
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Annotated

import typer

from fusionbus.consumers import words
from fusionbus.consumers.stopping import Stop, on_signals
from fusionbus.contract.errors import FusionError, Misconfigured
from fusionbus.shell.settings import BrokerSettings, load

commands = typer.Typer()


@commands.command()
def watch(
    *,
    agency: Annotated[
        str | None, typer.Option(help="Only this agency's topics. Default: all that you may see.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="One look, then end: for scripts.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: for programs.")] = False,
    every_s: Annotated[float, typer.Option(min=0.5, max=3_600, help="Seconds between looks.")] = 2.0,
    lines: Annotated[int, typer.Option(min=1, max=50, help="Agencies shown, and newest items of each sort.")] = 8,
) -> None:
    """Show the live bus: how much comes, who is behind, the newest alerts, incidents and dead letters.

    What you see is what your user may read: `operator` sees counts, lag and dead letters, an agency its own alerts.
    It changes nothing, and acknowledges nothing.
    Example: fusionbus watch --agency CTD-KP --once
    """
    from fusionbus.consumers.watching.news import News  # noqa: PLC0415 - the contract's models; `--help` need not
    from fusionbus.consumers.watching.screen import as_tree, screen  # noqa: PLC0415 - as above

    if as_json and not once:
        raise Misconfigured("--json is one look for programs: give --once with it.")
    name = None if agency is None else words.agency_id(agency)
    if not once and not sys.stdout.isatty():
        raise Misconfigured("A live screen needs a terminal: give --once for one look, --json with it for programs.")
    if not once:
        _live(name, every_s, lines)
        return
    from rich.console import Console  # noqa: PLC0415 - as above

    from fusionbus.consumers.watching.looking import Looking  # noqa: PLC0415 - as above

    news = News()
    with Looking(load(BrokerSettings), name) as looking:
        look = looking.look()
        looking.read_on(news)
    now = datetime.now(UTC)
    if as_json:
        typer.echo(json.dumps(as_tree(look, news, now, lines), indent=2, default=str))
    else:
        terminal = Console(highlight=False)
        Console(highlight=False, width=terminal.width if terminal.is_terminal else 150).print(
            screen(look, news, now, lines)
        )


def _live(agency: str | None, every_s: float, lines: int) -> None:
    """Shows what is, until a signal. A broker that goes away is told, and looked for again."""
    from rich.live import Live  # noqa: PLC0415 - as above

    from fusionbus.consumers.watching.looking import Looking  # noqa: PLC0415 - as above
    from fusionbus.consumers.watching.news import News  # noqa: PLC0415 - as above
    from fusionbus.consumers.watching.screen import screen  # noqa: PLC0415 - as above

    stop, news, look, fault = Stop(), News(), None, None
    broker = load(BrokerSettings)
    looking = Looking(broker, agency)  # the first look must succeed: a wrong setting is not waited for
    with on_signals(stop), Live(screen=True, auto_refresh=False) as live, ExitStack() as open_now:
        open_now.enter_context(looking)
        while not stop.requested:
            began = time.monotonic()
            try:
                look, fault = looking.look(), None
                looking.read_on(news)
            except FusionError as exc:
                fault = str(exc)
            live.update(screen(look, news, datetime.now(UTC), lines, fault), refresh=True)
            stop.wait(max(0.1, every_s - (time.monotonic() - began)))
