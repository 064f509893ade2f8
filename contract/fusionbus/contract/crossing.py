"""What zones of the hub tell each other of an event that two of them hear of. Only the hub writes and reads it."""

from typing import Annotated, Final, Literal

from pydantic import Field

from fusionbus.contract.base import Id, Message, UtcDatetime, Zone
from fusionbus.contract.control import Verdict
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import Status

RECONCILER: Final = b"national"
"""The key of all meetings: they lie in one partition, so that they are decided one after the other."""


class Probe(Message):
    """A report whose place may lie in a neighbouring zone, shown there: what matching needs of it and nothing more."""

    type: Literal["probe"] = "probe"
    zone: Zone
    """Where it is shown."""
    home: Zone
    """Where its incident is kept."""
    incident_id: Id
    status: Status
    opened_at: UtcDatetime
    accepted_at: UtcDatetime
    member: Member
    """Without its headline, who has it, and why it was put there."""
    gone: bool = False
    """Whether it is to be shown there no more: withdrawn, purged, or found to lie elsewhere."""


class Meeting(Message):
    """Two incidents of two zones that are one event, or two, by the hub's own finding or by a person's word.

    It goes to the one reconciler, which remembers what persons decided.
    """

    type: Literal["meeting"] = "meeting"
    zones: tuple[Zone, Zone]
    """Where the two incidents of the verdict are kept."""
    verdict: Verdict
    by_hub: bool = False
    accepted_at: UtcDatetime


class Offer(Message):
    """An incident that is to become part of another zone's: the younger is handed over, whichever is asked first."""

    type: Literal["offer"] = "offer"
    zone: Zone
    """Whose incident is asked for."""
    incident_id: Id
    into: Id
    home: Zone
    into_opened_at: UtcDatetime | None = None
    """How old the other is, once its zone has said so."""
    verdict: Verdict
    by_hub: bool = False
    accepted_at: UtcDatetime


class Arrival(Message):
    """An incident on its way to another zone, whole: what it leaves behind is a signpost."""

    type: Literal["arrival"] = "arrival"
    zone: Zone
    into: Id
    """What it becomes part of; where that cannot be, it stays an incident by itself, in this zone."""
    incident: Incident
    names: tuple[Incident, ...] = ()
    """What is left of incidents that were merged into it, so that they can be taken out again."""
    verdict: Verdict
    by_hub: bool = False
    accepted_at: UtcDatetime


class Carried(Message):
    """The text of a report whose incident is on its way to another zone, ahead of it."""

    type: Literal["carried"] = "carried"
    zone: Zone
    into: Id
    report: ThreatReport
    published_at: UtcDatetime
    accepted_at: UtcDatetime
    controlled: bool
    """Whether it is under originator control: then it is kept as long as that may be lifted."""


class Coincidence(Message):
    """What lies at one place and time with a planned operation, or is about its subject, was met in another zone.

    Of the other side it tells whom to call and nothing else, like the pointer that is made of it.
    """

    type: Literal["coincidence"] = "coincidence"
    zone: Zone
    """Where the report's incident is kept."""
    incident_id: Id
    report_id: Id
    """Whose originator is to be told."""
    desks: Annotated[dict[Id, str], Field(min_length=1)]
    """Whom to call, by the id of each pair of reports."""
    accepted_at: UtcDatetime
