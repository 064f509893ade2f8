"""Which reports a forecast counts: attacks told of in reports that the community may have, each event once."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation
from fusionbus.contract.vocabulary import PAP, Classification, Kind, ThreatCategory
from fusionbus.streams.patterns.audience import is_free
from fusionbus.streams.patterns.forecast.course import Attack
from fusionbus.streams.patterns.forecast.ground import districts_at
from fusionbus.streams.patterns.forecast.weeks import week_of

NO_ATTACK: Final = frozenset(
    {
        ThreatCategory.CYBER,
        ThreatCategory.FINANCING,
        ThreatCategory.RECRUITMENT,
        ThreatCategory.SMUGGLING,
        ThreatCategory.OTHER,
    }
)
VAGUE_MAX: Final = timedelta(days=3)
"""An event that is dated more vaguely may lie in two weeks as well as in one; its report's own time is no better."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A report that counts, and when the hub first had it: a revision tells no news of the event."""

    told: Observation
    first_at: datetime
    week: int
    districts: tuple[int, ...]

    @property
    def attack(self) -> Attack:
        """The attack as the models take it."""
        return Attack(week_of(self.first_at), self.week, self.districts)


def counted(observation: Observation, first_at: datetime) -> Counted | None:
    """The report as it counts; none where it tells of no attack, not where or when, or not everybody may have it."""
    handling = observation.handling
    free = is_free(observation) and handling.classification.level <= Classification.RESTRICTED.level
    if not free or handling.pap is PAP.RED or handling.caveats:
        return None
    if observation.kind is not Kind.INCIDENT or observation.relation is Relation.RELAY:
        return None
    if observation.category is None or observation.category in NO_ATTACK:
        return None
    occurred = observation.occurred
    if occurred is not None and occurred.end - occurred.start > VAGUE_MAX:
        return None
    at = observation.reported_at if occurred is None else occurred.start + (occurred.end - occurred.start) / 2
    districts = districts_at(observation.place)
    # What is dated after the hub had it did not happen then.
    return Counted(observation, first_at, week_of(min(at, first_at)), districts) if districts else None


@dataclass(slots=True)
class Events:
    """The reports that count, by event; of several the one counts that came first."""

    _by_event: defaultdict[str, dict[str, Counted]] = field(default_factory=lambda: defaultdict(dict))
    _event_of: dict[str, str] = field(default_factory=dict)
    _first_at: dict[str, datetime] = field(default_factory=dict)

    new: Counted | None = None
    """What the last `put` brought that was not here before."""

    def put(self, observation: Observation) -> bool:
        """Takes a report, or how it stands now; whether it counts, or did."""
        name = observation.report_id
        before = self._first_at.get(name)
        first_at = observation.accepted_at if before is None else min(before, observation.accepted_at)
        counts = self.drop(name)
        self._first_at[name] = first_at
        found = counted(observation, first_at)
        self.new = found if before is None else None
        if found is None:
            return counts
        self._by_event[observation.incident_id][name] = found
        self._event_of[name] = observation.incident_id
        return True

    def drop(self, report_id: str) -> bool:
        """Lets go of a report; whether it counted."""
        self._first_at.pop(report_id, None)
        event = self._event_of.pop(report_id, None)
        if event is None:
            return False
        del self._by_event[event][report_id]
        if not self._by_event[event]:
            del self._by_event[event]
        return True

    def known_before(self, start: datetime) -> list[Counted]:
        """One report for each event that was known before this moment, in order of event time."""
        firsts = (min(reports.values(), key=_first) for reports in self._by_event.values())
        return sorted(
            (each for each in firsts if each.first_at < start),
            key=lambda each: (each.week, _first(each)),
        )


def _first(each: Counted) -> tuple[datetime, str]:
    return each.first_at, each.told.report_id
