"""The search for near repeats: attacks of one actor that follow each other closely in place and time.

Source: Chuang, Ben-Asher and D'Orsogna 2019, Local alliances and rivalries shape near-repeat terror activity of
al-Qaeda, ISIS, and insurgents, PNAS 116: an attack raises the likelihood of another one by the same group within 20 km
for 4 to 10 weeks. Before it, of IEDs in Iraq: Townsley, Johnson and Ratcliffe 2008, Security Journal 21.
"""

import hashlib
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from fusionbus.contract.base import Interval
from fusionbus.contract.observation import Observation
from fusionbus.contract.sections import Figure
from fusionbus.contract.vocabulary import FindingKind, Severity, Urgency
from fusionbus.streams.patterns import chance
from fusionbus.streams.patterns.attacks import Attack, Attacks, Counted, moment_of
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.reading.gazetteer import KM_PER_DEGREE, distance_km

NEAR_KM: Final = 20.0
NEAR_DAYS: Final = 70.0
"""Source: as above, the longest."""
UNCERTAIN_KM_MAX: Final = 10.0
"""A place told more vaguely than half the distance is near nothing for certain."""
YEAR_DAYS: Final = 364.0
PRIOR_EVENTS: Final = 0.5
"""Jeffreys' prior, as in the scan."""
P_MAX: Final = 0.15
"""A near repeat is told where the actor's own rate there would bring as many in less than one of seven such spans:
where attacks are an everyday matter, the next one relates nothing. At this line a first return to a place is told once
seven months without the actor are known of it."""
HISTORY_DAYS_MIN: Final = 56.0
"""With less known before these ten weeks nothing is told, as in the scan."""
CELL: Final = NEAR_KM / KM_PER_DEGREE
"""Degrees of latitude; of longitude the same are fewer kilometres, so two cells are looked at on each side."""

STEPS_MAX: Final = 8
"""Steps back to a chain's beginning, over a year at most: a longer chain has another key, and is told as a new one."""
OUTLIERS: Final = 100
"""One in so many may be dated far too early, as in the scan."""
CHUANG: Final = "Chuang et al. 2019"
OWN_RATE: Final = "its own rate there in the 52 weeks before"

Cell = tuple[int, int]


@dataclass(slots=True)
class Actor:
    """The attacks of one actor that say where, by cells of twenty kilometres."""

    cells: defaultdict[Cell, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    in_order: list[tuple[float, str]] = field(default_factory=list)
    attacks: dict[str, Attack] = field(default_factory=dict)

    def put(self, attack: Attack) -> None:
        """One more."""
        insort(self.cells[_cell(attack)], (attack.moment, attack.incident_id))
        insort(self.in_order, (attack.moment, attack.incident_id))
        self.attacks[attack.incident_id] = attack

    def drop(self, attack: Attack) -> None:
        """One less."""
        for held in (self.cells[_cell(attack)], self.in_order):
            del held[bisect_left(held, (attack.moment, attack.incident_id))]
        del self.attacks[attack.incident_id]

    def near(self, attack: Attack, first: float, upto: float) -> Iterator[Attack]:
        """The other attacks within twenty kilometres, later than the one moment, up to and with the other."""
        north, east = _cell(attack)
        for row in range(north - 1, north + 2):
            for column in range(east - 2, east + 3):
                held = self.cells.get((row, column))
                if not held:
                    continue
                for _, name in held[bisect_right(held, (first, "~")) : bisect_right(held, (upto, "~"))]:
                    other = self.attacks[name]
                    if name != attack.incident_id and _distance_km(attack, other) <= NEAR_KM:
                        yield other


class Repeat(NamedTuple):
    """An attack with those before it, oldest first."""

    attacks: tuple[Attack, ...]
    first: str
    """The incident that the chain begins with."""
    expected: float
    p: float


class NearRepeatSearch:
    """Finds chains of near repeats; implements `values.Search`."""

    def __init__(self) -> None:
        self._attacks = Attacks()
        self._counted: dict[str, Attack] = {}
        self._actors: defaultdict[str, Actor] = defaultdict(Actor)
        self._moments: list[float] = []

    def put(self, observation: Observation) -> None:
        """Takes a report, or a newer revision of one."""
        for incident_id, counted in self._attacks.put(observation):
            self._change(incident_id, counted)

    def drop(self, report_id: str) -> None:
        """Lets go of a report."""
        for incident_id, counted in self._attacks.drop(report_id):
            self._change(incident_id, counted)

    def standing(self, now: datetime) -> Sequence[Finding]:
        """A finding for each chain whose newest attack is not ten weeks old, where chance would seldom make it."""
        upto = moment_of(now)
        found = []
        for actor in self._actors.values():
            first = bisect_right(actor.in_order, (upto - NEAR_DAYS, "~"))
            for _, name in actor.in_order[first : bisect_right(actor.in_order, (upto, "~"))]:
                newest = actor.attacks[name]
                if next(actor.near(newest, newest.moment, upto), None) is None:
                    repeat = self._repeat(actor, newest)
                    found += [finding_of(repeat)] if repeat is not None else []
        return sorted(found, key=lambda each: (each.window.start, each.key))

    def _change(self, incident_id: str, counted: Counted) -> None:
        before = self._counted.pop(incident_id, None)
        if before is not None and before.actor is not None:
            self._actors[before.actor].drop(before)
            del self._moments[bisect_left(self._moments, before.moment)]
        attack = counted.of_actor
        if attack is not None and attack.actor is not None and _is_placed(attack):
            self._counted[incident_id] = attack
            self._actors[attack.actor].put(attack)
            insort(self._moments, attack.moment)

    def _repeat(self, actor: Actor, newest: Attack) -> Repeat | None:
        """The near repeat that ends with this attack; none where its last ten weeks are as usual there."""
        begin = newest.moment - NEAR_DAYS
        recent = sorted(actor.near(newest, begin, newest.moment), key=_order)
        known = min(YEAR_DAYS, begin - self._moments[len(self._moments) // OUTLIERS])
        if not recent or known < HISTORY_DAYS_MIN:
            return None
        before = sum(1 for _ in actor.near(newest, begin - known, begin))
        expected = (before + PRIOR_EVENTS) / known * NEAR_DAYS
        p = chance.at_least(len(recent), expected)
        return Repeat((*recent, newest), _first_of(actor, newest), expected, p) if p <= P_MAX else None


def _first_of(actor: Actor, newest: Attack) -> str:
    """The incident that the chain begins with, each time the oldest before: it stays when another attack joins."""
    first = newest
    for _ in range(STEPS_MAX):
        before = actor.near(first, first.moment - NEAR_DAYS, first.moment)
        older = min((each for each in before if _order(each) < _order(first)), key=_order, default=None)
        if older is None:
            break
        first = older
    return first.incident_id


def finding_of(repeat: Repeat) -> Finding:
    """The finding of a near repeat."""
    attacks, newest, recent = repeat.attacks, repeat.attacks[-1], len(repeat.attacks) - 1
    times = "one attack" if recent == 1 else f"{recent} attacks"
    said = f"{times} by one actor within {NEAR_KM:.0f} km in the ten weeks before an attack in {newest.district}"
    actor = hashlib.sha256((newest.actor or "").encode()).hexdigest()[:10]
    return Finding(
        kind=FindingKind.NEAR_REPEAT,
        key=f"near-repeat:{actor}:{repeat.first}",
        window=Interval(start=attacks[0].at, end=newest.at),
        headline=f"Near repeat: {said}"[:200],
        statement=(
            f"{said}: by its own rate of the year before {repeat.expected:.2f} were to be expected there, and chance "
            f"makes so many in {chance.said(repeat.p)} of such spans. For up to ten weeks a further attack nearby is "
            "likelier than usual."
        ),
        figures=(
            Figure(name="attacks before it", value=recent, unit="in 20 km and 70 days", threshold=1, source=CHUANG),
            Figure(name="expected by chance", value=round(repeat.expected, 3), unit="attacks", source=OWN_RATE),
            Figure(name="chance of so many", value=round(repeat.p, 6), unit="of such spans", threshold=P_MAX),
        ),
        evidence=tuple((attack.told, _says(attack, newest)) for attack in attacks),
        place=newest.told.place,
        category=newest.told.category,
        actor=newest.actor,
        severity=min((attack.told.severity for attack in attacks), key=list(Severity).index),
        urgency=Urgency.FUTURE,
    )


def _order(attack: Attack) -> tuple[float, str]:
    return attack.moment, attack.incident_id


def _says(attack: Attack, newest: Attack) -> str:
    category = attack.told.category
    kind = category.value if category else "attack"
    if attack is newest:
        return f"{kind}, the newest"
    return (
        f"{kind}, {_distance_km(attack, newest):.0f} km and {newest.moment - attack.moment:.0f} days before the newest"
    )


def _is_placed(attack: Attack) -> bool:
    place = attack.told.place
    return (
        place is not None
        and place.lat is not None
        and place.uncertainty_km is not None
        and place.uncertainty_km <= UNCERTAIN_KM_MAX
    )


def _where(attack: Attack) -> tuple[float, float]:
    place = attack.told.place
    assert place is not None  # noqa: S101 - for the type checker: only what has a place is put here
    assert place.lat is not None  # noqa: S101 - as above
    assert place.lon is not None  # noqa: S101 - as above
    return place.lat, place.lon


def _cell(attack: Attack) -> Cell:
    lat, lon = _where(attack)
    return int(lat / CELL), int(lon / CELL)


def _distance_km(one: Attack, other: Attack) -> float:
    return distance_km(*_where(one), *_where(other))
