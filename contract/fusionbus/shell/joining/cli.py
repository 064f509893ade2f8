"""`fusionbus agency`: begin at an agency."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from fusionbus.contract.base import AgencyId
from fusionbus.contract.errors import Misconfigured
from fusionbus.shell.joining.files import Part, files, write

agency_commands = typer.Typer(no_args_is_help=True, help="Begin at an agency that joins.")


@agency_commands.callback()
def group() -> None:
    """Begin at an agency that joins."""


@agency_commands.command()
def new(
    agency: Annotated[str, typer.Argument(help="Its short name, such as CTD-XX: capitals, digits, hyphens.")],
    kind: Annotated[Part, typer.Option(help="Whether it sends reports, receives alerts, or both.")] = Part.BOTH,
    bootstrap: Annotated[
        str, typer.Option(envvar="FUSION_BOOTSTRAP", help="host:port of the broker, for the settings file.")
    ] = "127.0.0.1:19092",
    into: Annotated[Path | None, typer.Option(help="A folder. Default: the short name, here.")] = None,
) -> None:
    """Make an agency's folder: scripts that send and receive, settings, units for systemd, and tests that run.

    It talks to no broker. The folder's README.md says what comes next, for the agency and for the hub's operator.
    Example: fusionbus agency new CTD-XX --kind both --into ctd-xx
    """
    try:
        name = TypeAdapter(AgencyId).validate_python(agency.upper())
    except ValidationError as exc:
        raise Misconfigured(
            f"{agency[:60]!r} is not an agency's short name: use capitals, digits and hyphens, such as CTD-XX."
        ) from exc
    folder = into if into is not None else Path(name.lower())
    texts = files(name, kind, bootstrap)
    write(folder, texts)
    typer.echo(f"{len(texts)} files for {name} in {folder}: {', '.join(sorted(texts))}.")
    typer.echo(f"Next: read {folder / 'README.md'}.")
