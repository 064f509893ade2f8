"""`fusionbus denials`: what the broker refused."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy import broker_service
from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.deploy.operators import showing, words
from fusionbus.deploy.operators.denials import Denial, Log, read
from fusionbus.shell.metrics import DENIED, serve
from fusionbus.shell.settings import load

LOOK_S: Final = 1.0
HEADINGS: Final = ("times", "last at", "who", "refused for", "tried", "from")

denial_commands = typer.Typer()


@denial_commands.command()
def denials(
    *,
    log: Annotated[Path | None, typer.Option(help="A broker's log. Default: the local broker's.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Tell each new one as it comes, and count it.")] = False,
    metrics_port: Annotated[int | None, typer.Option(help="With --follow: serve Prometheus metrics here.")] = None,
    as_json: words.AsJson = False,
) -> None:
    """Show who was refused what by the broker: wrong passwords, others' topics, others' groups.

    Example: fusionbus denials --follow --metrics-port 9131
    """
    source = Log(log or broker_service.folder_of(load(LocalBrokerSettings)).log)
    try:
        found = [*read(source.older()), *read(source.more())]
        if not follow:
            _show(found, as_json=as_json)
            return
        serve(metrics_port)
        while True:
            for one in read(source.more()):
                DENIED.labels(one.principal, one.cause).inc()
                typer.echo(showing.neutral(f"{one.at} {one.principal} from {one.host}: {one.tried} ({one.cause})"))
            time.sleep(LOOK_S)
    except OSError as exc:
        raise Misconfigured(
            f"The broker's log {source.file} cannot be read ({exc.strerror}): name it with --log."
        ) from exc


def _show(found: Sequence[Denial], *, as_json: bool) -> None:
    counts: dict[tuple[str, str, str, str], tuple[int, str]] = {}
    for one in found:
        about = one.principal, one.cause, one.tried, one.host
        counts[about] = counts.get(about, (0, ""))[0] + 1, one.at
    rows = sorted(((times, at, *about) for about, (times, at) in counts.items()), reverse=True)
    if as_json:
        showing.show_json([dict(zip(HEADINGS, row, strict=True)) for row in rows])
    elif rows:
        showing.show_table(HEADINGS, ((str(times), *told) for times, *told in rows))
    else:
        typer.echo("The broker has refused nothing, as far back as its log goes.")
