"""`fusionbus dashboard`: the keeper of the threat database and the web server, as one service of this machine."""

from pathlib import Path
from typing import Annotated, Final

import typer

from fusionbus.contract.errors import RetryLater
from fusionbus.contract.topics import THREAT_DATABASE
from fusionbus.deploy import broker_service
from fusionbus.deploy.broker_secured import as_principal
from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.deploy.rights import DASHBOARD
from fusionbus.shell.settings import load

WEB_PORT: Final = 8410
KEEPER_METRICS_PORT: Final = 9103
"""Beside those of the hub's two workers."""

dashboard_commands = typer.Typer()


@dashboard_commands.command()
def dashboard(
    database: Annotated[
        str | None,
        typer.Option(help="sqlite:PATH or postgresql://… [threats.db in FUSION_HOME]", envvar="FUSION_DATABASE_URL"),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where the pages are.")] = WEB_PORT,
    logs: Annotated[Path | None, typer.Option(help="Folder of the logs. [dashboard in FUSION_HOME]")] = None,
    strict_s: Annotated[float, typer.Option(hidden=True, help="For `up`: end with the first fault so long.")] = 0.0,
) -> None:
    """Keep the threat database and serve its pages until SIGTERM or Ctrl-C; what ends is started again.

    For a machine without systemd; `fusionbus up` runs it in the background.
    Example: fusionbus dashboard --database sqlite:threats.db
    """
    from fusionbus.deploy import service  # noqa: PLC0415 - Kafka's client takes a while; `--help` need not

    settings = load(LocalBrokerSettings)
    folder = (logs or folder_of(settings)).absolute()
    bootstrap = settings.bootstrap or _local(settings)
    secrets = broker_service.secrets_of(settings) if settings.bootstrap is None else None
    shared = {"FUSION_DATABASE_URL": database or database_of(settings)}
    keeper, web = (as_principal(name, bootstrap, secrets) | shared for name in (THREAT_DATABASE, DASHBOARD))
    wanted = (
        service.Wanted("keeper", ("keep", "--all", "--metrics-port", str(KEEPER_METRICS_PORT)), keeper),
        service.Wanted("web", ("web", "--port", str(port)), web),
    )
    typer.echo(f"{told(port)} Logs in {folder}.", err=True)
    service.supervise(folder, wanted, strict_s=strict_s)


def told(port: int = WEB_PORT) -> str:
    """Where the pages are and how to get in, in words."""
    return (
        f"Dashboard: http://127.0.0.1:{port}/ - make an account first: "
        "`fusionbus accounts add --agency NACTA --name watch-1 --role supervisor`."
    )


def folder_of(settings: LocalBrokerSettings) -> Path:
    """Where its logs and its note lie."""
    return (settings.home.expanduser() / "dashboard").absolute()


def database_of(settings: LocalBrokerSettings) -> str:
    """The database where none is named."""
    return f"sqlite:{(settings.home.expanduser() / 'threats.db').absolute()}"


def _local(settings: LocalBrokerSettings) -> str:
    held = broker_service.find_running(broker_service.folder_of(settings))
    if held is None:
        raise RetryLater("The local broker is not running: start it with `fusionbus up`, or set FUSION_BOOTSTRAP.")
    return f"127.0.0.1:{held.port}"
