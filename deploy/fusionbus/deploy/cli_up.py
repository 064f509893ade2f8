"""`fusionbus up` and `fusionbus down`: broker, topics and the hub's workers, left running in the background."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fusionbus.deploy import broker_service
from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.shell.settings import load

up_commands = typer.Typer()


@up_commands.command()
def up() -> None:
    """Start broker, topics and the hub's workers, and leave them running."""
    from fusionbus.deploy import hub_service  # noqa: PLC0415 - Kafka's client takes a while; `--help` need not
    from fusionbus.deploy.demo_crew import Crew  # noqa: PLC0415 - as above

    settings = load(LocalBrokerSettings)
    bootstrap = settings.bootstrap
    if bootstrap is None:
        done = broker_service.up(settings)
        bootstrap = f"127.0.0.1:{done.running.port}"
    folder = _folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    said = Crew(folder, {"FUSION_BOOTSTRAP": bootstrap, "COLUMNS": "200"}).run("provision", "provision")
    pid = hub_service.start(folder, bootstrap)
    typer.echo(said.strip().splitlines()[-1])
    ports = " and ".join(str(port) for port in hub_service.METRICS_PORTS)
    typer.echo(f"Broker {bootstrap}; hub running (process {pid}), metrics on ports {ports}; logs in {folder}.")
    if bootstrap != "127.0.0.1:19092":
        typer.echo(f"For the other commands: export FUSION_BOOTSTRAP={bootstrap}")
    typer.echo("Next: `fusionbus simulate`, `replay`, `alerts --agency CTD-KP`. End: `fusionbus down`.")


@up_commands.command()
def down() -> None:
    """Stop what `up` started; the broker's records stay."""
    from fusionbus.deploy import hub_service  # noqa: PLC0415 - as above

    settings = load(LocalBrokerSettings)
    ended = hub_service.stop(_folder(settings))
    typer.echo(f"The hub (process {ended}) has stopped." if ended is not None else "The hub was not running.")
    if settings.bootstrap is None:
        broker = broker_service.down(settings)
        typer.echo("The broker has stopped; its records stay." if broker else "The broker was not running.")


@up_commands.command("hub-service", hidden=True)
def hub_service_command(folder: Annotated[Path, typer.Argument(help="Where its logs lie.")]) -> None:
    """Keep the hub's workers running, for `up`."""
    from fusionbus.deploy import hub_service  # noqa: PLC0415 - as above

    hub_service.supervise(folder)
    sys.exit(0)


def _folder(settings: LocalBrokerSettings) -> Path:
    return (settings.home.expanduser() / "hub").absolute()
