"""Users, rights and quotas as `fusionbus provision` shows and makes them, and `fusionbus env`."""

import shlex
from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy import broker_service
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.broker_files import HOST
from fusionbus.deploy.broker_secured import ADMIN, environment
from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.deploy.provision_kafka import ProvisionSettings
from fusionbus.deploy.quotas import plan_quotas
from fusionbus.deploy.quotas_kafka import KafkaQuotas
from fusionbus.deploy.rights import ROLES, RightsPlan, RightsThere, by_principal, principals_for
from fusionbus.deploy.rights_kafka import KafkaRights, plan_for
from fusionbus.deploy.secret_files import PRINCIPAL, Secrets
from fusionbus.shell.kafka import BrokerDown
from fusionbus.shell.settings import load

NO_RIGHTS: Final = RightsThere()
env_commands = typer.Typer()


def show(federation: Federation, settings: ProvisionSettings, console: Console) -> None:
    """Prints what would be done about users and rights."""
    try:
        with KafkaRights(settings) as broker:
            todo = plan_for(federation, settings, broker.present())
        with KafkaQuotas(settings) as broker_quotas:
            limits = plan_quotas(federation, broker_quotas.present())
    except BrokerDown:
        todo, limits = plan_for(federation, settings, NO_RIGHTS), plan_quotas(federation, {})
    _tell(todo, console)
    table = Table(title="Users and rights (dry run: nothing is touched)", title_justify="left")
    for heading in ("Do", "Who", "Details"):
        table.add_column(heading, overflow="fold")
    for row in (*_rows(todo, _secrets(settings)), *(("limit", one.principal, str(one)) for one in limits)):
        table.add_row(*map(escape, row))
    if table.row_count:
        console.print(table)
    told = _counts(todo, "to make", "to give", "to take away")
    console.print(f"{told}, {len(limits)} quotas to set.", highlight=False)


def bring(federation: Federation, settings: ProvisionSettings, renew: tuple[str, ...], console: Console) -> None:
    """Makes users and rights as they should be, and these principals' passwords anew. Raises: FusionError."""
    secrets = _secrets(settings)
    known = principals_for(agency.agency for agency in federation.agencies if agency.active)
    for name in renew:
        if name not in known:
            raise Misconfigured(f"--new-password {name}: it is no active agency of the file and no role of the hub.")
    with KafkaRights(settings) as broker:
        todo = plan_for(federation, settings, broker.present())
        broker.carry_out(todo, secrets)
        broker.set_passwords({name: secrets.renewed_password(name) for name in renew})
    with KafkaQuotas(settings) as broker_quotas:
        limits = plan_quotas(federation, broker_quotas.present())
        broker_quotas.carry_out(limits)
    _tell(todo, console)
    told = _counts(todo, "made", "given", "taken away")
    console.print(f"{told}, {len(limits)} quotas set.", highlight=False)
    if todo.new_users or renew:
        console.print(f"Passwords lie in {escape(str(secrets.root))}, one file each.", highlight=False)


def _secrets(settings: ProvisionSettings) -> Secrets:
    return Secrets((settings.home.expanduser() / "secrets").absolute())


def _counts(todo: RightsPlan, made: str, given: str, taken: str) -> str:
    ended = len(todo.ended_users) + len(todo.ended_acls)
    more = f", {ended} of ended agencies {taken}" if ended else ""
    return f"{len(todo.new_users)} users {made}, {len(todo.new_acls)} rights {given}{more}"


def _rows(todo: RightsPlan, secrets: Secrets) -> Iterator[tuple[str, str, str]]:
    for name in todo.new_users:
        kept = secrets.password_file(name)
        yield "make", f"user {name}", f"password {'of' if kept.exists() else 'made into'} {kept}"
    for name, acls in by_principal(todo.new_acls).items():
        yield "allow", name, ", ".join(map(str, acls))
    for name in todo.ended_users:
        yield "end", f"user {name}", "its agency is not active"
    for name, acls in by_principal(todo.ended_acls).items():
        yield "take away", name, ", ".join(map(str, acls))


def _tell(todo: RightsPlan, console: Console) -> None:
    for remark in todo.remarks:
        console.print(f"[yellow]![/] {escape(remark)}", highlight=False)


@env_commands.command()
def env(
    agency: Annotated[str | None, typer.Option(help="Whose commands, such as CTD-KP.")] = None,
    role: Annotated[str | None, typer.Option(help=f"Or which role of the hub: {', '.join((*ROLES, ADMIN))}.")] = None,
) -> None:
    """Print the environment lines of an agency or role, for `eval`: where its secrets lie, never a secret.

    Example: eval "$(fusionbus env --agency CTD-KP)"
    """
    if (agency is None) == (role is None):
        raise Misconfigured("Name an agency with --agency or a role with --role, and not both.")
    if role is not None and role not in (*ROLES, ADMIN):
        raise Misconfigured(f"--role {role}: there is {', '.join((*ROLES, ADMIN))}.")
    settings = load(LocalBrokerSettings)
    if agency is not None and not PRINCIPAL.fullmatch(agency):
        raise Misconfigured(f"{agency!r} is no name of an agency: use letters, digits and hyphens.")
    lines = _environment(agency or role or "", settings) | ({"FUSION_AGENCY": agency} if agency else {})
    for name, value in lines.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def _environment(principal: str, settings: LocalBrokerSettings) -> dict[str, str]:
    secrets = None if settings.bootstrap else broker_service.secrets_of(settings)
    running = broker_service.find_running(broker_service.folder_of(settings))
    bootstrap = settings.bootstrap or f"{HOST}:{running.port if running else settings.broker_port}"
    if secrets is None:
        return {"FUSION_BOOTSTRAP": bootstrap}
    if not secrets.password_file(principal).exists():
        raise Misconfigured(f"{principal} has no password yet: run `fusionbus up --secure` or `fusionbus provision`.")
    return environment(bootstrap, principal, secrets)
