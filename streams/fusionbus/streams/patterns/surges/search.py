"""The search for surges: more attacks in a district and around it than its own past lets expect."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final

from fusionbus.contract.observation import Observation
from fusionbus.streams.patterns.attacks import Attacks, moment_of
from fusionbus.streams.patterns.surges.index import Index, Signal, rank, reach
from fusionbus.streams.patterns.surges.telling import finding_of
from fusionbus.streams.patterns.values import Finding

QUIET_DAYS: Final = 7.0
"""A surge is over when for so long no attack kept the scan up. A week: the cycle of a duty roster; an assumption."""
LOOK_BACK_DAYS: Final = 119.0
"""How far back the beginning of a surge is looked for. After 17 weeks it is what is usual there: the baseline of eight
weeks has long taken it in."""
GROWTH: Final = 1.5
"""A surge is told again when its count has grown so many times since it was told last: so that one outbreak makes a
handful of messages. An assumption."""


@dataclass(slots=True)
class Surge:
    """Signals that follow each other within days and share districts: one outbreak."""

    signals: list[Signal] = field(default_factory=list)

    def told(self) -> Signal:
        """The state that is told: the first, or the last by which it had clearly grown."""
        told = self.signals[0]
        for signal in self.signals[1:]:
            if signal.region.attacks >= GROWTH * told.region.attacks:
                told = signal
        return told


class SurgeSearch:
    """Finds surges; implements `values.Search`."""

    def __init__(self) -> None:
        self._attacks = Attacks()
        self._index = Index()

    def put(self, observation: Observation) -> None:
        """Takes a report, or a newer revision of one."""
        for incident_id, counted in self._attacks.put(observation):
            self._index.change(incident_id, counted)

    def drop(self, report_id: str) -> None:
        """Lets go of a report."""
        for incident_id, counted in self._attacks.drop(report_id):
            self._index.change(incident_id, counted)

    def standing(self, now: datetime) -> Sequence[Finding]:
        """Every surge that is going on, in the order in which they began."""
        return [finding_of(surge.signals[0], surge.told(), self._index) for surge in self.surges(now)]

    def surges(self, now: datetime) -> list[Surge]:
        """The outbreaks that are not over at this moment."""
        upto = moment_of(now)
        begin = upto - QUIET_DAYS
        signals = [*self._signals(self._index.between(begin, upto), upto)]
        while begin > upto - LOOK_BACK_DAYS:
            earlier = self._before(signals, begin)
            if not earlier:
                break  # a week without any: no surge reaches over it
            signals += earlier
            begin -= QUIET_DAYS
        return [each for each in joined(signals) if each.signals[-1].moment > upto - QUIET_DAYS]

    def _before(self, signals: list[Signal], upto: float) -> list[Signal]:
        """The signals of the week before that may belong to the same outbreaks: no others are asked for."""
        near = {other for signal in signals for district in signal.region.districts for other in reach(district)}
        waiting = self._index.between(upto - QUIET_DAYS, upto)
        found: list[Signal] = []
        while True:
            here = [name for name in waiting if self._index.district_of(name) in near]
            more = [*self._signals(here, upto)]
            if not more:
                return found
            found += more
            waiting = [name for name in waiting if self._index.district_of(name) not in near]
            near.update(other for each in more for district in each.region.districts for other in reach(district))

    def _signals(self, incidents: Iterable[str], upto: float) -> Iterator[Signal]:
        for incident_id in incidents:
            signal = self._index.signal(incident_id)
            if signal is not None and signal.moment <= upto:
                yield signal


def joined(signals: Sequence[Signal]) -> list[Surge]:
    """Outbreaks out of signals, each in order: those within days that share a district, directly or by others."""
    ordered = sorted(signals, key=lambda signal: (signal.moment, rank(signal)))
    group = list(range(len(ordered)))

    def first_of(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    at: dict[str, list[int]] = {}
    for number, signal in enumerate(ordered):
        for district in signal.region.districts:
            at.setdefault(district, []).append(number)
    for numbers in at.values():
        for one, other in pairwise(numbers):
            if ordered[other].moment - ordered[one].moment <= QUIET_DAYS:
                low, high = sorted((first_of(one), first_of(other)))
                group[high] = low
    surges: dict[int, Surge] = {}
    for number, signal in enumerate(ordered):
        surges.setdefault(first_of(number), Surge()).signals.append(signal)
    return list(surges.values())
