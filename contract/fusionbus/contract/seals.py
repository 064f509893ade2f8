"""What makes the audit tamper-evident: its records are chained by hash, each partition alone, and the heads are signed.

Everything of a seal but the time and the signature follows from the records: sealed twice, a record has the same link.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from fusionbus.contract.base import SCHEMA_VERSION, Message, UtcDatetime, Version

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hex."""

GENESIS: Final = "0" * 64
"""What stands before the first link of a partition."""
RECORDS_MAX: Final = 1_000
"""Records of one seal: 67 kB of JSON, far below the limit of a message."""
_PURPOSE: Final = b"fusionbus audit checkpoint 1\n"
"""No signature made for something else with the same key can pass for a checkpoint."""
_ABSENT: Final = -1


class Checkpoint(Message):
    """The signed head of one partition's chain: it vouches for every record of the audit before `end_offset`."""

    partition: Annotated[int, Field(ge=0, le=100_000)]
    end_offset: Annotated[int, Field(ge=1, lt=2**63)]
    """The first offset that it does not cover."""
    chain: Digest
    """The link of the last record covered."""
    at: UtcDatetime
    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """Which key signed: the first 16 digits of the SHA-256 of the raw public key."""
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    """Ed25519 over `signed_bytes`, in hex."""


class Seal(Message):
    """Audit records that lie one after the other: the hash of each, the link before them, and the head after them."""

    schema_version: Version = SCHEMA_VERSION
    first_offset: Annotated[int, Field(ge=0, lt=2**63)]
    previous: Digest
    """The link before the first record; 64 zeros where the chain begins."""
    records: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=RECORDS_MAX)]
    head: Checkpoint

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.head.end_offset != self.first_offset + len(self.records):
            raise ValueError("`head.end_offset` is not the offset after the last of `records`")
        return self

    def links(self) -> tuple[str, ...]:
        """The link of each record; the last should be the head's."""
        found, link = [], self.previous
        for offset, record in enumerate(self.records, start=self.first_offset):
            link = next_link(link, self.head.partition, offset, record)
            found.append(link)
        return tuple(found)


def record_hash(key: bytes | None, value: bytes | None, timestamp_ms: int) -> str:
    """The SHA-256 of a record as it lies on the topic; lengths tell where the key ends, and nothing from empty."""
    told = hashlib.sha256(timestamp_ms.to_bytes(8, "big", signed=True))
    for part in (key, value):
        told.update((_ABSENT if part is None else len(part)).to_bytes(8, "big", signed=True))
        told.update(part or b"")
    return told.hexdigest()


def next_link(previous: str, partition: int, offset: int, record: str) -> str:
    """The link of a record: SHA-256 over the link before it, its place and its hash."""
    place = partition.to_bytes(4, "big") + offset.to_bytes(8, "big")
    return hashlib.sha256(bytes.fromhex(previous) + place + bytes.fromhex(record)).hexdigest()


def signed_bytes(partition: int, end_offset: int, chain: str, at: datetime) -> bytes:
    """What the signature of a checkpoint covers."""
    return _PURPOSE + f"{partition}\n{end_offset}\n{chain}\n{at.isoformat()}".encode()
