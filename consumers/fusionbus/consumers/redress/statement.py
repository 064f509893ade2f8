"""The signed statement of a case: what was found, what was done by whom and when, with the audit's proof of it."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field

from fusionbus.contract.base import SCHEMA_VERSION, AgencyId, Id, Message, Text, UtcDatetime, Version
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.records import AuditEvent, AuditRecord
from fusionbus.contract.redress import AskedFor, Case, FoundReport
from fusionbus.contract.seals import Digest, Seal, record_hash, signed_bytes
from fusionbus.contract.signing import key_id_of

CONTEXT: Final = b"fusionbus redress statement 1\n"
"""Goes before what is signed, so that no signature made for something else fits a statement."""
TOLD: Final = (
    AuditEvent.REPORT_ROUTED,
    AuditEvent.REPORT_CANCELLED,
    AuditEvent.REPORT_PURGED,
    AuditEvent.HOLD_CHANGED,
    AuditEvent.REVIEW_DUE,
    AuditEvent.REDRESS_ASKED,
    AuditEvent.REDRESS_ANSWERED,
    AuditEvent.MESSAGE_REJECTED,
)
"""Acts on a report that a person's statement lists."""


class Deed(Message):
    """One act, as the audit has it, and where; the hash of the record is the one in the seal of its place."""

    at: UtcDatetime
    event: AuditEvent
    report_id: Id
    agency: AgencyId | None = None
    note: str | None = None
    partition: int
    offset: int
    record_hash: Digest
    sealed: bool


class Looked(Message):
    """One place that was searched again, and what was still there."""

    place: Text
    records: int | None = None
    remark: str | None = None


class Statement(Message):
    """What a person, or a court, is told."""

    schema_version: Version = SCHEMA_VERSION
    case_id: Id
    made_at: UtcDatetime
    by: Text
    reason: Text
    found: tuple[FoundReport, ...]
    asked: tuple[AskedFor, ...]
    deeds: tuple[Deed, ...]
    seals: tuple[Seal, ...] = Field(default=())
    """The seals that cover the deeds: each with the hashes of its records and the hub's signature."""
    looked: tuple[Looked, ...]
    nothing_left: bool
    """Whether every place was searched, and none holds a token of the person."""
    not_searched: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Lying:
    """One record of a topic, as it lies there."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


def deeds_of(records: Iterable[tuple[Lying, AuditRecord]], seals: Iterable[Seal]) -> tuple[list[Deed], list[Seal]]:
    """The acts, oldest first, and the seals that cover them; an act is sealed where the seal has its very hash."""
    by_place: dict[tuple[int, int], Seal] = {}
    held = list(seals)
    for seal in held:
        for offset in range(seal.first_offset, seal.head.end_offset):
            by_place[seal.head.partition, offset] = seal
    deeds, used = [], {}
    for lying, record in records:
        seal_of = by_place.get((lying.partition, lying.offset))
        digest = record_hash(lying.key, lying.value, lying.timestamp_ms)
        sealed = seal_of is not None and seal_of.records[lying.offset - seal_of.first_offset] == digest
        if seal_of is not None and sealed:
            used[seal_of.head.partition, seal_of.first_offset] = seal_of
        deeds.append(
            Deed(
                at=record.at,
                event=record.event,
                report_id=str(record.report_id),
                agency=record.agency,
                note=record.note,
                partition=lying.partition,
                offset=lying.offset,
                record_hash=digest,
                sealed=sealed,
            )
        )
    return sorted(deeds, key=lambda one: (one.at, one.partition, one.offset)), [used[key] for key in sorted(used)]


def statement_of(
    case: Case, deeds: Sequence[Deed], seals: Sequence[Seal], looked: Sequence[Looked], now: datetime
) -> Statement:
    """The statement of a case as of now."""
    return Statement(
        case_id=case.case_id,
        made_at=now,
        by=case.by,
        reason=case.reason,
        found=case.found,
        asked=case.asked,
        deeds=tuple(deeds),
        seals=tuple(seals),
        looked=tuple(looked),
        nothing_left=all(one.records == 0 for one in looked),
        not_searched=tuple(one.place for one in looked if one.records is None),
    )


def signed(statement: Statement, key: Ed25519PrivateKey) -> bytes:
    """The statement as a file: its text, who signed, and the signature over the text's very bytes."""
    text = statement.model_dump_json(exclude_none=True)
    value = base64.b64encode(key.sign(CONTEXT + text.encode())).decode()
    key_id = key_id_of(key.public_key().public_bytes_raw())
    return json.dumps({"statement": text, "key_id": key_id, "signature": value}, indent=1).encode() + b"\n"


def checked(raw: bytes, desk: Ed25519PublicKey, hub: Sequence[Ed25519PublicKey] = ()) -> tuple[Statement, list[str]]:
    """The statement, and what is wrong with its proofs; nothing is, where the list is empty.

    Raises: Misconfigured where it is no statement, or not signed by the desk's key.
    """
    try:
        told: dict[str, Any] = json.loads(raw)
        text = str(told["statement"])
        desk.verify(base64.b64decode(str(told["signature"])), CONTEXT + text.encode())
        statement = Statement.model_validate_json(text)
    except InvalidSignature as exc:
        raise Misconfigured("The statement was altered, or another key signed it.") from exc
    except (ValueError, KeyError, TypeError, RecursionError) as exc:  # ValidationError is a ValueError
        raise Misconfigured("That is no statement of a case.") from exc
    return statement, [*_faults(statement, hub)]


def _faults(statement: Statement, hub: Sequence[Ed25519PublicKey]) -> Iterable[str]:
    keys = {hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]: key for key in hub}
    covered: dict[tuple[int, int], str] = {}
    for seal in statement.seals:
        head = seal.head
        if seal.links()[-1] != head.chain:
            yield f"The seal of partition {head.partition} from {seal.first_offset} does not end in its own link."
        elif keys and not _is_signed(seal, keys):
            yield f"The seal of partition {head.partition} from {seal.first_offset} is not signed by the hub's key."
        else:
            covered |= {(head.partition, seal.first_offset + n): one for n, one in enumerate(seal.records)}
    for deed in statement.deeds:
        if covered.get((deed.partition, deed.offset)) != deed.record_hash:
            yield f"The act of {deed.at:%Y-%m-%d %H:%M} at {deed.partition}/{deed.offset} is in no seal."


def _is_signed(seal: Seal, keys: dict[str, Ed25519PublicKey]) -> bool:
    head, key = seal.head, keys.get(seal.head.key_id)
    if key is None:
        return False
    try:
        key.verify(bytes.fromhex(head.signature), signed_bytes(head.partition, head.end_offset, head.chain, head.at))
    except InvalidSignature:
        return False
    return True


def private_key(path: Path) -> Ed25519PrivateKey:
    """The desk's key. Raises: Misconfigured, one sentence."""
    key = _loaded(path, lambda raw: serialization.load_pem_private_key(raw, password=None))
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{path} is no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`.")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """A public key. Raises: Misconfigured, one sentence."""
    key = _loaded(path, serialization.load_pem_public_key)
    if not isinstance(key, Ed25519PublicKey):
        raise Misconfigured(f"{path} is no Ed25519 public key in PEM: `openssl pkey -pubout` makes it of a key.")
    return key


def _loaded(path: Path, load: Any) -> Any:
    try:
        return load(path.read_bytes())
    except OSError as exc:
        raise Misconfigured(f"{path} cannot be read ({exc.strerror}).") from exc
    except (ValueError, TypeError) as exc:
        raise Misconfigured(f"{path} holds no key in PEM without a password.") from exc
