"""What an agency receives: an alert about an incident, holding no more than this agency may see."""

from typing import Annotated

from pydantic import Field

from fusionbus.contract.base import (
    SCHEMA_VERSION,
    AgencyId,
    Id,
    Interval,
    Message,
    Prose,
    Text,
    UtcDatetime,
    Version,
    Zone,
)
from fusionbus.contract.handling import Attachment, Source
from fusionbus.contract.incident import Claim, Reason
from fusionbus.contract.keeping import Erasure
from fusionbus.contract.report import Actor, Casualties, Entity, Person, Place
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import Section
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    AlertKind,
    AlertMsgType,
    Certainty,
    Classification,
    Credibility,
    Form,
    Kind,
    MsgType,
    Severity,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
    Weapon,
)


class AlertBody(Message):
    """What the recipient may read of the report behind the alert; the form says how much."""

    report_id: Id | None = None
    agency: AgencyId | None = None
    """Absent where the source is masked."""
    unit: Text | None = None
    local_ref: str | None = None
    revision: int | None = None
    msg_type: MsgType
    kind: Kind
    reported_at: UtcDatetime
    occurred: Interval | None = None
    observed_at: UtcDatetime | None = None
    place: Place | None = None
    category: ThreatCategory | None = None
    weapon: Weapon | None = None
    target_sector: TargetSectorCode | None = None
    actor: Actor | None = None
    urgency: Urgency = Urgency.UNKNOWN
    severity: Severity = Severity.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    source: Source | None = None
    casualties: tuple[Casualties, ...] = ()
    persons: tuple[Person, ...] = ()
    entities: tuple[Entity, ...] = ()
    headline: Text | None = None
    narrative: Prose | None = None
    language: str = "en"
    tearline: Prose | None = None
    attachments: tuple[Attachment, ...] = ()
    section: Section | None = None
    contact: Text | None = None
    """Whom to ask for more."""


class IncidentView(Message):
    """The incident as far as this recipient may know it: made from the reports it may see, and no others."""

    claim: Claim
    reports: int
    independent_origins: int
    credibility: Credibility
    echo_ring: int = 0
    """How many of the agencies behind these reports quote each other in a ring; their word counts once."""
    reasons: tuple[Reason, ...] = ()
    """Why the newest report was taken for the same event."""


class AlertHandling(Message):
    """The markings that travel with the alert."""

    tlp: TLP
    pap: PAP
    classification: Classification
    caveats: tuple[Text, ...] = ()
    originator_control: bool = False
    third_agency_rule: bool = True


class Escalation(Message):
    """Whose acknowledgement of what is missing."""

    agency: AgencyId
    """Who did not answer."""
    alert_id: Id
    """The alert that it did not acknowledge; acknowledging it ends the matter."""
    recall: bool
    sent_at: UtcDatetime
    acknowledge_by: UtcDatetime
    contact: Text
    """Where to reach it by other means."""


class SharingQuestion(Message):
    """What a recipient asks the originator of a report that it controls."""

    request_id: Id
    to: tuple[AgencyId, ...]
    asked_by: AgencyId | None = None
    """Absent where the originator did not name the asker as a recipient: who received a report is not told."""
    reason: Prose
    answer_by: UtcDatetime


class Alert(Message):
    """One alert for one recipient."""

    schema_version: Version = SCHEMA_VERSION
    alert_id: Id
    kind: AlertKind
    recipient: AgencyId
    status: Status
    msg_type: AlertMsgType
    incident_id: Id
    incident_revision: Annotated[int, Field(ge=1)]
    zone: Zone
    issued_at: UtcDatetime
    published_at: UtcDatetime
    """When the report behind it reached the broker."""
    rule: Rule
    why: Text
    form: Form
    handling: AlertHandling
    incident: IncidentView
    body: AlertBody
    acknowledge_by: UtcDatetime | None = None
    """Absent: it awaits no acknowledgement."""
    merged_from: tuple[Id, ...] | None = None
    """Incidents that this recipient was told of and that were found to be this one."""
    apart_from: tuple[Id, ...] | None = None
    """Incidents that this recipient was told were this one, or part of it, and that are not."""
    erase: Erasure | None = None
    """With a recall: what of earlier alerts may not be kept any longer."""
    escalation: Escalation | None = None
    """With kind `escalation`."""
    sharing: SharingQuestion | None = None
    """With kind `sharing_request`."""
