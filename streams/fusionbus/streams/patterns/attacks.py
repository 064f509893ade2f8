"""The attacks that counting and scanning rest on: each event once, by a report that says where and when."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation
from fusionbus.contract.vocabulary import Kind
from fusionbus.streams.correlate.families import family_of
from fusionbus.streams.reading.gazetteer import DISTRICTS

LOCAL: Final = timedelta(hours=5)
"""Pakistan's time: a day is a day there."""
VAGUE_MAX: Final = timedelta(days=2)
"""An event that is dated more vaguely has no day to be counted on."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One event, as one report tells it."""

    at: datetime
    moment: float
    """Days in Pakistan's time: the ordinal of the day with its fraction."""
    district: str
    family: str
    actor: str | None
    told: Observation

    @property
    def incident_id(self) -> str:
        """The event."""
        return self.told.incident_id


class Counted(NamedTuple):
    """How one incident is counted: among all, and among those of a named actor."""

    among_all: Attack | None = None
    of_actor: Attack | None = None


def moment_of(at: datetime) -> float:
    """The moment in days of Pakistan's time, to the second."""
    local = at + LOCAL
    return local.toordinal() + (local.hour * 3_600 + local.minute * 60 + local.second) / 86_400


def attack_of(told: Observation) -> Attack | None:
    """The attack a report tells of; none where it is an echo, no attack, or has no district, day or category."""
    family = family_of(told.category)
    if told.kind is not Kind.INCIDENT or told.relation is Relation.RELAY or family is None or told.place is None:
        return None
    occurred, district = told.occurred, told.place.district
    if district not in DISTRICTS or (occurred is not None and occurred.end - occurred.start > VAGUE_MAX):
        return None
    at = told.reported_at if occurred is None else occurred.start + (occurred.end - occurred.start) / 2
    return Attack(at, moment_of(at), district, family, told.actor, told)


def _openness(attack: Attack) -> tuple[bool, bool, int, int, datetime, str]:
    handling, told = attack.told.handling, attack.told
    return (
        handling.originator_control,
        bool(handling.releasable_to),
        handling.tlp.level,
        handling.classification.level,
        told.reported_at,
        told.report_id,
    )


def counted(reports: Iterable[Observation]) -> Counted:
    """How the reports of one incident count: by the one that most may read, so that most may be told of a finding."""
    attacks = sorted((found for found in map(attack_of, reports) if found is not None), key=_openness)
    if not attacks:
        return Counted()
    here = attacks[0].district
    return Counted(
        attacks[0], next((each for each in attacks if each.actor is not None and each.district == here), None)
    )


@dataclass(slots=True)
class Attacks:
    """The reports that may be attacks, by incident: whatever order they come in, the same is counted."""

    _reports: dict[str, dict[str, Observation]] = field(default_factory=dict)
    _incident_of: dict[str, str] = field(default_factory=dict)

    def put(self, observation: Observation) -> list[tuple[str, Counted]]:
        """What is counted now of each incident that this changes."""
        held_in = self._incident_of.get(observation.report_id)
        moved = held_in is not None and held_in != observation.incident_id
        changes = self.drop(observation.report_id) if moved else []
        reports = self._reports.setdefault(observation.incident_id, {})
        reports[observation.report_id] = observation
        self._incident_of[observation.report_id] = observation.incident_id
        return [*changes, (observation.incident_id, counted(reports.values()))]

    def drop(self, report_id: str) -> list[tuple[str, Counted]]:
        """The same for a report that is let go."""
        incident_id = self._incident_of.pop(report_id, None)
        if incident_id is None:
            return []
        reports = self._reports[incident_id]
        del reports[report_id]
        if not reports:
            del self._reports[incident_id]
        return [(incident_id, counted(reports.values()))]
