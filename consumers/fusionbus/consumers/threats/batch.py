"""Records of the bus as what the threat database keeps of them. Pure; what cannot be read is told, not dropped."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fusionbus.contract import codec, topics
from fusionbus.contract.agency import Agency
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import Message
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.records import DeadLetter, Receipt, RejectReason

M = TypeVar("M", bound=Message)

PREFIXES = (topics.ALERTS, topics.RECEIPTS, topics.CONTROL)
OF_THE_HUB = (topics.INCIDENTS, topics.LINKS, topics.REGISTRY, topics.DEAD_LETTERS)


@dataclass(slots=True)
class Batch:
    """What came, by kind, each in its order."""

    alerts: list[Alert] = field(default_factory=list)
    acknowledgements: list[Acknowledgement] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    incidents: dict[str, Incident | None] = field(default_factory=dict)
    """The newest of each; None: it is let go."""
    links: dict[str, Link | None] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    agencies: list[Agency] = field(default_factory=list)
    unreadable: list[tuple[Any, Undecodable]] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        return {
            "alert": len(self.alerts),
            "acknowledgement": len(self.acknowledgements),
            "receipt": len(self.receipts),
            "incident": len(self.incidents),
            "link": len(self.links),
            "dead_letter": len(self.letters),
            "agency": len(self.agencies),
        }


def is_kept(topic: str) -> bool:
    """Whether anything of this topic is kept."""
    return topic in OF_THE_HUB or topic.startswith(PREFIXES)


def sort_out(records: Iterable[Any]) -> Batch:
    """The records by what they are. Whose an alert, receipt or acknowledgement is, its topic has to say too."""
    batch = Batch()
    for record in records:
        raw, agency = record.value, topics.agency_of(record.topic)
        if record.topic.startswith(topics.CONTROL):
            _control(batch, raw, agency)
        elif record.topic == topics.REGISTRY:
            _registry(batch, raw)
        elif raw is None:
            _gone(batch, record)
        elif record.topic.startswith(topics.ALERTS):
            batch.alerts += _read(batch, record, Alert, "recipient")
        elif record.topic.startswith(topics.RECEIPTS):
            batch.receipts += _read(batch, record, Receipt, "agency")
        elif record.topic == topics.DEAD_LETTERS:
            batch.letters += _read(batch, record, DeadLetter)
        elif record.topic == topics.INCIDENTS:
            batch.incidents |= {one.incident_id: one for one in _read(batch, record, Incident)}
        elif record.topic == topics.LINKS:
            batch.links |= {one.link_id: one for one in _read(batch, record, Link)}
    return batch


def _read(batch: Batch, record: Any, model: type[M], owner: str | None = None) -> list[M]:
    """The message, or none where it cannot be read or is another agency's than its topic."""
    got = codec.decode(model, record.value)
    if isinstance(got, Undecodable):
        batch.unreadable.append((record, got))
        return []
    if owner is not None and getattr(got, owner) != topics.agency_of(record.topic):
        sentence = f"{owner} is {getattr(got, owner)}, and the topic is {record.topic}."
        batch.unreadable.append((record, Undecodable(RejectReason.WRONG_AGENCY, sentence, owner)))
        return []
    return [got]


def _control(batch: Batch, raw: bytes | None, agency: str | None) -> None:
    """An agency's own words: what is none, or another's, the hub refuses, and tells the agency."""
    got = codec.decode_control(raw or b"")
    if isinstance(got, Acknowledgement) and got.agency == agency:
        batch.acknowledgements.append(got)


def _registry(batch: Batch, raw: bytes | None) -> None:
    got = codec.decode_registry(raw or b"")
    if isinstance(got, Agency):
        batch.agencies.append(got)


def _gone(batch: Batch, record: Any) -> None:
    """A key without a value on a compacted topic: the hub let it go."""
    key = (record.key or b"").decode(errors="replace")
    if record.topic == topics.INCIDENTS:
        batch.incidents[key] = None
    elif record.topic == topics.LINKS:
        batch.links[key] = None
