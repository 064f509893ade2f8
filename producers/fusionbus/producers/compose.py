"""Makes a report from what an agency knows; fills in ids, times and defaults, so that a script stays short."""

from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack

from pydantic import ValidationError

from fusionbus.contract import ids
from fusionbus.contract.base import Interval
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.handling import Attachment, Handling, Legal, Predicate, Source
from fusionbus.contract.report import Actor, Casualties, Entity, Person, Place, ThreatReport
from fusionbus.contract.sections import Section
from fusionbus.contract.vocabulary import (
    TLP,
    CasualtyGroup,
    Certainty,
    MsgType,
    Outcome,
    Severity,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
    Weapon,
)


class Head(TypedDict, total=False):
    """What may stand in a report's head beside its id and section; times are aware."""

    unit: str
    status: Status
    msg_type: MsgType
    revision: int
    references: tuple[str, ...]
    occurred: Interval | datetime
    observed_at: datetime
    reported_at: datetime
    place: Place
    category: ThreatCategory
    weapon: Weapon
    target_sector: TargetSectorCode
    actor: Actor
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    source: Source
    casualties: tuple[Casualties, ...]
    persons: tuple[Person, ...]
    entities: tuple[Entity, ...]
    headline: str
    narrative: str
    language: str
    tearline: str
    handling: Handling
    legal: Legal
    attachments: tuple[Attachment, ...]


def report(*, agency: str, local_ref: str, section: Section, **head: Unpack[Head]) -> ThreatReport:
    """The report, checked against the contract.

    Without others given: reported now, actual, TLP:AMBER. A single time in `occurred` is a moment.

    Raises: FixTheReport, one sentence that names the field and what is wrong with it.
    """
    fields: dict[str, Any] = {
        "status": Status.ACTUAL,
        "reported_at": datetime.now(UTC),
        "handling": Handling(tlp=TLP.AMBER),
        **head,
    }
    occurred = fields.get("occurred")
    if isinstance(occurred, datetime):
        fields["occurred"] = moment(occurred)
    try:
        return ThreatReport(
            report_id=ids.report_id(agency, local_ref), agency=agency, local_ref=local_ref, section=section, **fields
        )
    except ValidationError as exc:
        raise FixTheReport(first_fault(exc)) from exc


def revised(earlier: ThreatReport, *, cancel: bool = False, **head: Unpack[Head]) -> ThreatReport:
    """The next revision of a report, or its withdrawal, with these fields changed.

    Raises: FixTheReport as `report` does.
    """
    kept: Any = {name: getattr(earlier, name) for name in Head.__annotations__ if getattr(earlier, name) is not None}
    kept |= {
        "msg_type": MsgType.CANCEL if cancel else MsgType.UPDATE,
        "revision": earlier.revision + 1,
        "reported_at": datetime.now(UTC),
    }
    return report(agency=earlier.agency, local_ref=earlier.local_ref, section=earlier.section, **(kept | head))


def moment(at: datetime) -> Interval:
    """The point in time as an interval."""
    return Interval(start=at, end=at)


def casualties(
    *, killed: int | None = None, injured: int | None = None, group: CasualtyGroup = CasualtyGroup.UNKNOWN
) -> tuple[Casualties, ...]:
    """How many of one group were killed and injured, where the count is known exactly."""
    counted = ((Outcome.KILLED, killed), (Outcome.INJURED, injured))
    return tuple(
        Casualties(outcome=outcome, group=group, low=count, high=count)
        for outcome, count in counted
        if count is not None
    )


def predicate(basis: str, reference: str | None = None) -> Legal:
    """The legal ground for naming a criminal subject, such as the FIR."""
    return Legal(criminal_predicate=Predicate(basis=basis, reference=reference))


def first_fault(exc: ValidationError) -> str:
    """The first fault of several as a sentence; the value itself is not repeated, it may name a person."""
    first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "The report"
    more = exc.error_count() - 1
    also = f" ({more} more fault{'s' if more > 1 else ''})" if more else ""
    return f"{field}: {first['msg'].removeprefix('Value error, ')}{also}."
