"""What backup and restore do on a bus and with files."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.topics import REGISTRY
from fusionbus.deploy.backup import database_copy, manifest, registry_copy
from fusionbus.deploy.backup.manifest import Manifest, Part
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.settings import OperatorSettings

OWNER_ONLY: Final = 0o600


def make(folder: Path, broker: OperatorSettings | None, databases: Iterable[Path], now: datetime) -> Manifest:
    """A whole backup in a new folder, or none. Raises: FusionError."""
    if folder.exists():
        raise Misconfigured(f"{folder} is there already: a backup goes into a new folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))  # for its owner alone
    except OSError as exc:
        raise Misconfigured(f"{folder} cannot be made ({exc.strerror}): name another folder.") from exc
    try:
        parts, cluster = [], None
        if broker is not None:
            cluster, part = _copy_registry(unfinished / registry_copy.FILE, broker)
            parts.append(part)
        for source in databases:
            target = unfinished / (source.name.lstrip(".") or "database")
            if target.exists() or target.name == manifest.NAME:
                raise Misconfigured(f"Two files of this backup would be called {target.name}: make a backup for each.")
            counts = database_copy.copy(source, target)
            parts.append(manifest.part_of(target, "database", counts, str(source.absolute())))
        made = manifest.write(unfinished, cluster, parts, now)
        for path in unfinished.iterdir():
            path.chmod(OWNER_ONLY)
            _to_disk(path)
        unfinished.rename(folder)
        _to_disk(folder.parent)
    except OSError as exc:
        raise RetryLater(f"The backup could not be written to {folder} ({exc.strerror}): free some space.") from exc
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return made


def older(folder: Path, than: datetime) -> list[Path]:
    """The backups in this folder that were made before, whole or damaged; nothing that is no backup of ours."""
    made = {path.parent: manifest.made_at(path) for path in sorted(folder.glob(f"*/{manifest.NAME}"))}
    return [path for path, at in made.items() if at is not None and at < than]


def part_for(held: Manifest, target: Path) -> Part:
    """The database of the backup that is meant for this file. Raises: Misconfigured."""
    found = list(held.of_kind("database"))
    named = [part for part in found if part.name == target.name] or (found if len(found) == 1 else [])
    if not named:
        there = ", ".join(part.name for part in found) or "none"
        raise Misconfigured(f"The backup has no database called {target.name}; it has {there}.")
    return named[0]


def check_target(kept: Path, target: Path, *, replace: bool) -> None:
    """Raises: FusionError where the copy is no threat database, or the target is something that must not be lost."""
    database_copy.look(kept)
    if target.exists():
        rows = database_copy.look(target)
        if not replace:
            raise Misconfigured(
                f"{target} is there already, with {rows['alerts']:,} alerts: --replace puts the backup in its place."
            )


def restore_registry(
    folder: Path, held: Manifest, settings: OperatorSettings, *, replace: bool, foreign: bool, dry_run: bool
) -> str:
    """What was done, or would be, in a sentence. Raises: FusionError."""
    (part,) = held.of_kind("registry")
    kept = registry_copy.read(folder / part.name, part.counts)
    with Bus(settings) as bus:
        there = _newest(bus)
        if not foreign:
            _refuse_foreign(kept, there, held.cluster, bus.cluster_id(), settings.bootstrap)
        todo = registry_copy.plan(kept, there)
        keys = (*todo.missing, *(todo.differing if replace else ()))
        if not dry_run:
            for key in keys:
                bus.send(REGISTRY, key.encode(), kept[key])
            if registry_copy.plan({key: kept[key] for key in keys}, _newest(bus)).same != len(keys):
                raise RetryLater("The registry was changed by somebody else meanwhile: run the restore again.")
    left = (
        "" if replace or not todo.differing else f" {len(todo.differing)} differ and are left: --replace writes them."
    )
    only = f" {todo.only_there} that the backup does not have stay." if todo.only_there else ""
    return (
        f"Registry at {settings.bootstrap}: {len(keys)} entries {'would be' if dry_run else 'were'} written, "
        f"{todo.same} are as in the backup.{left}{only}"
    )


def _copy_registry(path: Path, settings: OperatorSettings) -> tuple[str, Part]:
    with Bus(settings) as bus:
        entries, cluster = _newest(bus), bus.cluster_id()
    if not entries:
        raise Misconfigured(f"The registry at {settings.bootstrap} is empty: there is nothing to back up.")
    registry_copy.write(path, entries)
    return cluster, manifest.part_of(path, "registry", registry_copy.counts(entries), settings.bootstrap)


def _newest(bus: Bus) -> dict[str, bytes]:
    """The registry as it stands; one partition, so the order is the topic's."""
    newest = {(record.key or b"").decode("utf-8", "replace"): record.value for record in bus.read(REGISTRY)}
    return {key: value for key, value in newest.items() if value is not None}


def _refuse_foreign(
    kept: registry_copy.Entries, there: registry_copy.Entries, from_cluster: str | None, cluster: str, where: str
) -> None:
    if not there:
        return  # a new broker in the place of a lost one
    if from_cluster != cluster:
        raise Misconfigured(
            f"The backup is of the cluster {from_cluster}, and {where} is {cluster} with a registry of its own: "
            "--foreign restores it there all the same."
        )
    if registry_copy.is_foreign(kept, there):
        raise Misconfigured(
            f"None of the backup's agencies is in the registry at {where}: it is of another federation; "
            "--foreign restores it there all the same."
        )


def _to_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
