"""What one step hands to the next: values only, no broker and no clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from fusionbus.contract.incident import Claim, Incident, Member, PersonClue, Reason, Relation
from fusionbus.contract.records import ReceiptOutcome, RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import Form
from fusionbus.streams.reading.words import Evidence


@dataclass(frozen=True, slots=True)
class Enriched:
    """A report with what its text says where its fields are silent."""

    report: ThreatReport
    claim: Claim
    zone: str
    terms: tuple[str, ...]
    """Words of its text that tell it apart, sorted, at most 64."""
    tokens: tuple[str, ...]
    """Tokens of its entities and of persons' identity papers."""
    persons: tuple[PersonClue, ...]
    evidence: tuple[Evidence, ...]
    """The words that fields were read from, where its own were silent."""
    several_events: bool = False
    """Whether the text is a roundup of several events."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open incident that a report may belong to."""

    incident_id: str
    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Fresh:
    """No open incident is near enough: a new one, with the doubtful ones beside it for a person to judge."""

    possible: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """The report tells of this open incident."""

    incident_id: str
    relation: Relation
    """CORROBORATION or RELAY."""
    origin: str
    """The report its origin goes back to: its own id, or for a relay the origin of what it echoes."""
    probability: float
    reasons: tuple[Reason, ...]
    also: tuple[str, ...] = ()
    """Other open incidents that tell of the same event, as this report shows."""


Match = Fresh | Joined


@dataclass(frozen=True, slots=True)
class Admitted:
    """A report that may enter: who wrote it may say it, and it is new."""

    report: ThreatReport
    zone: str
    published_at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class SeenReport:
    """What is kept of a report that was here: its newest revision, its zone, and what it said."""

    revision: int
    zone: str
    digest: str
    withdrawn: bool
    offset: int
    """Where the newest revision lay: the same record read again is a replay of ours, not a repeat of its writer's."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A revision that was here already, or is older than the one that is."""

    report: ThreatReport
    revision: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a message may not enter, told to its writer; as much of the report's identity as could be read."""

    reason: RejectReason
    sentence: str
    field: str | None = None
    report_id: str | None = None
    local_ref: str | None = None
    revision: int | None = None
    request_id: str | None = None
    """Of a question about sharing or its answer."""


class Ruling(NamedTuple):
    """The decision on one agency: the rule that made it, and, where it delivers, in which form and why.

    A tuple, because one is made for every agency.
    """

    agency: str
    rule: Rule
    form: Form | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a report did to an incident, and who is to hear of it."""

    outcome: ReceiptOutcome
    incident: Incident
    member: Member
    """The report as a member; past the limit of members it is not listed in the incident."""
    rulings: tuple[Ruling, ...]
    """On every agency one; RECALL of an update goes to those that had an earlier revision and may not have this one."""
    possible: tuple[Candidate, ...] = ()
    doubt: Candidate | None = None
    """What taking the report out would make, where its correction fits the incident no more."""
