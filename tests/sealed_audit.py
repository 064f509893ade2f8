"""An audit on paper with its seals: lists instead of topics, so that a test may do to them what it likes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from builders import NOW
from fakes import FakeTable
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.seals import Checkpoint, Seal, record_hash
from fusionbus.contract.topics import AUDIT, SEALED_TABLE
from fusionbus.deploy.operators.seal_check import Found, Stored, Verdict, check
from fusionbus.streams.engine import Event
from fusionbus.streams.seal import Sealer
from fusionbus.streams.seal_key import SealKey, seal_key

KEY = seal_key(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER_KEY = seal_key(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))


@dataclass
class SealedAudit:
    """The value of each record by partition and offset, None where nothing is; and what seals them."""

    values: list[list[bytes | None]]
    seals: list[bytes] = field(default_factory=list)
    table: FakeTable = field(default_factory=lambda: FakeTable(SEALED_TABLE))
    key: SealKey = KEY

    @classmethod
    def of(
        cls, sizes: Sequence[int], cuts: Iterable[int] = (), *, lost_marks: frozenset[int] = frozenset()
    ) -> "SealedAudit":
        """So many records in each partition, sealed in batches of these sizes, the rest in one.

        After the batches numbered in `lost_marks` the worker was killed between sending and marking.
        """
        made = cls([[f"record {at} of {number}".encode() for at in range(size)] for number, size in enumerate(sizes)])
        sealer = Sealer(made.table, made.key, lambda: NOW)
        waiting = [event for number in range(len(sizes)) for event in made.events(number)]
        waiting.sort(key=lambda event: (event.offset, event.partition))
        for number, size in enumerate((*cuts, len(waiting))):
            if waiting[:size]:
                decision = sealer.decide(waiting[:size])
                made.seals += [output.value or b"" for output in decision.outputs]
                if number not in lost_marks:
                    made.table.keep(decision)
                    del waiting[:size]
        if waiting:
            made.seal_again(waiting)
        return made

    def events(self, partition: int, key: bytes = b"key") -> list[Event]:
        """The records of a partition as the sealer reads them."""
        return [
            Event(AUDIT, partition, offset, int(NOW.timestamp() * 1000), key, value)
            for offset, value in enumerate(self.values[partition])
            if value is not None
        ]

    def seal_again(self, events: list[Event]) -> None:
        """What is not sealed yet of these."""
        decision = Sealer(self.table, self.key, lambda: NOW + timedelta(seconds=1)).decide(events)
        self.seals += [output.value or b"" for output in decision.outputs]
        self.table.keep(decision)

    def resealed(self, key: SealKey) -> "SealedAudit":
        """Both topics written anew by somebody who has this key."""
        made = SealedAudit(self.values, key=key)
        made.seal_again([event for number in range(len(self.values)) for event in made.events(number)])
        return made

    def heads(self) -> list[bytes]:
        """Every signed head, as lines of a file of checkpoints."""
        found = [decode(Seal, raw) for raw in self.seals]
        return [encode(seal.head) for seal in found if isinstance(seal, Seal)]

    def verdict(self, checkpoints: Sequence[bytes] = (), now: datetime = NOW) -> Verdict:
        """What `fusionbus audit verify` finds."""
        records = [
            Found(
                event.partition,
                event.offset,
                bytes.fromhex(record_hash(event.key, event.value, event.timestamp_ms)),
                NOW,
            )
            for number in range(len(self.values))
            for event in self.events(number)
        ]
        seals = [Stored(0, offset, raw) for offset, raw in enumerate(self.seals)]
        keys = {KEY.key_id: KEY.private.public_key()}
        return check(records, seals, enumerate(checkpoints, start=1), keys, now)

    def faults(self, checkpoints: Sequence[bytes] = ()) -> list[str]:
        """Each fault in one line."""
        return [str(fault) for fault in self.verdict(checkpoints).faults]


def a_checkpoint(raw: bytes) -> Checkpoint:
    """The checkpoint in a line."""
    found = decode(Checkpoint, raw)
    assert isinstance(found, Checkpoint)
    return found
