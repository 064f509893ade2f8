"""The command that keeps the centre's threat database."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from fusionbus.consumers import words
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop, on_signals
from fusionbus.contract.errors import Misconfigured
from fusionbus.shell import metrics
from fusionbus.shell.settings import BrokerSettings, load

commands = typer.Typer()

Database = Annotated[
    str | None,
    typer.Option(
        help="sqlite:PATH, or a URL postgresql://…; with a password better in FUSION_DATABASE_URL than here. "
        "[threats.db in the data folder]",
        envvar="FUSION_DATABASE_URL",
        show_envvar=True,
        show_default=False,
    ),
]


@commands.command()
def keep(
    *,
    database: Database = None,
    agency: Annotated[list[str] | None, typer.Option(help="Whose alerts; any number. Not with --all.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's, and what the hub holds.")] = False,
    follow: Annotated[bool, typer.Option("--follow/--once", help="Wait for more, or end when all is kept.")] = True,
    again: Annotated[bool, typer.Option(help="Read everything anew that the bus still holds.")] = False,
    metrics_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Serve metrics on this port.")] = None,
    dead_letters: Annotated[Path | None, typer.Option(help="Where records go that cannot be read.")] = None,
) -> None:
    """Keep a threat database of alerts, receipts and answers: an agency's, or the centre's for all.

    Example: fusionbus keep --all --database postgresql://fusion@db.example/threats
    """
    from fusionbus.consumers.threats.database import ThreatDatabase  # noqa: PLC0415 - half a second, for this only
    from fusionbus.consumers.threats.keeper import Keeper  # noqa: PLC0415 - as above
    from fusionbus.consumers.threats.where import default_url  # noqa: PLC0415 - as above

    if everybody == bool(agency):
        raise Misconfigured("Whose alerts? Name agencies with --agency, or say --all.")
    agencies = [words.agency_id(one) for one in agency or ()]
    broker, settings, stop = load(BrokerSettings), load(ConsumerSettings), Stop()
    with closing(ThreatDatabase(database or default_url())) as opened, on_signals(stop):
        keeper = Keeper(opened, broker, agencies, again=again, settings=settings, stop=stop, unreadable=dead_letters)
        metrics.serve(metrics_port)
        kept = keeper.run(follow=follow)
    if not follow:
        typer.echo(f"Kept in {opened.shown}: " + (_told(kept) or "nothing new") + ".")


def _told(kept: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {_kind(kind, count)}" for kind, count in kept.items() if count)


def _kind(kind: str, count: int) -> str:
    one = kind.replace("_", " ")
    return one if count == 1 else f"{one.removesuffix('y')}ies" if one.endswith("y") else f"{one}s"
