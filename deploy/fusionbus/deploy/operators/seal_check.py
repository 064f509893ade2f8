"""Whether the audit is what was sealed: seals joined to chains, chains held against checkpoints and records. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fusionbus.contract.codec import Undecodable, decode
from fusionbus.contract.seals import GENESIS, Checkpoint, Seal, signed_bytes
from fusionbus.contract.topics import AUDIT, AUDIT_SEALS
from fusionbus.deploy.operators.seal_diff import Differ, Run

CHECKPOINTS: Final = "checkpoints"
"""Stands for the file of checkpoints where a fault names a place; its offsets are line numbers."""
UNSEALED_MAX: Final = timedelta(minutes=5)
"""A record this old without a seal: sealing takes a second, a worker that was killed is replaced in eleven."""
DIGEST_BYTES: Final = 32
NEVER: Final = bytes(DIGEST_BYTES)

Keys = Mapping[str, Ed25519PublicKey]
"""The public keys that are trusted, by their short names."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong, and where: the offsets of a partition from first to last; of a file its lines."""

    topic: str
    partition: int
    first: int
    last: int
    sentence: str

    def __str__(self) -> str:
        """In one line."""
        span = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        where = f"line {span}" if self.topic == CHECKPOINTS else f"partition {self.partition}, offset {span}"
        return f"{self.topic}, {where}: {self.sentence}"


class Stored(NamedTuple):
    """One record of the topic of seals."""

    partition: int
    offset: int
    value: bytes | None


class Found(NamedTuple):
    """One record of the audit, by its hash."""

    partition: int
    offset: int
    digest: bytes
    at: datetime


@dataclass(slots=True)
class Chain:
    """What the seals of one partition say: the hash of each record, and the links at the seals' ends."""

    start: int
    links: dict[int, str]
    """By offset the link before it."""
    digests: bytearray = field(default_factory=bytearray)

    @property
    def end(self) -> int:
        """The first offset that is not sealed."""
        return self.start + len(self.digests) // DIGEST_BYTES

    def at(self, offset: int) -> bytes | None:
        """The sealed hash of this record, or None where none was sealed."""
        if not self.start <= offset < self.end:
            return None
        begin = (offset - self.start) * DIGEST_BYTES
        held = bytes(self.digests[begin : begin + DIGEST_BYTES])
        return None if held == NEVER else held

    def put(self, seal: Seal) -> int | None:
        """Takes the seal's hashes; the first offset that another seal said otherwise of, if any."""
        raw = bytes.fromhex("".join(seal.records))
        self.digests.extend(bytes(max(0, seal.first_offset - self.end) * DIGEST_BYTES))
        at = (seal.first_offset - self.start) * DIGEST_BYTES
        held = self.digests[at : at + len(raw)]
        self.digests[at : at + len(raw)] = raw
        self.links[seal.head.end_offset] = seal.head.chain
        for begin in range(0, len(held), DIGEST_BYTES):
            before = held[begin : begin + DIGEST_BYTES]
            if before not in (NEVER, raw[begin : begin + DIGEST_BYTES]):
                return seal.first_offset + begin // DIGEST_BYTES
        return None


@dataclass(slots=True)
class Verdict:
    """What was looked at and what is wrong with it."""

    faults: list[Fault] = field(default_factory=list)
    chains: dict[int, Chain] = field(default_factory=dict)
    seals: int = 0
    records: int = 0
    waiting: int = 0
    """Records too new to be sealed yet."""
    checkpoints: int = 0


def check(
    records: Iterable[Found],
    seals: Iterable[Stored],
    checkpoints: Iterable[tuple[int, bytes]],
    keys: Keys,
    now: datetime,
) -> Verdict:
    """All faults, in the order of places. Of each partition, records and seals come in the order of their offsets.

    The seals are read first: what is written to the audit meanwhile is newer than they are.
    """
    verdict = Verdict()
    _join(_good(seals, keys, verdict), verdict)
    _hold_against(checkpoints, keys, verdict)
    _compare(records, verdict, now)
    verdict.faults.sort()
    return verdict


def is_signed(head: Checkpoint, keys: Keys) -> str | None:
    """What is wrong with the signature, or None."""
    key = keys.get(head.key_id)
    if key is None:
        return f"it is signed by the key {head.key_id}, which is not among the public keys given"
    try:
        key.verify(bytes.fromhex(head.signature), signed_bytes(head.partition, head.end_offset, head.chain, head.at))
    except InvalidSignature:
        return "its signature is not of the hub's key: forged or altered"
    return None


def _good(seals: Iterable[Stored], keys: Keys, verdict: Verdict) -> list[tuple[Stored, Seal]]:
    """The seals that prove something, by partition of the audit and in the order of what they cover."""
    good = []
    for stored in seals:
        verdict.seals += 1
        seal = decode(Seal, stored.value or b"")
        fault = f"no seal: {seal.sentence}" if isinstance(seal, Undecodable) else is_signed(seal.head, keys)
        if fault is None and isinstance(seal, Seal) and seal.links()[-1] != seal.head.chain:
            fault = "the hashes in it do not lead to the link that was signed: altered"
        if fault is not None:
            verdict.faults.append(Fault(AUDIT_SEALS, stored.partition, stored.offset, stored.offset, fault))
        elif isinstance(seal, Seal):
            good.append((stored, seal))
    return sorted(good, key=lambda one: (one[1].head.partition, one[1].first_offset, one[1].head.end_offset))


def _join(seals: list[tuple[Stored, Seal]], verdict: Verdict) -> None:
    """Each partition's chain. A seal that comes twice, or in other portions after a crash, says the same again."""
    for stored, seal in seals:
        chain = verdict.chains.get(seal.head.partition)
        if chain is None:
            chain = verdict.chains[seal.head.partition] = Chain(seal.first_offset, {seal.first_offset: seal.previous})
            gap = None if seal.previous == GENESIS else "the seals before it are missing: the chain has no beginning"
        else:
            gap = _gap(chain, seal)
        if gap is not None:
            verdict.faults.append(Fault(AUDIT_SEALS, stored.partition, stored.offset, stored.offset, gap))
        other = chain.put(seal)
        if other is not None:
            said = f"it says otherwise of audit offset {other} than another signed seal: two histories"
            verdict.faults.append(Fault(AUDIT_SEALS, stored.partition, stored.offset, stored.offset, said))


def _gap(chain: Chain, seal: Seal) -> str | None:
    """Why the seal does not go on from the chain, or None."""
    first, end = seal.first_offset, chain.end
    link = chain.links.get(min(first, end))
    if seal.previous == link:
        return None if first <= end else f"audit offsets {end} to {first - 1} were gone before they could be sealed"
    if seal.previous == GENESIS:
        return f"the chain begins anew at audit offset {first}: the sealing worker's state was lost, or made up"
    if first > end:
        return f"the seals of audit offsets {end} to {first - 1} are missing: dropped"
    return f"it does not join the chain at audit offset {first}: two histories"


def _hold_against(lines: Iterable[tuple[int, bytes]], keys: Keys, verdict: Verdict) -> None:
    """What checkpoints kept elsewhere say of the chains: who rewrites both topics cannot rewrite them."""
    agreed: dict[int, int] = {}
    for number, raw in lines:
        verdict.checkpoints += 1
        head = decode(Checkpoint, raw)
        fault = f"no checkpoint: {head.sentence}" if isinstance(head, Undecodable) else is_signed(head, keys)
        if fault is not None or isinstance(head, Undecodable):
            verdict.faults.append(Fault(CHECKPOINTS, 0, number, number, fault or ""))
            continue
        chain = verdict.chains.get(head.partition)
        end = chain.end if chain is not None else 0
        link = chain.links.get(head.end_offset) if chain is not None else None
        since = agreed.get(head.partition, 0)
        if link == head.chain:
            agreed[head.partition] = max(since, head.end_offset)
            continue
        said = (
            f"it vouches for offsets before {head.end_offset}, and seals are there only up to {end}: cut off"
            if head.end_offset > end
            else f"the chain is not the one of {head.at.isoformat()}: rewritten between offset {since} and this"
        )
        verdict.faults.append(Fault(AUDIT, head.partition, min(since, head.end_offset - 1), head.end_offset - 1, said))


def _compare(records: Iterable[Found], verdict: Verdict, now: datetime) -> None:
    """Holds each record against its seal; what differs is put together to what was done."""
    differ = Differ()
    expected = {number: chain.start for number, chain in verdict.chains.items()}
    late: dict[int, list[int]] = {}
    for record in records:
        verdict.records += 1
        number, offset = record.partition, record.offset
        chain = verdict.chains.get(number)
        for gone in range(expected.get(number, offset), min(offset, chain.end if chain else 0)):
            differ.sealed_only(number, gone, chain.at(gone) if chain else None)
        expected[number] = max(offset + 1, expected.get(number, 0))
        sealed = chain.at(offset) if chain is not None else None
        if sealed == record.digest:
            continue
        is_new = sealed is None and offset >= (chain.end if chain is not None else 0)
        differ.differs(number, offset, sealed, record.digest, new=is_new)
        if is_new and now - record.at > UNSEALED_MAX:
            late.setdefault(number, []).append(offset)
    for number, chain in verdict.chains.items():
        for gone in range(expected[number], chain.end):
            differ.sealed_only(number, gone, chain.at(gone))
    runs = list(differ.runs())
    verdict.waiting = differ.waiting
    verdict.faults.extend(_told(runs))
    for number, offsets in late.items():
        said = f"{len(offsets)} records have waited over {UNSEALED_MAX.seconds // 60} minutes for a seal: is a hub up?"
        verdict.faults.append(Fault(AUDIT, number, offsets[0], offsets[-1], said))


def _told(runs: Iterable[Run]) -> Iterator[Fault]:
    for run in runs:
        yield Fault(AUDIT, run.partition, run.first, run.last, run.sentence)
