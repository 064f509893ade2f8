"""The fused incident, as the hub holds it, and links between incidents. Only the hub reads these."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from fusionbus.contract.base import AgencyId, Id, Interval, Message, Range, Text, Token, UtcDatetime, Zone
from fusionbus.contract.keeping import Keeping
from fusionbus.contract.report import Place
from fusionbus.contract.vocabulary import (
    TLP,
    Certainty,
    Classification,
    Credibility,
    Form,
    Kind,
    Severity,
    Sex,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
    Weapon,
)

MEMBERS_MAX = 200
"""Reports held in one incident: past it they are counted, not listed, so that one state value stays far
below the broker's message limit (about 1 kB a member)."""


class Relation(StrEnum):
    """What a report is to its incident."""

    ORIGINAL = "original"
    """The first report of the incident."""
    CORROBORATION = "corroboration"
    """Another origin that tells of the same event."""
    RELAY = "relay"
    """No further origin: made out of a report that is already here, from the same source, or what one here was made
    out of."""


class Claim(Message):
    """What one report, or an incident as a whole, says of an event."""

    occurred: Interval | None = None
    place: Place | None = None
    category: ThreatCategory | None = None
    weapon: Weapon | None = None
    target_sector: TargetSectorCode | None = None
    actor: Text | None = None
    killed: Range | None = None
    injured: Range | None = None
    headline: Text | None = None


class Reason(Message):
    """How one field spoke for or against a match, in bits (log2 of the likelihood ratio)."""

    field: Annotated[str, Field(pattern=r"^[a-z_]{2,30}$")]
    bits: float
    said: Text
    """What was compared, in words."""


class PersonClue(Message):
    """What the matcher compares of a person, tokens only."""

    name_tokens: tuple[Token, ...] = ()
    name_clk: str | None = None
    sex: Sex | None = None
    age_low: int | None = None
    age_high: int | None = None


class Member(Message):
    """One report in an incident."""

    report_id: Id
    agency: AgencyId
    kind: Kind
    revision: int
    relation: Relation
    origin: Id
    """The report its origin goes back to: members with one origin count once."""
    reported_at: UtcDatetime
    claim: Claim
    urgency: Urgency = Urgency.UNKNOWN
    severity: Severity = Severity.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    credibility: Credibility = Credibility.CANNOT_BE_JUDGED
    """The originator's own grading."""
    tlp: TLP
    classification: Classification
    terms: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()
    persons: tuple[PersonClue, ...] = ()
    source_token: Token | None = None
    derived_from: tuple[Id, ...] = ()
    """Reports it says that it was made out of, here or not."""
    probability: float | None = None
    reasons: tuple[Reason, ...] = ()
    forms: dict[AgencyId, Form] = Field(default_factory=dict)
    """Who has received it, in which form: the dissemination of this report."""
    spared: tuple[AgencyId, ...] = ()
    """Who may read it and was not sent it, for they had the same word already; kept where it says its lineage."""
    withdrawn: bool = False
    masked: bool = False
    """Whether nobody may learn who told it; once masked, later revisions are."""
    told: dict[Id, tuple[int, ...]] = Field(default_factory=dict)
    """By incident the revisions that told of it: alert ids are made from them."""
    keeping: Keeping | None = None
    granted: dict[AgencyId, Form] | None = None
    """Whom the originator let have it beyond its originator control, and in which form at most."""


class Awaited(Message):
    """An alert whose acknowledgement is outstanding."""

    revision: int
    sent_at: UtcDatetime
    acknowledge_by: UtcDatetime | None = None
    """The deadline: an update of something unanswered keeps the old one, a recall sets its own."""
    recall: bool | None = None
    escalated_at: UtcDatetime | None = None
    """When the missed deadline was told; it is told once a revision."""


class Sharing(Message):
    """A recipient's question to an originator, and what became of it."""

    request_id: Id
    report_id: Id
    asked_by: AgencyId
    to: tuple[AgencyId, ...]
    asked_at: UtcDatetime
    answer_by: UtcDatetime
    answer: Literal["grant", "deny", "tearline", "lapsed"] | None = None
    answered_at: UtcDatetime | None = None


class Incident(Message):
    """Reports of one event, fused."""

    incident_id: Id
    zone: Zone
    status: Status
    revision: Annotated[int, Field(ge=1)]
    opened_at: UtcDatetime
    updated_at: UtcDatetime
    closed: bool = False
    claim: Claim
    credibility: Credibility
    independent_origins: int
    members: tuple[Member, ...]
    members_beyond: int = 0
    """Reports past the limit: counted, not listed."""
    echo_ring: tuple[AgencyId, ...] = ()
    """Agencies whose word came back to them through others: however many reports that makes, it confirms nothing."""
    awaited: dict[AgencyId, Awaited] = Field(default_factory=dict)
    acknowledged: dict[AgencyId, int] = Field(default_factory=dict)
    """The newest revision each recipient has acknowledged."""
    used_by: tuple[AgencyId, ...] = ()
    false_alarm_by: tuple[AgencyId, ...] = ()
    pointed_to: tuple[Id, ...] = ()
    """Pairs of reports whose originators were pointed to each other, for deconfliction: each pair once."""
    merged_into: Id | None = None
    """The incident that a person found to be the same: what was here stands there, here are only its names."""
    reduced: bool = False
    """Whether what its reports said was let go, long after it was closed; who had them is still known."""
    sharing: tuple[Sharing, ...] | None = None
    """Questions about originator control, newest last."""


class Link(Message):
    """A tie between two incidents that are not one event, or were found to be one across zones."""

    link_id: Id
    incidents: Annotated[tuple[Id, ...], Field(min_length=2, max_length=50)]
    type: Literal[
        "related", "same", "possible", "possible_split", "split", "coordinated", "shared_token", "near_repeat"
    ]
    """`possible` and `possible_split` wait for a person; `same` and `split` were decided."""
    reasons: tuple[Reason, ...] = ()
    report_id: Id | None = None
    """Of a possible split: the report that fits its incident no more; the second incident is what a split makes."""
    capped: bool = False
    decided_by: Text
    at: UtcDatetime
