"""Commands of this room: alerts and acknowledgements here, subscriptions and receipts in their own files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from fusionbus.consumers import (
    cli_accounts,
    cli_keep,
    cli_oversight,
    cli_receipts,
    cli_redress,
    cli_search,
    cli_services,
    cli_share,
    cli_subscriptions,
    cli_watch,
    cli_web,
    words,
)
from fusionbus.consumers.answering import answer
from fusionbus.consumers.handlers import HANDLERS, Handler, open_handler
from fusionbus.consumers.receiver import AlertReceiver
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop, on_signals
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.vocabulary import AckAction, Opinion
from fusionbus.shell import metrics
from fusionbus.shell.settings import BrokerSettings, load

commands = typer.Typer()
commands.add_typer(cli_subscriptions.commands)
commands.add_typer(cli_watch.commands)
commands.add_typer(cli_receipts.commands)
commands.add_typer(cli_share.commands, name="share")
commands.add_typer(cli_services.commands, name="alert-services")
commands.add_typer(cli_web.commands)
commands.add_typer(cli_keep.commands)
commands.add_typer(cli_search.commands)
commands.add_typer(cli_oversight.commands, name="oversight")
commands.add_typer(cli_redress.commands, name="redress")
commands.add_typer(cli_accounts.commands, name="accounts")

Agency = Annotated[str, typer.Option(help="Whose, such as CTD-KP.", envvar="FUSION_AGENCY")]
NOTE_CHARS_MAX = 20_000


@commands.command()
def alerts(
    *,
    agency: Agency,
    handler: Annotated[list[str] | None, typer.Option(help=f"Any number of {HANDLERS}. [terminal]")] = None,
    follow: Annotated[bool, typer.Option("--follow/--once", help="Wait for more, or end when all is read.")] = True,
    group: Annotated[str, typer.Option(help="Each group gets every alert; receivers of one share them.")] = "alerts",
    acknowledge: Annotated[bool, typer.Option(help="Tell the hub that the alerts are here.")] = True,
    dead_letters: Annotated[Path | None, typer.Option(help="Where alerts go that cannot be taken.")] = None,
    metrics_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Serve metrics on this port.")] = None,
) -> None:
    """Receive an agency's alerts: show, store, acknowledge.

    Example: fusionbus alerts --agency CTD-KP --handler terminal --handler sqlite:threats.db
    """
    stop = Stop()
    name, broker, settings = words.agency_id(agency), load(BrokerSettings), load(ConsumerSettings)
    handlers = _open(handler or ["terminal"])
    try:
        receiver = AlertReceiver(
            name,
            handlers,
            broker,
            group=group,
            acknowledge=acknowledge,
            dead_letters=dead_letters,
            settings=settings,
            stop=stop,
        )
        metrics.serve(metrics_port)
        with on_signals(stop):
            receiver.run(follow=follow)
    finally:
        for opened in handlers:
            opened.close()


@commands.command()
def ack(
    *,
    alert_id: Annotated[str, typer.Argument(help="The alert's id, as shown with it.")],
    agency: Agency,
    action: Annotated[str, typer.Option(help=", ".join(AckAction))],
    opinion: Annotated[str | None, typer.Option(help=f"With --action opinion: {', '.join(Opinion)}")] = None,
    note: Annotated[str | None, typer.Option(help="A sentence for the originator's desk.")] = None,
    by: Annotated[str | None, typer.Option(help="The desk that answers; not a person's name.")] = None,
    store: Annotated[
        str | None, typer.Option(help="Where the alert is: sqlite:PATH, database:URL, jsonl:PATH. [topic]")
    ] = None,
) -> None:
    """Say what became of an alert: read, used, a false alarm, an opinion, more wanted.

    Example: fusionbus ack 1b4e28ba-2fa1-51d2-883f-0016d3cca427 --agency CTD-KP --action used --note "Two arrests."
    """
    said = words.one_of(AckAction, "--action", action)
    meant = words.one_of(Opinion, "--opinion", opinion) if opinion else None
    if (said is AckAction.OPINION) != (meant is not None):
        raise Misconfigured(f"--action opinion goes with --opinion and only with it: {', '.join(Opinion)}.")
    if note is not None and not 0 < len(note) <= NOTE_CHARS_MAX:
        raise Misconfigured(f"--note has {len(note):,} characters: 1 to {NOTE_CHARS_MAX:,} are allowed.")
    if by is not None and not 0 < len(by) <= 300:  # noqa: PLR2004 - the contract's Text
        raise Misconfigured(f"--by has {len(by):,} characters: 1 to 300 are allowed.")
    sentence = answer(
        words.some_id("an alert's id", alert_id),
        words.agency_id(agency),
        said,
        opinion=meant,
        note=note,
        by=by,
        store=store,
        broker=load(BrokerSettings),
        settings=load(ConsumerSettings),
    )
    typer.echo(sentence)


def _open(specs: Sequence[str]) -> list[Handler]:
    """The handlers, all or none."""
    opened: list[Handler] = []
    try:
        opened.extend(open_handler(spec) for spec in dict.fromkeys(specs))
    except BaseException:
        for one in opened:
            one.close()
        raise
    return opened
