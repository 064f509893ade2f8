"""`fusionbus broker`: starts, stops and shows the local broker."""

import dataclasses
import json
from typing import Annotated

import typer

from fusionbus.deploy import broker_service
from fusionbus.deploy.broker_ready import listens
from fusionbus.deploy.broker_service import State
from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.shell.settings import load

EXIT_DOWN = 3  # as the Linux Standard Base has it for `status`
EXIT_NOT_READY = 4

broker_commands = typer.Typer(no_args_is_help=True, help="Start, stop and show the local Kafka broker.")
Port = Annotated[int | None, typer.Option(min=1024, max=65535, help="The loopback port (FUSION_BROKER_PORT).")]


@broker_commands.command()
def up(
    port: Port = None,
    foreground: Annotated[bool, typer.Option(help="Become the broker; for systemd.")] = False,
    secure: Annotated[
        bool, typer.Option("--secure", help="With TLS, passwords and rights (docs/security.md).")
    ] = False,
) -> None:
    """Start the broker in the background and wait until it takes records.

    Example: fusionbus broker up --secure
    """
    settings = load(LocalBrokerSettings)
    if settings.bootstrap is not None:
        typer.echo(f"FUSION_BOOTSTRAP names the cluster {settings.bootstrap}: it is used and nothing is started here.")
        return
    if foreground:
        broker_service.become(settings, port, secure=secure)
    done = broker_service.up(settings, port, secure=secure)
    if done.after_crash:
        typer.echo("The last broker ended without being stopped; Kafka has checked its data.")
    how = "already runs" if done.was_running else "is ready"
    typer.echo(f"The broker {how} on 127.0.0.1:{done.running.port} (process {done.running.pid}).")


@broker_commands.command()
def down(
    force: Annotated[bool, typer.Option(help="End it at once, as a crash would.")] = False,
) -> None:
    """Stop the broker; its records stay.

    Example: fusionbus broker down
    """
    settings = load(LocalBrokerSettings)
    ended = broker_service.down(settings, force=force)
    if ended is not None:
        typer.echo(f"The broker on 127.0.0.1:{ended.port} (process {ended.pid}) has stopped; its records are kept.")
    elif settings.bootstrap is not None:
        typer.echo(f"FUSION_BOOTSTRAP names the cluster {settings.bootstrap}: there is nothing to stop here.")
    else:
        typer.echo("The broker was not running.")


@broker_commands.command()
def status(
    wait: Annotated[float, typer.Option(min=0, help="Wait up to so many seconds for it to be ready.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show the broker; exit code 3 when it is down, 4 when it runs but takes no records.

    Example: fusionbus broker status --wait 30
    """
    settings = load(LocalBrokerSettings)
    if settings.bootstrap is not None:
        answers = listens(settings.bootstrap)
        typer.echo(
            f"FUSION_BOOTSTRAP names the cluster {settings.bootstrap}; it {'answers' if answers else 'is down'}."
        )
        raise typer.Exit(0 if answers else EXIT_DOWN)
    now = broker_service.status(settings, wait)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(now), indent=2))
    else:
        _show(now)
    raise typer.Exit({State.READY: 0, State.DOWN: EXIT_DOWN, State.NOT_READY: EXIT_NOT_READY}[now.state])


def _show(now: broker_service.Status) -> None:
    rows = {
        "state": now.state.value,
        "address": now.bootstrap,
        "process": now.pid,
        "topics": now.topics,
        "data": f"{now.data_bytes / 2**20:.1f} MB in {now.data_folder}",
        "version": f"Apache Kafka {now.kafka_version}",
    }
    for name, value in rows.items():
        if value is not None:
            typer.echo(f"{name:<8} {value}")
