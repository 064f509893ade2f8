"""The threat report: a common head and one section, chosen by its kind."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from fusionbus.contract import ids
from fusionbus.contract.base import (
    SCHEMA_VERSION,
    AgencyId,
    Id,
    Interval,
    Latitude,
    Longitude,
    Message,
    Prose,
    Text,
    Token,
    UtcDatetime,
    Version,
)
from fusionbus.contract.handling import RETENTION_MAX, Attachment, Handling, Legal, Signature, Source
from fusionbus.contract.sections import Section, SuspiciousActivitySection
from fusionbus.contract.vocabulary import (
    Attribution,
    CasualtyGroup,
    Certainty,
    Confidence,
    EntityType,
    Kind,
    MsgType,
    Outcome,
    Province,
    Severity,
    Sex,
    Status,
    SubjectRole,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
    Weapon,
)

REPORT_BYTES_MAX = 262_144
"""A report larger than this is refused; attachments travel elsewhere. Kafka's own default limit is 1 MiB,
and an alert that carries the report must still fit."""

NO_PREDICATE: Final = "no_predicate"
"""The type of the fault of a report that names a criminal subject and states no predicate: oversight counts it."""


class Place(Message):
    """Where, as precisely as it is known; every part is optional."""

    province: Province | None = None
    district: Text | None = None
    tehsil: Text | None = None
    name: Text | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    uncertainty_km: Annotated[float, Field(ge=0, le=2_000)] | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise ValueError("give both `lat` and `lon` or neither")
        return self


class Actor(Message):
    """Who is held responsible, and how sure the originator is."""

    name: Text
    attribution_confidence: Confidence = Confidence.LOW
    claimed: bool = False


class Casualties(Message):
    """People of one group to whom one thing happened, as an interval."""

    outcome: Outcome
    group: CasualtyGroup = CasualtyGroup.UNKNOWN
    low: Annotated[int, Field(ge=0, le=100_000)]
    high: Annotated[int, Field(ge=0, le=100_000)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.high < self.low:
            raise ValueError("`high` is below `low`")
        return self


class Person(Message):
    """A person, known to others by tokens only, unless the originator releases the name."""

    role: SubjectRole
    id_tokens: Annotated[tuple[Token, ...], Field(max_length=10)] = ()
    name_tokens: Annotated[tuple[Token, ...], Field(max_length=12)] = ()
    """One keyed hash for each part of the name, as it sounds."""
    name_clk: Annotated[str, Field(pattern=r"^[a-z0-9]{1,8}:[A-Za-z0-9+/]{40,700}={0,2}$")] | None = None
    """Cryptographic long-term key: `scheme:bits in base64`."""
    released_name: Text | None = None
    sex: Sex | None = None
    age_low: Annotated[int, Field(ge=0, le=130)] | None = None
    age_high: Annotated[int, Field(ge=0, le=130)] | None = None
    privacy: bool = True
    """Whether this person is left out of the summary form."""


class Entity(Message):
    """A phone, plate, account or other thing, known by its token."""

    type: EntityType
    token: Token
    role: SubjectRole = SubjectRole.OTHER
    released_value: Text | None = None
    privacy: bool = True


class ThreatReport(Message):
    """What one agency says about one event, plan, person, payment or crossing."""

    schema_version: Version = SCHEMA_VERSION
    report_id: Id
    agency: AgencyId
    unit: Text | None = None
    local_ref: Annotated[str, Field(min_length=1, max_length=120)]
    status: Status
    msg_type: MsgType = MsgType.REPORT
    revision: Annotated[int, Field(ge=1, le=10_000)] = 1
    references: Annotated[tuple[Id, ...], Field(max_length=50)] = ()

    occurred: Interval | None = None
    observed_at: UtcDatetime | None = None
    reported_at: UtcDatetime
    place: Place | None = None
    category: ThreatCategory | None = None
    weapon: Weapon | None = None
    target_sector: TargetSectorCode | None = None
    actor: Actor | None = None
    urgency: Urgency = Urgency.UNKNOWN
    severity: Severity = Severity.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    source: Source = Source()
    casualties: Annotated[tuple[Casualties, ...], Field(max_length=30)] = ()
    persons: Annotated[tuple[Person, ...], Field(max_length=200)] = ()
    entities: Annotated[tuple[Entity, ...], Field(max_length=200)] = ()

    headline: Text | None = None
    narrative: Prose | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{4})?$")] = "en"
    """ISO 639, `ur-Latn` for Roman Urdu."""
    tearline: Prose | None = None
    """A second text that may go further than the first."""
    handling: Handling
    legal: Legal = Legal()
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=50)] = ()
    section: Section
    signature: Signature | None = None

    @property
    def kind(self) -> Kind:
        """The kind of the report."""
        return self.section.kind

    @property
    def is_masked(self) -> bool:
        """Whether nobody may learn who said it."""
        return self.handling.mask_source or self.handling.attribution is Attribution.MUST_NOT

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.report_id != ids.report_id(self.agency, self.local_ref):
            raise ValueError("`report_id` is not the id made from `agency` and `local_ref`")
        if self.msg_type is not MsgType.REPORT and self.revision == 1:
            raise ValueError("an update or cancel has `revision` 2 or more")
        self._lawful()
        return self

    def _lawful(self) -> None:
        section = self.section
        if (
            isinstance(section, SuspiciousActivitySection)
            and section.activity.needs_justification
            and self.persons
            and section.justification is None
        ):
            raise ValueError(
                f"{section.activity} names persons: say in `justification` why it is more than lawful behaviour",
            )
        subjects = any(person.role is SubjectRole.CRIMINAL_SUBJECT for person in self.persons)
        if subjects and self.legal.criminal_predicate is None:
            raise PydanticCustomError(
                NO_PREDICATE, "a person is named as criminal subject: state the `legal.criminal_predicate`"
            )
        until = self.legal.retention_until
        if until is not None and until - self.reported_at > RETENTION_MAX:
            raise ValueError("`legal.retention_until` is more than five years after `reported_at`")
