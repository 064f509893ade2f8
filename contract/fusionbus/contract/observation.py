"""What the second hop tells the third, the search for patterns, of each report. Only the hub writes and reads it."""

from typing import Annotated, Final, Literal

from pydantic import Field

from fusionbus.contract.base import AgencyId, Id, Interval, Message, Range, Text, Token, UtcDatetime, Zone
from fusionbus.contract.handling import Handling
from fusionbus.contract.incident import PersonClue, Relation
from fusionbus.contract.records import Tick
from fusionbus.contract.report import Entity, Place
from fusionbus.contract.sections import BorderSection, FinanceSection, RecordSection
from fusionbus.contract.vocabulary import Kind, Severity, Status, SubjectRole, TargetSectorCode, ThreatCategory, Weapon

NATION: Final = b"national"
"""The key of all observations: patterns cross zones, so they lie in one partition and one worker sees them in order."""


class Subject(Message):
    """A person in a report, by tokens only."""

    role: SubjectRole
    id_tokens: tuple[Token, ...] = ()
    clue: PersonClue | None = None


class Standing(Message):
    """What a report is to the incident it is in."""

    report_id: Id
    relation: Relation
    origin: Id
    granted: tuple[AgencyId, ...] = ()


class Observation(Message):
    """One report as it stands now, without its text: what counting, scanning and linking need, and nothing more."""

    type: Literal["observation"] = "observation"
    report_id: Id
    revision: Annotated[int, Field(ge=1)]
    incident_id: Id
    zone: Zone
    agency: AgencyId
    masked: bool = False
    """Whether nobody may learn who told it."""
    status: Status
    kind: Kind
    relation: Relation
    """A relay is no further event: counting leaves it out."""
    origin: Id
    gone: bool = False
    """Withdrawn or purged: whatever rests on it alone is no more."""
    purged: bool = False
    """With `gone`: nothing may be kept of it, nor of what was made from it."""
    accepted_at: UtcDatetime
    reported_at: UtcDatetime
    occurred: Interval | None = None
    place: Place | None = None
    category: ThreatCategory | None = None
    weapon: Weapon | None = None
    target_sector: TargetSectorCode | None = None
    actor: Text | None = None
    severity: Severity = Severity.UNKNOWN
    killed: Range | None = None
    derived_from: tuple[Id, ...] = ()
    subjects: tuple[Subject, ...] = ()
    entities: tuple[Entity, ...] = ()
    section: Annotated[FinanceSection | BorderSection | RecordSection, Field(discriminator="kind")] | None = None
    handling: Handling
    has_tearline: bool = False
    """Whether its originator wrote a second text for those who may not have the first."""
    granted: tuple[AgencyId, ...] = ()
    """Whom its originator let have it, in its own words, beyond its originator control."""


class ObservationMoved(Message):
    """Where reports stand now: their incident was joined to another, or parted."""

    type: Literal["moved"] = "moved"
    incident_id: Id
    zone: Zone
    reports: Annotated[tuple[Standing, ...], Field(max_length=500)]


Observed = Annotated[Observation | ObservationMoved | Tick, Field(discriminator="type")]
