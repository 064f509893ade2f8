"""`fusionbus backup` and `fusionbus restore`."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.backup import database_copy, desk, manifest
from fusionbus.deploy.operators import words
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.settings import load

backup_commands = typer.Typer()
Registry = Annotated[bool, typer.Option("--registry/--no-registry", help="The registry: agencies and subscriptions.")]


@backup_commands.command()
def backup(
    *,
    folder: Annotated[Path | None, typer.Argument(help="A new folder. Default: backups/<time> in FUSION_HOME.")] = None,
    registry: Registry = True,
    database: Annotated[list[Path] | None, typer.Option(help="A threat database too, in use or not.")] = None,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="Afterwards delete backups beside this one that are older.")
    ] = None,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Copy the registry and threat databases into a new folder, with a manifest by which damage is found.

    It holds marked information and what was purged since: keep it like the databases, and not for longer.
    Example: fusionbus backup --database alerts.db
    """
    settings = load(OperatorSettings, bootstrap=bootstrap)
    databases = database or []
    if not registry and not databases:
        raise Misconfigured("Nothing to back up: name a --database, or leave --no-registry out.")
    now = datetime.now(UTC)
    target = folder or settings.home.expanduser() / "backups" / now.strftime("%Y-%m-%dT%H%M%SZ")
    made = desk.make(target, settings if registry else None, databases, now)
    for part in made.parts:
        typer.echo(f"{part.name}: {_told(part.counts)}")
    typer.echo(f"The backup is in {target}.")
    for old in desk.older(target.parent, now - timedelta(days=keep_days)) if keep_days else ():
        shutil.rmtree(old)
        typer.echo(f"{old} was older than {keep_days} days and is deleted.")


@backup_commands.command()
def restore(
    *,
    folder: Annotated[Path, typer.Argument(help="What `fusionbus backup` made.")],
    registry: Registry = True,
    database: Annotated[
        list[Path] | None, typer.Option(help="Where a threat database goes: the one of this name, or the only one.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also what is there and differs, not only what is missing.")
    ] = False,
    foreign: Annotated[
        bool, typer.Option("--foreign", help="Although the broker has another cluster's or federation's registry.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the backup, say what would be done.")] = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Put a backup back: what is missing, and with --replace what differs. Nothing is taken away from the registry.

    A damaged or foreign backup is refused before anything is written. The broker needs its topics first: provision.
    Example: fusionbus restore backups/2026-11-20 --dry-run
    """
    held = manifest.read(folder)
    typer.echo(f"The backup is whole: made {held.made_at:%Y-%m-%d %H:%M} UTC by fusionbus {held.software}.")
    pairs = [(desk.part_for(held, target), target) for target in database or []]
    for part, target in pairs:
        desk.check_target(folder / part.name, target, replace=replace)
    if registry and any(held.of_kind("registry")):
        settings = load(OperatorSettings, bootstrap=bootstrap)
        typer.echo(desk.restore_registry(folder, held, settings, replace=replace, foreign=foreign, dry_run=dry_run))
    for part, target in pairs:
        if not dry_run:
            database_copy.put_back(folder / part.name, target)
        typer.echo(f"{target} {'would be' if dry_run else 'is'} as it was then: {_told(part.counts)}")


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.items()) + "."
