"""What the hub writes about what it did: receipts, dead letters, audit records, and accepted traffic."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from fusionbus.contract.base import SCHEMA_VERSION, AgencyId, Id, Message, Text, Token, UtcDatetime, Version, Zone
from fusionbus.contract.control import Acknowledgement, CatchUp, Judgement, SharingAnswer, SharingRequest
from fusionbus.contract.crossing import Arrival, Carried, Coincidence, Meeting, Offer, Probe
from fusionbus.contract.facts import Facts
from fusionbus.contract.incident import Relation
from fusionbus.contract.keeping import Order
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import Form, Status

DEAD_LETTER_BODY_BYTES_MAX = 65_536
"""Of an undeliverable message at most this much is kept; its size and digest are kept always."""


class RejectReason(StrEnum):
    """Why a message was not taken."""

    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    UNKNOWN_VERSION = "unknown_version"
    SCHEMA = "schema"
    NO_PREDICATE = "no_predicate"
    WRONG_AGENCY = "wrong_agency"
    UNKNOWN_AGENCY = "unknown_agency"
    WRONG_KEY = "wrong_key"
    FUTURE_DATED = "future_dated"
    REVISION_GAP = "revision_gap"
    CONTENT_CHANGED = "content_changed"
    UNKNOWN_REPORT = "unknown_report"
    NOT_YOURS = "not_yours"
    WITHDRAWN = "withdrawn"
    NOT_OFFERED = "not_offered"
    BAD_SIGNATURE = "bad_signature"
    UNPROCESSABLE = "unprocessable"
    PURGED = "purged"
    LEGAL_HOLD = "legal_hold"
    UNKNOWN_REQUEST = "unknown_request"
    SETTLED = "settled"
    EXPIRED = "expired"


class ReceiptOutcome(StrEnum):
    """What became of a report, or of an alert made from it."""

    NEW_INCIDENT = "new_incident"
    CORROBORATION = "corroboration"
    RELAY = "relay"
    UPDATE = "update"
    CANCELLED = "cancelled"
    REPEAT = "repeat"
    REJECTED = "rejected"
    ACKNOWLEDGED = "acknowledged"
    CONTROL_DONE = "control_done"
    MOVED = "moved"
    REVIEW_DUE = "review_due"
    PURGED = "purged"
    ESCALATED = "escalated"
    SHARING_ANSWERED = "sharing_answered"
    REDRESS_ASKED = "redress_asked"
    REDRESS_ANSWERED = "redress_answered"


class Receipt(Message):
    """What became of one report, told to its originator; a withheld agency is counted, never named."""

    schema_version: Version = SCHEMA_VERSION
    receipt_id: Id
    agency: AgencyId
    at: UtcDatetime
    outcome: ReceiptOutcome
    report_id: Id | None = None
    local_ref: str | None = None
    revision: int | None = None
    incident_id: Id | None = None
    independent_origins: int | None = None
    delivered_to: int | None = None
    forms: dict[Form, int] = Field(default_factory=dict)
    withheld: dict[Rule, int] = Field(default_factory=dict)
    acknowledged_by: int | None = None
    used_by: int | None = None
    false_alarm_by: int | None = None
    overdue: int | None = None
    """How many recipients of the report have let their deadline pass."""
    request_id: Id | None = None
    """The question about sharing that it answers."""
    reason: RejectReason | None = None
    field: str | None = None
    sentence: Text | None = None
    """What it means and what to do, in one sentence."""


class DeadLetter(Message):
    """A message that could not be taken, whole or in part, and why."""

    schema_version: Version = SCHEMA_VERSION
    dead_letter_id: Id
    at: UtcDatetime
    topic: str
    partition: int
    offset: int
    agency: AgencyId | None = None
    """The writer, by the topic's name."""
    reason: RejectReason
    field: str | None = None
    sentence: Text
    key_base64: str | None = None
    body_base64: str
    body_bytes: int
    body_sha256: str


class AuditEvent(StrEnum):
    """What was done."""

    REPORT_ROUTED = "report_routed"
    REPORT_REPEATED = "report_repeated"
    REPORT_CANCELLED = "report_cancelled"
    MESSAGE_REJECTED = "message_rejected"
    ALERT_ACKNOWLEDGED = "alert_acknowledged"
    SUBSCRIPTION_CHANGED = "subscription_changed"
    REPORT_PURGED = "report_purged"
    REVIEW_DUE = "review_due"
    HOLD_CHANGED = "hold_changed"
    INCIDENT_MERGED = "incident_merged"
    INCIDENT_SPLIT = "incident_split"
    DECONFLICTED = "deconflicted"
    SHARING_ASKED = "sharing_asked"
    SHARING_DECIDED = "sharing_decided"
    ALERT_ESCALATED = "alert_escalated"
    PERSON_ACTION = "person_action"
    CAUGHT_UP = "caught_up"
    FINDING_WITHHELD = "finding_withheld"
    """The centre found something that no agency may be told of, for the sake of what it rests on."""
    REDRESS_ASKED = "redress_asked"
    REDRESS_ANSWERED = "redress_answered"


class AuditRecord(Message):
    """One act of the hub, with the decision on every agency."""

    schema_version: Version = SCHEMA_VERSION
    audit_id: Id
    at: UtcDatetime
    event: AuditEvent
    agency: AgencyId | None = None
    report_id: Id | None = None
    revision: int | None = None
    incident_id: Id | None = None
    relation: Relation | None = None
    decisions: dict[Rule, tuple[AgencyId, ...]] = Field(default_factory=dict)
    """Every agency stands under exactly one rule."""
    forms: dict[Form, tuple[AgencyId, ...]] = Field(default_factory=dict)
    override: bool = False
    """Whether imminent danger to life overrode need-to-know or a missing interest."""
    note: str | None = None
    reason: RejectReason | None = None
    """Of a refusal: why."""
    facts: Facts | None = None
    previous_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    record_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Neither hash is used: no writer can know the record before its own. The chain is in `seals`."""


class AcceptedReport(Message):
    """A report that was admitted, on its way to its zone."""

    type: Literal["report"] = "report"
    zone: Zone
    accepted_at: UtcDatetime
    published_at: UtcDatetime
    report: ThreatReport
    passed_by: Zone | None = None
    """The zone that passed it on, for it tells of an incident kept in this one; it is not passed on again."""


class AcceptedAcknowledgement(Message):
    """An acknowledgement that was admitted, on its way to the zone of its incident."""

    type: Literal["acknowledgement"] = "acknowledgement"
    zone: Zone
    accepted_at: UtcDatetime
    acknowledgement: Acknowledgement


class AcceptedJudgement(Message):
    """An analyst's decision that was admitted, on its way to the zone of its incidents."""

    type: Literal["judgement"] = "judgement"
    zone: Zone
    accepted_at: UtcDatetime
    judgement: Annotated[Judgement, Field(discriminator="type")]


class AcceptedOrder(Message):
    """An order about a report that is known, on its way to the report's zone."""

    type: Literal["order"] = "order"
    zone: Zone
    accepted_at: UtcDatetime
    order: Order


class AcceptedControl(Message):
    """Another control message that was admitted, on its way to the zone of its incident."""

    type: Literal["control"] = "control"
    zone: Zone
    accepted_at: UtcDatetime
    control: Annotated[SharingRequest | SharingAnswer, Field(discriminator="type")]


class AcceptedCatchUp(Message):
    """A request for what is open, on its way through the zones, one after the other, a few incidents at a time."""

    type: Literal["catch_up"] = "catch_up"
    zone: Zone
    accepted_at: UtcDatetime
    catch_up: CatchUp
    step: int = 0
    """How many turns it has had: a turn that is read again after a crash is known by it."""
    after: Id | None = None
    """The incident of this zone that was looked at last."""
    sent: int = 0
    incidents: int = 0
    """How many alerts it led to so far, and on how many incidents."""
    textless: int = 0
    """Reports that could not be judged, for the hub keeps their text no more; told to the audit only."""


class Tick(Message):
    """The hub's own word that time has passed, written to each partition whether or not anything else comes.

    Whatever is due is judged by the `at` of a tick, never by a clock: a replay judges alike.
    """

    type: Literal["tick"] = "tick"
    at: UtcDatetime


class AcceptedSighting(Message):
    """A token of a report that was fused, on its way to the partition of the token: where else was it seen?"""

    type: Literal["sighting"] = "sighting"
    token: Token
    report_id: Id
    incident_id: Id
    status: Status
    accepted_at: UtcDatetime
    gone: bool = False
    """Whether the report was purged or withdrawn: then it is seen there no more."""


Accepted = Annotated[
    AcceptedReport
    | AcceptedAcknowledgement
    | AcceptedCatchUp
    | AcceptedControl
    | AcceptedJudgement
    | AcceptedOrder
    | AcceptedSighting
    | Probe
    | Meeting
    | Offer
    | Arrival
    | Carried
    | Coincidence
    | Tick,
    Field(discriminator="type"),
]
