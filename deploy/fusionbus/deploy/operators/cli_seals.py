"""`fusionbus audit verify` and `audit checkpoints`: whether the audit was tampered with, and proof kept elsewhere."""

import math
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from rich.console import Console
from rich.progress import track

from fusionbus.contract import topics
from fusionbus.contract.codec import Undecodable, decode, encode
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.seals import Checkpoint, Seal, record_hash
from fusionbus.contract.signing import key_id_of
from fusionbus.deploy.operators import seal_check, showing, words
from fusionbus.deploy.operators.bus import Bus, Written
from fusionbus.deploy.operators.seal_check import Found, Keys, Stored, Verdict
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.settings import load

PUBLIC_KEY: Final = Path("secrets") / "audit-seal.pub"
"""Below `FUSION_HOME`: where a hub on this machine puts the public half of the key that it made."""
SHOWN_MAX: Final = 50
EXIT_FAULTS: Final = 1
OVERLAP: Final = timedelta(hours=1)
"""How far before the newest checkpoint the topic is read again: clocks of workers differ."""

PublicKeys = Annotated[
    list[Path] | None, typer.Option("--public-key", help="PEM of the key that seals are signed with; may be repeated.")
]


def verify(
    *,
    checkpoints: Annotated[
        list[Path] | None, typer.Option(help="A file made by `audit checkpoints`; may be repeated.")
    ] = None,
    public_key: PublicKeys = None,
    as_json: words.AsJson = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Find every audit record that was altered, dropped, moved or inserted after it was sealed. Exit code 1: some were.

    It only reads. Without --checkpoints it cannot find that the ends of both topics were cut off, or that both were
    rewritten by someone who holds the hub's key.
    Example: fusionbus audit verify --public-key audit-seal.pub --checkpoints checkpoints.jsonl
    """
    verdict = verdict_now(checkpoints or (), public_key, bootstrap)
    _tell_json(verdict) if as_json else tell(verdict)
    raise typer.Exit(EXIT_FAULTS if verdict.faults else 0)


def verdict_now(checkpoints: Iterable[Path], public_key: list[Path] | None, bootstrap: str | None) -> Verdict:
    """What the whole audit says at this moment. Raises: FusionError where it cannot be read or checked."""
    settings = load(OperatorSettings, bootstrap=bootstrap).model_copy(update={"scan_s_max": math.inf})
    keys = trusted_keys(public_key, settings)
    lines = [line for path in checkpoints for line in _lines(path)]
    with Bus(settings) as bus:
        seals = [Stored(one.partition, one.offset, one.value) for one in _read(bus, topics.AUDIT_SEALS, "seals")]
        found = map(_found, _read(bus, topics.AUDIT, "records"))
        return seal_check.check(found, seals, lines, keys, datetime.now(UTC))


def keep_checkpoints(
    *,
    out: Annotated[
        Path, typer.Option(help="The file to add to: JSON Lines. Keep it where the hub's operators cannot.")
    ],
    public_key: PublicKeys = None,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Add the newest signed checkpoint of each partition to a file; run it by a timer, on a machine of the auditor.

    Exit code 1: the topic of seals has less than the file knows of, or what it has is not signed by the key.
    Example: fusionbus audit checkpoints --out checkpoints.jsonl --public-key audit-seal.pub
    """
    settings = load(OperatorSettings, bootstrap=bootstrap).model_copy(update={"scan_s_max": math.inf})
    keys = trusted_keys(public_key, settings)
    kept = _newest(_checkpoint(out, number, raw) for number, raw in (_lines(out) if out.exists() else ()))
    since = min((one.at for one in kept.values()), default=None)
    with Bus(settings) as bus:
        written = list(bus.read(topics.AUDIT_SEALS, None if since is None else since - OVERLAP))
    heads = [seal.head for one in written if isinstance(seal := decode(Seal, one.value or b""), Seal)]
    faults = [f"partition {head.partition}: {said}" for head in heads if (said := seal_check.is_signed(head, keys))]
    found = _newest(head for head in heads if seal_check.is_signed(head, keys) is None)
    faults += [f"partition {number}: {said}" for number, old in kept.items() if (said := _back(old, found.get(number)))]
    fresh = [head for number, head in sorted(found.items()) if number not in kept or _is_newer(head, kept[number])]
    _append(out, fresh)
    for fault in faults:
        typer.echo(fault, err=True)
    newest = kept | found
    covered = sum(head.end_offset for head in newest.values())
    typer.echo(
        f"{len(fresh)} checkpoints added to {out}: {covered:,} records in {len(newest)} partitions are vouched for."
    )
    raise typer.Exit(EXIT_FAULTS if faults else 0)


def trusted_keys(named: list[Path] | None, settings: OperatorSettings) -> Keys:
    """The trusted keys. Raises: Misconfigured; without a key every forgery would pass."""
    own = settings.home.expanduser() / PUBLIC_KEY
    if not named and not own.exists():
        raise Misconfigured(
            "No public key of the hub's seals is here: give --public-key FILE, a copy of `secrets/audit-seal.pub` of "
            "the hub's FUSION_HOME, or of the public half of its FUSION_SEAL_KEY_FILE."
        )
    found = {}
    for path in named or [own]:
        try:
            key = load_pem_public_key(path.read_bytes())
        except OSError as exc:
            raise Misconfigured(f"The public key {path} cannot be read ({exc.strerror}).") from exc
        except ValueError as exc:
            raise Misconfigured(f"{path} is no public key in PEM.") from exc
        if not isinstance(key, Ed25519PublicKey):
            raise Misconfigured(f"{path} is no Ed25519 key.")
        found[key_id_of(key.public_bytes(Encoding.Raw, PublicFormat.Raw))] = key
    return found


def _read(bus: Bus, topic: str, what: str) -> Iterator[Written]:
    """The topic's records, with a bar where somebody looks on."""
    console = Console(stderr=True)
    total = sum(end - begin for begin, end in bus.spans([topic]).values())
    yield from track(
        bus.read(topic),
        f"Reading {what}",
        total=total,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _found(one: Written) -> Found:
    digest = record_hash(one.key, one.value, round(one.at.timestamp() * 1000))
    return Found(one.partition, one.offset, bytes.fromhex(digest), one.at)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise Misconfigured(f"The file of checkpoints {path} cannot be read ({exc.strerror}).") from exc
    yield from ((number, line) for number, line in enumerate(raw.split(b"\n"), start=1) if line.strip())


def _checkpoint(path: Path, number: int, raw: bytes) -> Checkpoint:
    found = decode(Checkpoint, raw)
    if isinstance(found, Undecodable):
        raise Misconfigured(f"{path}, line {number}, is no checkpoint: {found.sentence} Use another file for --out.")
    return found


def _newest(heads: Iterable[Checkpoint]) -> dict[int, Checkpoint]:
    newest: dict[int, Checkpoint] = {}
    for head in heads:
        if head.partition not in newest or _is_newer(head, newest[head.partition]):
            newest[head.partition] = head
    return newest


def _is_newer(head: Checkpoint, than: Checkpoint) -> bool:
    return head.end_offset > than.end_offset


def _back(old: Checkpoint, new: Checkpoint | None) -> str | None:
    """What is wrong where the topic does not go beyond what was kept, or None."""
    if new is None or new.end_offset < old.end_offset:
        there = "no seal" if new is None else f"seals up to {new.end_offset}"
        return f"a checkpoint vouches for offsets before {old.end_offset}, and the topic has {there}: cut off"
    if new.end_offset == old.end_offset and new.chain != old.chain:
        return f"the chain before offset {old.end_offset} is not the one that was kept: rewritten"
    return None


def _append(out: Path, heads: list[Checkpoint]) -> None:
    try:
        with out.open("ab") as file:
            file.writelines(encode(head) + b"\n" for head in heads)
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        raise Misconfigured(f"Checkpoints cannot be written to {out} ({exc.strerror}).") from exc


def tell(verdict: Verdict) -> None:
    """Prints each fault and what was looked at."""
    for fault in verdict.faults[:SHOWN_MAX]:
        typer.echo(str(fault))
    more = len(verdict.faults) - SHOWN_MAX
    if more > 0:
        typer.echo(f"… and {more} more; --json tells all.")
    sealed = sum(chain.end - chain.start for chain in verdict.chains.values())
    kept = f" and {verdict.checkpoints} checkpoints" if verdict.checkpoints else ", no checkpoints given"
    typer.echo(
        f"{verdict.records:,} records of the audit held against {verdict.seals:,} seals of {sealed:,} records{kept}; "
        f"{verdict.waiting} wait for a seal. "
        + (f"{len(verdict.faults)} faults." if verdict.faults else "Nothing was altered, dropped, moved or inserted.")
    )


def _tell_json(verdict: Verdict) -> None:
    showing.show_json(
        {
            "faults": [
                {
                    "topic": fault.topic,
                    "partition": fault.partition,
                    "first": fault.first,
                    "last": fault.last,
                    "sentence": fault.sentence,
                }
                for fault in verdict.faults
            ],
            "records": verdict.records,
            "seals": verdict.seals,
            "waiting": verdict.waiting,
            "checkpoints": verdict.checkpoints,
        }
    )
