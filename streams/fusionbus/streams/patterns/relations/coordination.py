"""The search for coordination: one actor, or one kind of weapon, in many districts within one night."""

import hashlib
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from fusionbus.contract.base import Interval
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Place
from fusionbus.contract.sections import DISTRICT_FIGURE, Figure
from fusionbus.contract.vocabulary import FindingKind, Province, Severity, Urgency, Weapon
from fusionbus.streams.patterns import chance
from fusionbus.streams.patterns.attacks import Attack, Attacks, Counted, moment_of
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.reading.gazetteer import DISTRICTS

NIGHT_DAYS: Final = 0.5
"""Twelve hours: dusk to dawn in winter."""
DISTRICTS_MIN: Final = 3
"""Districts in one night. Source: the simulator's series after August 2024 and July 2025 have three to five."""
RARE: Final = 0.2
"""Told where the actor's own rate would make such a night less than once in five years. Our own choice; how many that
leaves is in docs/surge.md."""
NIGHTS_A_YEAR: Final = 365.25 / NIGHT_DAYS
YEAR_DAYS: Final = 364
GUARD_DAYS: Final = 1
HISTORY_DAYS_MIN: Final = 56
PRIOR_EVENTS: Final = 0.5
STANDING_DAYS: Final = 14.0
"""For so long a night is told to whom it concerns; after two weeks it is history."""
OWN_RATE: Final = "its own rate of the 52 weeks before"


class Key(NamedTuple):
    """What the attacks of a night have in common."""

    actor: str | None
    weapon: Weapon | None


class Night(NamedTuple):
    """Attacks within twelve hours that have the key in common."""

    key: Key
    attacks: tuple[Attack, ...]
    districts: int
    expected: float
    """Attacks in twelve hours by the rate of the year before."""
    a_year: float
    """How often in a year chance alone would make so many districts."""


class CoordinationSearch:
    """Finds nights of attacks in many districts; implements `values.Search`."""

    def __init__(self) -> None:
        self._attacks = Attacks()
        self._counted: dict[str, Counted] = {}
        self._series: defaultdict[Key, list[tuple[float, str]]] = defaultdict(list)
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
        """A finding for each night of the last two weeks that chance would seldom make; each attack in one of them."""
        upto = moment_of(now)
        nights = [night for key in list(self._series) for night in self._nights(key, upto)]
        taken: set[str] = set()
        found = []
        for night in sorted(nights, key=_rank):
            names = {attack.incident_id for attack in night.attacks}
            if not names & taken:
                taken |= names
                found.append(finding_of(night))
        return sorted(found, key=lambda each: (each.window.start, each.key))

    def _change(self, incident_id: str, counted: Counted) -> None:
        for attack, key in _keyed(self._counted.pop(incident_id, Counted())):
            held = self._series[key]
            del held[bisect_left(held, (attack.moment, incident_id))]
            del self._moments[bisect_left(self._moments, attack.moment)]
        for attack, key in _keyed(counted):
            insort(self._series[key], (attack.moment, incident_id))
            insort(self._moments, attack.moment)
        if counted.among_all is not None:
            self._counted[incident_id] = counted

    def _nights(self, key: Key, upto: float) -> Iterator[Night]:
        held = self._series[key]
        first, end = bisect_right(held, (upto - STANDING_DAYS, "~")), bisect_right(held, (upto, "~"))
        for begin in range(first, end):
            dawn = min(end, bisect_right(held, (held[begin][0] + NIGHT_DAYS, "~")))
            if dawn - begin < DISTRICTS_MIN:
                continue
            attacks = tuple(self._attack(key, name) for _, name in held[begin:dawn])
            districts = len({attack.district for attack in attacks})
            expected = self._expected(held, held[begin][0])
            if districts < DISTRICTS_MIN or expected is None:
                continue
            a_year = NIGHTS_A_YEAR * chance.at_least(districts, expected)
            if a_year <= RARE:
                yield Night(key, attacks, districts, expected, a_year)

    def _expected(self, held: list[tuple[float, str]], begin: float) -> float | None:
        """Attacks in twelve hours by the rate of the year before; none where too little is known of it."""
        end = begin - GUARD_DAYS
        since = self._moments[len(self._moments) // 100]  # as in the scan: a few may be dated far too early
        known = min(YEAR_DAYS, end - since)
        if known < HISTORY_DAYS_MIN:
            return None
        before = bisect_left(held, (end,)) - bisect_left(held, (end - known,))
        return (before + PRIOR_EVENTS) / known * NIGHT_DAYS

    def _attack(self, key: Key, incident_id: str) -> Attack:
        counted = self._counted[incident_id]
        attack = counted.among_all if key.actor is None else counted.of_actor
        assert attack is not None  # noqa: S101 - for the type checker: the series hold only what is counted
        return attack


def _keyed(counted: Counted) -> Iterator[tuple[Attack, Key]]:
    """The series that an incident stands in: its actor's, and its kind of weapon's."""
    if counted.of_actor is not None:
        yield counted.of_actor, Key(counted.of_actor.actor, None)
    if counted.among_all is not None and counted.among_all.told.weapon not in (None, Weapon.UNKNOWN):
        yield counted.among_all, Key(None, counted.among_all.told.weapon)


def _rank(night: Night) -> tuple[float, bool, float, str, str]:
    """The least likely first, of equal ones the actor's; always the same."""
    key = night.key
    return night.a_year, key.actor is None, night.attacks[0].moment, key.actor or "", key.weapon or ""


def finding_of(night: Night) -> Finding:
    """The finding of a night."""
    attacks = night.attacks
    by = "by one actor" if night.key.actor is not None else f"with one kind of weapon ({night.key.weapon})"
    said = f"{len(attacks)} attacks {by} in {night.districts} districts within twelve hours"
    begun = date.fromordinal(int(attacks[0].moment - NIGHT_DAYS / 2))
    name = hashlib.sha256(f"{night.key.actor}|{night.key.weapon}".encode()).hexdigest()[:10]
    years = 1 / max(night.a_year, 1e-9)
    provinces = {DISTRICTS[attack.district].province for attack in attacks}
    return Finding(
        kind=FindingKind.COORDINATION,
        key=f"coordination:{name}:{begun.isoformat()}",
        window=Interval(start=attacks[0].at, end=attacks[-1].at),
        headline=f"Coordinated? {said}"[:200],
        statement=(
            f"{said}: by the rate of the year before {night.expected:.2f} were to be expected, and chance alone would "
            f"make such a night once in {years:,.0f} years. That they were one plan is not proven by it."
        ),
        figures=(
            Figure(name="districts", value=night.districts, unit="within 12 hours", threshold=DISTRICTS_MIN),
            Figure(name="attacks", value=len(attacks), unit="within 12 hours"),
            Figure(name="expected by chance", value=round(night.expected, 3), unit="attacks", source=OWN_RATE),
            Figure(name="such nights by chance", value=round(night.a_year, 6), unit="a year", threshold=RARE),
            *(
                Figure(name=DISTRICT_FIGURE + name, value=sum(a.district == name for a in attacks), unit="attacks")
                for name in dict.fromkeys(attack.district for attack in attacks)
            ),
        ),
        evidence=tuple((attack.told, f"{attack.district}, {attack.at:%Y-%m-%d %H:%M} UTC") for attack in attacks),
        place=Place(province=Province(provinces.pop())) if len(provinces) == 1 else None,
        category=attacks[0].told.category if len({a.told.category for a in attacks}) == 1 else None,
        actor=night.key.actor,
        severity=min((attack.told.severity for attack in attacks), key=list(Severity).index),
        urgency=Urgency.EXPECTED,
    )
