"""`fusionbus up` and `fusionbus down`: broker, topics, hub, threat database and web server, left running."""

from pathlib import Path
from typing import Annotated

import typer

from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.topics import HUB
from fusionbus.deploy import broker_service
from fusionbus.deploy import cli_dashboard as dashboard
from fusionbus.deploy.broker_secured import ADMIN, as_principal
from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.shell.settings import load

up_commands = typer.Typer()
up_commands.add_typer(dashboard.dashboard_commands)


@up_commands.command()
def up(
    secure: Annotated[
        bool, typer.Option("--secure", help="With TLS, passwords and rights (docs/security.md).")
    ] = False,
    web: Annotated[bool, typer.Option("--web/--no-web", help="The threat database and the web server too.")] = True,
    agencies: Annotated[Path | None, typer.Option(help="Who takes part. Default: the packaged agencies.yaml.")] = None,
    metrics_port: Annotated[
        int,
        typer.Option(min=1, max=65_000, envvar="FUSION_HUB_METRICS_PORT", help="Of the first worker, as with `hub`."),
    ] = 9101,
) -> None:
    """Start broker, topics, the hub's workers, the threat database and the web server, and leave them running.

    Example: fusionbus up --secure
    """
    from fusionbus.deploy import hub_service, service  # noqa: PLC0415 - Kafka's client takes a while; `--help` need not
    from fusionbus.deploy.demo_crew import Crew  # noqa: PLC0415 - as above

    settings = load(LocalBrokerSettings)
    bootstrap = settings.bootstrap
    if bootstrap is None:
        done = broker_service.up(settings, secure=secure)
        bootstrap = f"127.0.0.1:{done.running.port}"
    elif secure:
        raise Misconfigured("FUSION_BOOTSTRAP names a cluster, and --secure makes a local one: leave one of them out.")
    secrets = broker_service.secrets_of(settings) if settings.bootstrap is None else None
    folder = _folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    who = () if agencies is None else ("--agencies", str(agencies.absolute()))
    said = Crew(folder, as_principal(ADMIN, bootstrap, secrets) | {"COLUMNS": "200"}).run(
        "provision", "provision", *who
    )
    pid = service.start(folder, as_principal(HUB, bootstrap, secrets), "hub", "--metrics-port", str(metrics_port))
    typer.echo(said.strip().splitlines()[-1])
    ports = " and ".join(str(metrics_port + number) for number in range(hub_service.WORKERS))
    typer.echo(f"Broker {bootstrap}; hub running (process {pid}), metrics on ports {ports}; logs in {folder}.")
    waits = hub_service.wait_until_ready(metrics_port)
    typer.echo("Its workers are ready." if waits is None else f"Not all of it is ready yet: {waits}")
    if web:
        service.start(dashboard.folder_of(settings), {}, "dashboard")
        typer.echo(dashboard.told(settings))
    if secrets is not None:
        typer.echo(f"It is secured; secrets lie in {secrets.root}. For an agency: `fusionbus env --agency CTD-KP`.")
    elif bootstrap != "127.0.0.1:19092":
        typer.echo(f"For the other commands: export FUSION_BOOTSTRAP={bootstrap}")
    typer.echo("Next: `fusionbus simulate`, `replay`, `alerts --agency CTD-KP`. End: `fusionbus down`.")


@up_commands.command()
def down() -> None:
    """Stop what `up` started; the broker's records stay.

    Example: fusionbus down
    """
    from fusionbus.deploy import service  # noqa: PLC0415 - as above

    settings = load(LocalBrokerSettings)
    if service.stop(dashboard.folder_of(settings)) is not None:
        typer.echo("The threat database and the web server have stopped.")
    ended = service.stop(_folder(settings))
    typer.echo(f"The hub (process {ended}) has stopped." if ended is not None else "The hub was not running.")
    # Also where FUSION_BOOTSTRAP names a cluster: after `up`, an agency's settings name the broker that it started.
    broker = broker_service.down(settings)
    if broker is not None or settings.bootstrap is None:
        typer.echo("The broker has stopped; its records stay." if broker else "The broker was not running.")


@up_commands.command()
def hub(
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many, on this machine.")] = 2,
    metrics_port: Annotated[
        int, typer.Option(min=1, max=65_000, help="Of the first worker; each has /metrics, /live and /ready.")
    ] = 9101,
    logs: Annotated[Path | None, typer.Option(help="Folder of the workers' logs. Default: hub in FUSION_HOME.")] = None,
    strict_s: Annotated[float, typer.Option(hidden=True, help="For `up`: end with the first fault so long.")] = 0.0,
) -> None:
    """Run the hub's workers until SIGTERM or Ctrl-C; one that ends is started again, and why it ended is said.

    For a machine without systemd. The pauses between starts grow from 0.5 s to 30 s while a worker does not hold.
    Example: fusionbus hub --workers 4 --metrics-port 9101
    """
    from fusionbus.deploy import hub_service, service  # noqa: PLC0415 - as above

    folder = (logs or _folder(load(LocalBrokerSettings))).absolute()
    typer.echo(f"{workers} workers; logs in {folder}.", err=True)
    service.supervise(folder, hub_service.workers(workers, metrics_port), strict_s=strict_s)


def _folder(settings: LocalBrokerSettings) -> Path:
    return (settings.home.expanduser() / "hub").absolute()
