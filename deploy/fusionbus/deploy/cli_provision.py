"""The command `fusionbus provision`."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.topics import Partitions, agency_of
from fusionbus.deploy import agencies as agencies_file
from fusionbus.deploy import cli_keys, cli_rights
from fusionbus.deploy.provision import NOTHING, ConfigChange, NewTopic, Plan, Wanted, Writing, carry_out, plan
from fusionbus.deploy.provision import Progress as Report
from fusionbus.deploy.provision_kafka import KafkaCluster, ProvisionSettings
from fusionbus.deploy.signing_keys import PublicKeys
from fusionbus.shell.kafka import BrokerDown
from fusionbus.shell.settings import load

_DEFAULT = Partitions()

provision_commands = typer.Typer()


@provision_commands.command()
def provision(  # noqa: PLR0917 - typer reads options by name
    agencies: Annotated[Path | None, typer.Option(help="Who takes part. Default: the packaged agencies.yaml.")] = None,
    bootstrap: Annotated[str | None, typer.Option(help="host:port of the broker. Default: FUSION_BOOTSTRAP.")] = None,
    replication: Annotated[
        int | None, typer.Option(help="Copies of each partition. Default: FUSION_REPLICATION, or 1.")
    ] = None,
    partitions: Annotated[
        int,
        typer.Option(
            "--partitions", "--partitions-ingress", min=1, max=1_000, help="Of reports, accepted traffic and its state."
        ),
    ] = _DEFAULT.ingress,
    partitions_agency: Annotated[
        int, typer.Option(min=1, max=1_000, help="Of an agency's other three topics.")
    ] = _DEFAULT.agency,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and touch nothing.")] = False,
    rights: Annotated[
        bool | None,
        typer.Option("--rights/--no-rights", help="Users and rights too. Default: unless FUSION_SECURITY=PLAINTEXT."),
    ] = None,
    new_password: Annotated[
        list[str] | None, typer.Option(help="Give this agency or role a new password, at once; may be repeated.")
    ] = None,
) -> None:
    """Create topics, users and rights, write agencies and default subscriptions; what is right already is left.

    Example: fusionbus provision --agencies agencies.yaml --dry-run
    """
    settings = load(ProvisionSettings, bootstrap=bootstrap, replication=replication)
    also_rights = settings.security != "PLAINTEXT" if rights is None else rights
    federation = PublicKeys.under(settings.home).joined_to(agencies_file.read(agencies))
    if also_rights and not dry_run:
        federation = cli_keys.bring(federation, settings)
    spread = Partitions(ingress=partitions, zones=partitions, agency=partitions_agency)
    wanted = Wanted(federation, spread, settings.replication)
    console = Console()
    if dry_run:
        _show(_look(wanted, settings, console), console)
        if also_rights:
            cli_rights.show(federation, settings, console)
        return
    _bring_topics(wanted, settings, console)
    if also_rights:
        cli_rights.bring(federation, settings, tuple(new_password or ()), console)
    elif new_password:
        raise Misconfigured("--new-password is for a broker with passwords: set FUSION_SECURITY and sign in.")


def _bring_topics(wanted: Wanted, settings: ProvisionSettings, console: Console) -> None:
    with KafkaCluster(settings) as cluster:
        todo = plan(wanted, cluster.present(wanted))
        _tell(todo.remarks, console)
        if todo.is_empty:
            besides = " besides" if todo.remarks else ""
            console.print(
                f"Nothing to do{besides}: {_counts(wanted)} are in place at {settings.bootstrap}.", highlight=False
            )
            return
        with _progress() as report:
            carry_out(todo, cluster, report)
    console.print(
        f"Done at {settings.bootstrap}: {len(todo.new_topics)} topics created, {len(todo.config_changes)} settings "
        f"put right, {len(todo.writings)} registry entries written.",
        highlight=False,
    )


def _look(wanted: Wanted, settings: ProvisionSettings, console: Console) -> Plan:
    """The plan against the broker, or without one, against nothing."""
    try:
        with KafkaCluster(settings) as cluster:
            return plan(wanted, cluster.present(wanted))
    except BrokerDown as exc:
        console.print(escape(str(exc)), highlight=False)
        console.print(
            f"Without it this is what would be checked and, where missing, made: {_counts(wanted)}.", highlight=False
        )
        return plan(wanted, NOTHING)


def _counts(wanted: Wanted) -> str:
    federation = wanted.federation
    return (
        f"{sum(1 for _ in wanted.topics())} topics, {len(federation.agencies)} agencies and "
        f"{len(federation.subscriptions)} default subscriptions"
    )


def _show(todo: Plan, console: Console) -> None:
    _tell(todo.remarks, console)
    if todo.is_empty:
        console.print("Nothing to do.")
        return
    table = Table(title="Plan (dry run: nothing is touched)", title_justify="left")
    for heading in ("Do", "What", "Details"):
        table.add_column(heading, overflow="fold")
    for row in (*_topic_rows(todo.new_topics), *_config_rows(todo.config_changes), *_registry_rows(todo.writings)):
        table.add_row(*map(escape, row))
    console.print(table)
    console.print(
        f"{len(todo.new_topics)} topics to create, {len(todo.config_changes)} settings to put right, "
        f"{len(todo.writings)} registry entries to write.",
        highlight=False,
    )


def _topic_rows(topics: tuple[NewTopic, ...]) -> Iterator[tuple[str, str, str]]:
    for agency, group in groupby(topics, key=lambda new: agency_of(new.topic.name)):
        family = list(group)
        if agency:
            parts = ", ".join(f"{new.topic.name.removesuffix(f'-{agency}')} {new.partitions}" for new in family)
            yield "create", f"{len(family)} topics of {agency}", f"partitions: {parts}"
            continue
        for new in family:
            kept = "newest of each key" if new.topic.compacted else _kept(new.topic.retention_ms)
            count = f"{new.partitions} partition{'s' if new.partitions > 1 else ''}"
            yield "create", new.topic.name, f"{count}, keeps {kept}: {new.topic.about}"


def _kept(retention_ms: int | None) -> str:
    return "all" if retention_ms is None else f"{retention_ms // 86_400_000} days"


def _config_rows(changes: tuple[ConfigChange, ...]) -> Iterator[tuple[str, str, str]]:
    for change in changes:
        yield "set", change.topic, f"{change.key} = {change.new} (is {change.old or 'not set'})"


def _registry_rows(writings: tuple[Writing, ...]) -> Iterator[tuple[str, str, str]]:
    for writing in writings:
        why = "new" if not writing.changed else f"differs in {', '.join(writing.changed)}"
        match writing.entry:
            case Agency() as agency:
                yield "write", f"agency {agency.agency}", why
            case Subscription() as one:
                yield "write", f"subscription of {one.agency}", f"{one.name}: {why}"


def _tell(remarks: tuple[str, ...], console: Console) -> None:
    for remark in remarks:
        console.print(f"[yellow]![/] {escape(remark)}", highlight=False)


@contextmanager
def _progress() -> Iterator[Report]:
    """A bar for each sort of step, on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def report(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done)

        yield report
