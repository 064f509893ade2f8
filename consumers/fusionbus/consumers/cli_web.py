"""The command that serves the API and the pages."""

import ipaddress
from typing import Annotated

import structlog
import typer

from fusionbus.consumers.cli_keep import Database
from fusionbus.contract.errors import Misconfigured

commands = typer.Typer()
log = structlog.get_logger()

MESSAGE_BYTES_MAX = 1_000_000
"""One message of a page's line; the pages send clicks and what is typed."""

IN_PLAIN = (
    "Passwords and alerts go over the network in plain from {host}: put TLS in front (docs/api.md) and set "
    "FUSION_WEB_TLS=true, or leave --host out."
)


@commands.command()
def web(
    *,
    database: Database = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8410,
    host: Annotated[str, typer.Option(help="Another address than the loopback only behind TLS.")] = "127.0.0.1",
) -> None:
    """Serve the pages and the API of a threat database.

    Example: fusionbus web --database sqlite:threats.db --port 8410
    """
    try:
        import uvicorn  # noqa: PLC0415 - with what it serves half a second, which no other command needs

        from fusionbus.consumers.web.opening import opened  # noqa: PLC0415 - as above
        from fusionbus.consumers.web.server import create_app  # noqa: PLC0415 - as above
    except ModuleNotFoundError as exc:
        raise Misconfigured(
            f"The web server needs {exc.name}, which is not installed: pip install 'fusionbus-consumers[web]'."
        ) from exc

    with opened(database) as site:
        if not _is_loopback(host) and not site.settings.web_tls:
            typer.echo(IN_PLAIN.format(host=host), err=True)
        config = uvicorn.Config(
            create_app(site),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=site.settings.web_behind_proxy,
            forwarded_allow_ips="127.0.0.1",
            ws_max_size=MESSAGE_BYTES_MAX,
            timeout_graceful_shutdown=5,
        )
        typer.echo(f"Open http://{host}:{port}/ and sign in; `fusionbus accounts add` makes an account.")
        try:
            uvicorn.Server(config).run()
        except SystemExit as exc:
            raise Misconfigured(
                f"{host}:{port} could not be listened on: is something else there? Use --port."
            ) from exc


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
