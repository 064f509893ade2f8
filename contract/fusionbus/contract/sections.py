"""One section for each kind of report."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from fusionbus.contract.base import AgencyId, Id, Interval, Message, Prose, Range, Text, Token, UtcDatetime
from fusionbus.contract.vocabulary import (
    Confidence,
    FindingKind,
    Kind,
    ResponseType,
    SuspiciousActivityCode,
    TipClassCode,
)


class IncidentSection(Message):
    """Something happened."""

    kind: Literal[Kind.INCIDENT] = Kind.INCIDENT
    course: Literal["ongoing", "over", "foiled", "unknown"] = "unknown"
    attackers: Range | None = None
    claimed_by: Text | None = None
    damage: Text | None = None
    response_types: tuple[ResponseType, ...] = ()


class ThreatSection(Message):
    """Something is planned: a warning."""

    kind: Literal[Kind.THREAT] = Kind.THREAT
    expected: Interval | None = None
    target_description: Text | None = None
    modus_operandi: Text | None = None
    confidence: Confidence = Confidence.LOW
    response_types: tuple[ResponseType, ...] = ()


class SuspiciousActivitySection(Message):
    """Suspicious activity in the sense of ISE-SAR."""

    kind: Literal[Kind.SUSPICIOUS_ACTIVITY] = Kind.SUSPICIOUS_ACTIVITY
    activity: SuspiciousActivityCode
    tip_class: TipClassCode | None = None
    justification: Prose | None = None
    """Why the observation is more than lawful behaviour; the second group of codes needs it to name persons."""


class Transaction(Message):
    """One movement of money between two accounts, known by token."""

    at: UtcDatetime
    amount: Annotated[float, Field(gt=0, le=1e15)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "PKR"
    from_account: Token | None = None
    to_account: Token | None = None
    channel: Literal["bank", "hawala", "cash", "mobile_wallet", "card", "crypto", "charity", "trade", "other"] = "bank"
    reference: Text | None = None


class FinanceSection(Message):
    """A suspicious-transaction report."""

    kind: Literal[Kind.FINANCE] = Kind.FINANCE
    str_reference: Text | None = None
    suspicion: Literal[
        "structuring",
        "fan_in",
        "fan_out",
        "pass_through",
        "shared_account",
        "front_charity",
        "unlicensed_hawala",
        "other",
    ] = "other"
    transactions: Annotated[tuple[Transaction, ...], Field(max_length=500)] = ()


class Indicator(Message):
    """A technical trace."""

    type: Literal["ipv4", "ipv6", "domain", "url", "email", "md5", "sha1", "sha256", "filename", "cve", "account"]
    value: Annotated[str, Field(min_length=1, max_length=2_000)]


class CyberSection(Message):
    """An attack on a computer system."""

    kind: Literal[Kind.CYBER] = Kind.CYBER
    vector: Literal[
        "phishing",
        "malware",
        "ransomware",
        "intrusion",
        "denial_of_service",
        "defacement",
        "data_leak",
        "influence",
        "other",
    ] = "other"
    indicators: Annotated[tuple[Indicator, ...], Field(max_length=500)] = ()
    affected_service: Text | None = None
    impact: Text | None = None


class TipSection(Message):
    """Something the public told; it is triaged before it counts."""

    kind: Literal[Kind.TIP] = Kind.TIP
    channel: Literal["web", "phone", "sms", "email", "walk_in", "post"]
    caller_token: Token | None = None
    tip_class: TipClassCode | None = None
    triage: Literal["pending", "accepted", "refused"] = "pending"
    triaged_by: Text | None = None


class BorderSection(Message):
    """A crossing, interdiction or watch-list hit."""

    kind: Literal[Kind.BORDER] = Kind.BORDER
    crossing_point: Text | None = None
    direction: Literal["in", "out", "unknown"] = "unknown"
    event: Literal["crossed", "refused", "detained", "seized", "watch_list_hit", "irregular_crossing"]
    goods: Text | None = None
    counterpart_country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None


class RecordSection(Message):
    """A police record: an FIR, an arrest, a wanted person, a recovery."""

    kind: Literal[Kind.RECORD] = Kind.RECORD
    record_type: Literal["fir", "arrest", "wanted_person", "recovery", "conviction", "release", "proclamation"]
    record_number: Text | None = None
    police_station: Text | None = None
    recorded_at: UtcDatetime | None = None
    law_sections: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    recovered: Annotated[tuple[Text, ...], Field(max_length=100)] = ()


class OperationSection(Message):
    """A planned police operation, for deconfliction only: others learn that it is there and whom to call."""

    kind: Literal[Kind.OPERATION] = Kind.OPERATION
    operation: Literal["raid", "surveillance", "arrest", "search", "controlled_delivery", "other"]
    planned: Interval
    radius_km: Annotated[float, Field(gt=0, le=200)] = 2.0
    contact: Text

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if (self.planned.end - self.planned.start).days > 31:  # noqa: PLR2004 - a month, as told below
            raise ValueError("a planned operation lasts 31 days at most; send an update to extend it")
        return self


class Figure(Message):
    """One number a finding rests on, with the line it was held against and where that line comes from."""

    name: Text
    value: float
    unit: Text | None = None
    threshold: float | None = None
    source: Text | None = None
    """The standard, paper or measurement behind the threshold."""


DISTRICT_FIGURE: Final = "attacks in "
"""Begins the name of a surge's figure on one of its districts; the district follows."""


class Evidence(Message):
    """One report a finding rests on: who told it, and when."""

    report_id: Id | None = None
    """Absent where the source is masked, for ids are made from agency and reference; and so is the agency."""
    incident_id: Id
    agency: AgencyId | None = None
    reported_at: UtcDatetime
    says: Text
    """What of the report counts, in words that name no person and show no token."""


class AreaRisk(Message):
    """What a forecast says of one district."""

    district: Text
    probability: Annotated[float, Field(ge=0, le=1)]
    """Of at least one attack in the window."""
    low: Annotated[float, Field(ge=0, le=1)]
    high: Annotated[float, Field(ge=0, le=1)]
    climatology: Annotated[float, Field(ge=0, le=1)]
    """What the district's own long-run rate alone would say."""


class AssessmentSection(Message):
    """What the fusion centre found in the reports of others; told again while it changes, and once more when over."""

    kind: Literal[Kind.ASSESSMENT] = Kind.ASSESSMENT
    finding: FindingKind
    phase: Literal["open", "over"] = "open"
    window: Interval
    figures: Annotated[tuple[Figure, ...], Field(max_length=100)] = ()
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=200)] = ()
    evidence_beyond: Annotated[int, Field(ge=0)] = 0
    """Reports past the limit: counted, not listed."""
    areas: Annotated[tuple[AreaRisk, ...], Field(max_length=300)] = ()
    privacy: bool = False
    """Whether it rests on reports that tell of persons: who may not have those has it in the summary form."""


Section = Annotated[
    IncidentSection
    | ThreatSection
    | SuspiciousActivitySection
    | FinanceSection
    | CyberSection
    | TipSection
    | BorderSection
    | RecordSection
    | OperationSection
    | AssessmentSection,
    Field(discriminator="kind"),
]
