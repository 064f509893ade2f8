"""Commands that ask a threat database: what is known, and whether a plate or number is."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusionbus.consumers import words
from fusionbus.consumers.cli_keep import Database
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.consumers.handlers.terminal import PKT
from fusionbus.contract.errors import FixTheReport, Misconfigured

commands = typer.Typer()

COLUMNS = ("time (PKT)", "severity", "what", "where", "headline", "origins", "incident")
WIDTH_MIN = 150
TABLE = "table"
Agency = Annotated[str, typer.Option(help="Whose rows, such as CTD-KP.", envvar="FUSION_AGENCY")]


@commands.command()
def search(
    text: Annotated[str | None, typer.Argument(help='Words, English or Urdu: bomb*, "in this order".')] = None,
    *,
    agency: Agency,
    database: Database = None,
    province: Annotated[str | None, typer.Option(help="Such as PK-KP.")] = None,
    district: Annotated[str | None, typer.Option(help="Its name.")] = None,
    near: Annotated[str | None, typer.Option(help="lat,lon,km such as 34.01,71.58,50.")] = None,
    since: Annotated[str | None, typer.Option(help="2026-01-15, or with time; PKT without offset.")] = None,
    until: Annotated[str | None, typer.Option(help="As --since; a day means all of it.")] = None,
    actor: Annotated[str | None, typer.Option(help="Who is held responsible.")] = None,
    category: Annotated[str | None, typer.Option(help="Such as ied.")] = None,
    kind: Annotated[str | None, typer.Option(help="Such as threat.")] = None,
    severity_min: Annotated[str | None, typer.Option(help="Minor, Moderate, Severe or Extreme.")] = None,
    status: Annotated[str | None, typer.Option(help="Exercise, Test … [Actual]")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only what is open.")] = False,
    token: Annotated[str | None, typer.Option(help="Only what names this person or thing.")] = None,
    sort: Annotated[str | None, typer.Option(help="newest, oldest, severity or nearest. [newest]")] = None,
    page: Annotated[int, typer.Option(help="Which page.")] = 1,
    per_page: Annotated[int, typer.Option(help="How many a page, 200 at most.")] = 20,
    form: Annotated[str, typer.Option("--format", help="table, json, csv, geojson, stix or cap.")] = TABLE,
    out: Annotated[Path | None, typer.Option(help="The file to write. [standard output]")] = None,
) -> None:
    """Search an agency's threat database: by words, place, time, actor, category, severity, token.

    Example: fusionbus search "دھماکہ" --agency CTD-KP --near 34.01,71.58,50 --since 2026-01-01 --format csv
    """
    from fusionbus.consumers.threats import search as searching  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.threats.exporting import Format, export  # noqa: PLC0415 - as above
    from fusionbus.consumers.threats.query import read_query  # noqa: PLC0415 - as above
    from fusionbus.consumers.threats.viewer import Viewer  # noqa: PLC0415 - as above

    circle = words.circle(near)
    given = {
        **({"lat": circle.lat, "lon": circle.lon, "radius_km": circle.radius_km} if circle else {}),
        "text": text,
        "province": province,
        "district": district,
        "since": since,
        "until": until,
        "actor": actor,
        "category": category,
        "kind": kind,
        "severity_min": severity_min,
        "status": status,
        "token": token,
        "open_only": open_only,
        "sort": sort,
        "page": page,
        "per_page": per_page,
    }
    how = None if form == TABLE else words.one_of(Format, "--format", form)
    viewer, query = Viewer(words.agency_id(agency)), read_query(given)
    with closing(_opened(database)) as opened:
        found = searching.search(opened, viewer, query)
        if how is None:
            _show(found)
        else:
            _write(export(opened, viewer, found, how).content, out)


@commands.command()
def check(
    token: Annotated[str, typer.Argument(help="As `fusionbus token` makes it; - reads it from standard input.")],
    *,
    agency: Agency,
    database: Database = None,
) -> None:
    """Check a plate, CNIC or phone: hit or no hit, and whom to call. Exit code 1: no hit.

    Example: fusionbus check plate:k1:40c19cd304d98ba66c4872751b3915de --agency POLICE-KP
    """
    from fusionbus.consumers.threats import search as searching  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.threats.query import read_query  # noqa: PLC0415 - as above
    from fusionbus.consumers.threats.viewer import Viewer  # noqa: PLC0415 - as above

    piped = token == "-"  # noqa: S105 - a sign, no secret
    asked = read_query({"token": (sys.stdin.readline() if piped else token).strip()}).token
    if asked is None:
        raise FixTheReport("There is no token on standard input: pipe `fusionbus token` into this.")
    with closing(_opened(database)) as opened:
        checked = searching.check(opened, Viewer(words.agency_id(agency)), asked)
    for hit in checked.hits:
        call = line(hit.contact or hit.agency or "the hub's desk")
        role = f", {hit.role.replace('_', ' ')}" if hit.role else ""
        typer.echo(
            f"HIT  {hit.at.astimezone(PKT):%Y-%m-%d %H:%M}  {hit.type}{role}  incident {hit.incident_id}  call: {call}"
        )
        typer.echo(f"     {line(hit.headline or 'no headline')}")
    if not checked.hit:
        typer.echo("No hit: your agency was told nothing of it.")
        raise typer.Exit(1)


def _opened(database: str | None) -> Any:
    from fusionbus.consumers.threats.database import ThreatDatabase  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.threats.where import default_url  # noqa: PLC0415 - as above

    return ThreatDatabase(database or default_url(), make=False)


def _show(found: Any) -> None:
    """Prints the page as a table."""
    terminal = Console()
    width = None if terminal.is_terminal else max(terminal.width, WIDTH_MIN)
    console = Console(markup=False, highlight=False, emoji=False, width=width)
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for one in found.incidents:
        place = ", ".join(part for part in (one.place, one.district, one.province) if part)
        away = f" ({one.distance_km:.0f} km)" if one.distance_km is not None else ""
        state = " WITHDRAWN" if one.withdrawn else " JOINED" if one.merged_into else ""
        cells = (
            f"{one.at.astimezone(PKT):%Y-%m-%d %H:%M}",
            one.severity + state,
            (one.category or one.kind).replace("_", " "),
            place + away,
            one.headline or "",
            f"{one.independent_origins} of {one.reports}",
            one.incident_id,
        )
        table.add_row(*(Text(line(cell)) for cell in cells))
    if found.incidents:
        console.print(table)
    more = " or more" if found.total_is_capped else ""
    console.print(f"{len(found.incidents)} of {found.total:,}{more} incidents, page {found.page}.")


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        out.write_bytes(content)
    except OSError as exc:
        raise Misconfigured(f"{out} cannot be written ({exc.strerror}): name a file in a folder that exists.") from exc
