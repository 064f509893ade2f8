"""`fusionbus dashboard`: the keeper of the threat database and the web server, as one service of this machine."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fusionbus.contract.errors import RetryLater
from fusionbus.contract.topics import THREAT_DATABASE
from fusionbus.deploy import broker_service
from fusionbus.deploy.broker_secured import as_principal
from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.deploy.rights import DASHBOARD
from fusionbus.deploy.secret_files import Secrets
from fusionbus.shell.settings import load

if TYPE_CHECKING:
    from fusionbus.deploy.service import Wanted

WEB_PORT: Final = 8410
DATABASE: Final = "FUSION_DATABASE_URL"
KEEPER_METRICS_PORT: Final = 9103
"""Beside those of the hub's two workers."""

dashboard_commands = typer.Typer()


@dashboard_commands.command()
def dashboard(
    database: Annotated[
        str | None,
        typer.Option(help="sqlite:PATH or postgresql://… [threats.db in FUSION_HOME]", envvar=DATABASE),
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
    shared = {DATABASE: database or database_of(settings)}
    typer.echo(f"{told(settings, port)} Logs in {folder}.", err=True)
    service.supervise(folder, processes(bootstrap, secrets, shared, port), strict_s=strict_s)


def processes(
    bootstrap: str, secrets: Secrets | None, shared: dict[str, str], port: int = WEB_PORT
) -> "tuple[Wanted, Wanted]":
    """Keeper and web server, each as its own principal: neither may do what the other may."""
    from fusionbus.deploy.service import Wanted  # noqa: PLC0415 - as above

    keeper, web = (as_principal(name, bootstrap, secrets) | shared for name in (THREAT_DATABASE, DASHBOARD))
    return (
        Wanted("keeper", ("keep", "--all", "--metrics-port", str(KEEPER_METRICS_PORT)), keeper),
        Wanted("web", ("web", "--port", str(port)), web),
    )


def told(settings: LocalBrokerSettings, port: int = WEB_PORT) -> str:
    """Where the pages are and how to get in, in words; a database that the user named is not repeated."""
    where = "" if os.environ.get(DATABASE) else f" --database {database_of(settings)}"
    return (
        f"Dashboard: http://127.0.0.1:{port}/ - make an account first: "
        f"`fusionbus accounts add{where} --agency NACTA --name watch-1 --role supervisor`."
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
