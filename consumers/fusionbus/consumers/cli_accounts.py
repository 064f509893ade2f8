"""Commands for the accounts of the web server: who may sign in, which programs may ask, who looked at what."""

import getpass
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusionbus.consumers import words
from fusionbus.consumers.cli_keep import Database
from fusionbus.consumers.handlers.terminal import PKT
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.people import roles

if TYPE_CHECKING:
    from fusionbus.consumers.web.site import Site

commands = typer.Typer(no_args_is_help=True, help="Accounts and API tokens of the web server, and its access log.")
tokens = typer.Typer(no_args_is_help=True, help="API tokens: for programs of an agency.")
commands.add_typer(tokens, name="token")

DAYS_MAX = 366
Agency = Annotated[str, typer.Option(help="Whose, such as CTD-KP.")]
OneOrAll = Annotated[str | None, typer.Option(help="Only this agency's. [all]")]
Name = Annotated[str, typer.Option(help="A desk or service such as watch-2; it is told to the hub with every answer.")]
ARole = Annotated[str, typer.Option(help=roles())]


@commands.command()
def add(*, database: Database = None, agency: Agency, name: Name, role: ARole) -> None:
    """Make an account; its password is shown once, and must be changed at the first sign-in.

    Example: fusionbus accounts add --agency CTD-KP --name watch-2 --role analyst
    """
    owner, wanted = words.agency_id(agency), words.one_of(Role, "--role", role)
    with _opened(database) as site:
        password = site.accounts.add(owner, name, wanted)
        _log(site, owner, f"add {owner}/{name} {wanted.value}")
    typer.echo(f"{owner}/{name} may sign in as {wanted.value}. One-time password, shown this once: {password}")


@commands.command("list")
def list_(*, database: Database = None, agency: OneOrAll = None) -> None:
    """List the accounts.

    Example: fusionbus accounts list --agency CTD-KP
    """
    owner = words.agency_id(agency) if agency else None
    with _opened(database) as site:
        found = site.accounts.all(owner)
    rows = [
        (
            each.agency,
            each.name,
            each.role.value,
            ("active" if each.active else "switched off") + (", one-time password" if each.must_change else ""),
            _time(each.signed_in_at),
        )
        for each in found
    ]
    _show(("agency", "name", "role", "state", "last sign-in (PKT)"), rows, "There are no accounts.")


@commands.command()
def disable(*, database: Database = None, agency: Agency, name: Name) -> None:
    """Switch an account off; whoever is signed in with it is out at once.

    Example: fusionbus accounts disable --agency CTD-KP --name watch-2
    """
    _switch(database, agency, name, active=False)


@commands.command()
def enable(*, database: Database = None, agency: Agency, name: Name) -> None:
    """Switch an account on again.

    Example: fusionbus accounts enable --agency CTD-KP --name watch-2
    """
    _switch(database, agency, name, active=True)


@commands.command()
def password(*, database: Database = None, agency: Agency, name: Name) -> None:
    """Give an account a new one-time password, shown once; whoever is signed in with it is out.

    Example: fusionbus accounts password --agency CTD-KP --name watch-2
    """
    owner = words.agency_id(agency)
    with _opened(database) as site:
        made = site.accounts.renew(owner, name)
        _log(site, owner, f"password {owner}/{name}")
    typer.echo(f"{owner}/{name}: one-time password, shown this once: {made}")


@commands.command()
def log(
    *,
    database: Database = None,
    agency: OneOrAll = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="So many of the newest.")] = 100,
) -> None:
    """Show who signed in, looked at what, and did what.

    Example: fusionbus accounts log --agency CTD-KP --last 20
    """
    owner = words.agency_id(agency) if agency else None
    with _opened(database) as site:
        found = site.log.newest(owner, last)
    rows = [
        (
            _time(each.at),
            each.agency or "",
            each.who,
            each.act.value,
            each.what or "",
            each.outcome.value,
            each.address or "",
        )
        for each in found
    ]
    _show(("time (PKT)", "agency", "who", "act", "what", "outcome", "from"), rows, "Nothing is logged yet.")


@tokens.command("add")
def add_token(
    *,
    database: Database = None,
    agency: Agency,
    name: Name,
    role: ARole = Role.READER.value,
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="It ends after so many days.")] = 90,
) -> None:
    """Make an API token; it is shown once.

    Example: fusionbus accounts token add --agency CTD-KP --name siem --days 180
    """
    owner, wanted = words.agency_id(agency), words.one_of(Role, "--role", role)
    with _opened(database) as site:
        token_id, token = site.tokens.add(owner, name, wanted, days)
        _log(site, owner, f"token add {token_id} {name} {wanted.value}")
    typer.echo(f"{owner}/{name}, {wanted.value}, {days} days, id {token_id}. Token, shown this once: {token}")


@tokens.command("list")
def list_tokens(*, database: Database = None, agency: OneOrAll = None) -> None:
    """List the tokens, never what they are.

    Example: fusionbus accounts token list --agency CTD-KP
    """
    owner, now = words.agency_id(agency) if agency else None, datetime.now(UTC)
    with _opened(database) as site:
        found = site.tokens.all(owner)
    rows = []
    for each in found:
        state = (
            "revoked" if each.revoked_at else "over" if each.expires_at <= now else f"until {_time(each.expires_at)}"
        )
        rows.append((each.agency, each.name, each.role.value, each.token_id, state, _time(each.used_at)))
    _show(("agency", "name", "role", "id", "state", "last use (PKT)"), rows, "There are no tokens.")


@tokens.command()
def revoke(*, database: Database = None, token_id: Annotated[str, typer.Argument(help="Its id, as listed.")]) -> None:
    """End a token at once.

    Example: fusionbus accounts token revoke 1b4e28ba-2fa1-51d2-883f-0016d3cca427
    """
    with _opened(database) as site:
        owner = site.tokens.revoke(token_id)
        _log(site, owner, f"token revoke {token_id}")
    typer.echo(f"The token {token_id} of {owner} is revoked.")


def _switch(database: str | None, agency: str, name: str, *, active: bool) -> None:
    owner = words.agency_id(agency)
    with _opened(database) as site:
        site.accounts.switch(owner, name, active=active)
        _log(site, owner, f"{'enable' if active else 'disable'} {owner}/{name}")
    typer.echo(f"{owner}/{name} is switched {'on' if active else 'off'}.")


def _opened(database: str | None) -> "AbstractContextManager[Site]":
    from fusionbus.consumers.web.opening import opened  # noqa: PLC0415 - SQLAlchemy, which few commands need

    return opened(database)


def _log(site: "Site", agency: str, what: str) -> None:
    """Writes down what was done at the command line, and by which user of the machine."""
    from fusionbus.consumers.web.access_log import Act, Entry, Outcome  # noqa: PLC0415 - as above

    user = "unknown"
    with suppress(OSError, KeyError):
        user = getpass.getuser()
    act = Act.TOKEN if what.startswith("token") else Act.ACCOUNT
    site.log.write(Entry(datetime.now(UTC), agency, f"{user} (command)", act, what, Outcome.DONE, None))


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(PKT).strftime("%Y-%m-%d %H:%M:%S")


def _show(columns: Sequence[str], rows: Sequence[Sequence[str]], nothing: str) -> None:
    if not rows:
        typer.echo(nothing)
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    terminal = Console()
    Console(markup=False, highlight=False, emoji=False, width=None if terminal.is_terminal else 160).print(table)
