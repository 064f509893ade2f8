"""What truly happened in the simulation: events with a place, a time, a category, an actor and a toll."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final, TypeVar

from fusionbus.contract.vocabulary import Kind, Province, Status, TargetSectorCode, ThreatCategory, Weapon
from fusionbus.producers.simulate import world
from fusionbus.producers.simulate.names import MadeUpPerson, Thing, person, thing
from fusionbus.producers.simulate.world import BA, GB, IS, JK, KP, PB, SD, District, Spot

Choice = TypeVar("Choice")

ATTACK_SHARE: Final = 0.64
"""Of all events, those that are attacks; the rest are warnings, payments, crossings … An assumption."""
COORDINATED_SHARE: Final = 0.012
"""Of attacks, those that open a series on one day in several districts. An assumption after August 2024, July 2025."""
COORDINATED_DISTRICTS: Final = (3, 5)

_C, _T, _W = ThreatCategory, TargetSectorCode, Weapon
CATEGORIES: Final = {
    _C.ARMED_ASSAULT: (34, _W.FIREARM),
    _C.IED: (27, _W.EXPLOSIVE),
    _C.ASSASSINATION: (10, _W.FIREARM),
    _C.GRENADE_ATTACK: (8, _W.GRENADE),
    _C.INFRASTRUCTURE_ATTACK: (5, _W.EXPLOSIVE),
    _C.KIDNAPPING: (4, _W.FIREARM),
    _C.DRONE_ATTACK: (3, _W.DRONE),
    _C.ROCKET_MORTAR: (3, _W.ROCKET),
    _C.SUICIDE_BOMBING: (2.5, _W.SUICIDE_VEST),
    _C.ARSON: (2, _W.INCENDIARY),
    _C.VEHICLE_BOMBING: (1, _W.VEHICLE_BOMB),
    _C.HOSTAGE_TAKING: (0.5, _W.FIREARM),
}
SECTORS: Final = {
    _T.DFNSE: 30, _T.GVTBLDG: 25, _T.TRANS: 12, _T.POP: 10, _T.ENRG: 6, _T.COMM: 5, _T.CULTR: 4, _T.EDU: 3, _T.HLTH: 2,
}  # fmt: skip
ACTORS: Final[dict[Province, dict[str | None, float]]] = {
    KP: {"TTP": 72, "ISKP": 6, "Hafiz Gul Bahadur group": 7, "Jamaat-ul-Ahrar": 3, "Lashkar-e-Islam": 2, None: 10},
    BA: {"BLA": 80, "BLF": 9, "TTP": 2, "ISKP": 3, "BRG": 2, None: 4},
    SD: {"BLA": 22, "TTP": 36, "SRA": 18, None: 24},
    PB: {"TTP": 70, "ISKP": 8, None: 22},
    IS: {"TTP": 55, None: 45},
    GB: {"TTP": 50, None: 50},
    JK: {"TTP": 30, None: 70},
}
"""Source: DESIGN; 2024: TTP 482 attacks, BLA 504; the smaller shares are assumptions."""

OTHER_KINDS: Final = {
    Kind.THREAT: 26, Kind.SUSPICIOUS_ACTIVITY: 18, Kind.RECORD: 16, Kind.FINANCE: 11, Kind.BORDER: 10, Kind.TIP: 9,
    Kind.CYBER: 6, Kind.OPERATION: 4,
}  # fmt: skip
_OTHER_CATEGORY: Final = {
    Kind.FINANCE: _C.FINANCING,
    Kind.CYBER: _C.CYBER,
    Kind.BORDER: _C.SMUGGLING,
    Kind.SUSPICIOUS_ACTIVITY: _C.OTHER,
    Kind.OPERATION: _C.OTHER,
}

NO_DEATH_SHARE: Final = 0.56
NO_DEATH_SHARE_ELSEWHERE: Final = 0.80
TOLL_TAIL: Final = 1.42
"""Pareto exponent of deaths above none; with the shares above about one death an attack, and 92 % of deaths in the
two western provinces. Source: DESIGN, 1,081 deaths in 1,099 attacks; the exponent is fitted to that mean."""
TOLL_MAX: Final = 70


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that truly happened, or is truly planned."""

    event_id: str
    kind: Kind
    status: Status
    at: datetime
    district: District
    spot: Spot
    category: ThreatCategory
    weapon: Weapon | None
    sector: TargetSectorCode | None
    actor: str | None
    killed: int
    injured: int
    person: MadeUpPerson | None
    things: tuple[Thing, ...]
    series: str | None = None
    """Names the coordinated series that the event belongs to: its events are related and not the same."""


@dataclass(frozen=True, slots=True)
class Outbreak:
    """So many attacks of one kind in one district within some time."""

    district: District
    count: int
    length: timedelta


def invent(rng: Random, start: datetime, span: timedelta) -> Iterator[Event]:
    """Events without end, in the order of their ids, at any time of the span."""
    number = 0
    while True:
        number += 1
        at = start + span * (rng.random() * 0.93)
        if rng.random() >= ATTACK_SHARE:
            yield _other(rng, f"E{number:05d}", at)
            continue
        first = _attack(rng, f"E{number:05d}", at, world.choose_district(rng, world.ATTACK_SHARE))
        if rng.random() >= COORDINATED_SHARE:
            yield first
            continue
        for event in _series(rng, first, number):
            number += 1
            yield event


def _series(rng: Random, first: Event, number: int) -> Iterator[Event]:
    """Like attacks within hours in several districts of one province."""
    series, used = f"S{number:05d}", {first.district.name}
    yield replace(first, series=series)
    for step in range(1, rng.randint(*COORDINATED_DISTRICTS)):
        district = world.choose_in(rng, first.district.province)
        if district.name in used:
            continue
        used.add(district.name)
        at = first.at + timedelta(minutes=rng.uniform(-40, 40))
        like = _attack(rng, f"E{number:05d}-{step}", at, district)
        yield replace(
            like, series=series, actor=first.actor, category=first.category, weapon=first.weapon, sector=first.sector
        )


def surge(rng: Random, name: str, wished: Outbreak, begin: datetime) -> list[Event]:
    """Attacks of one kind by one actor in one district, evenly over a time: what a surge looks like."""
    district, count = wished.district, wished.count
    first = _attack(rng, f"{name}-0", begin, district)
    actor = first.actor or max((each for each in ACTORS[district.province] if each), key=len)
    found = []
    for number in range(count):
        at = begin + wished.length * (number + rng.random()) / count
        like = _attack(rng, f"{name}-{number}", at, district)
        found.append(replace(like, actor=actor, category=first.category, weapon=first.weapon))
    return found


def _attack(rng: Random, event_id: str, at: datetime, district: District) -> Event:
    category = _weighted(rng, {name: share for name, (share, _) in CATEGORIES.items()})
    killed = _killed(rng, district.province, category)
    hurt = killed * rng.uniform(0.6, 2.4) + (rng.randrange(4) if rng.random() < 0.6 else 0)  # noqa: PLR2004 - an assumption
    return Event(
        event_id=event_id,
        kind=Kind.INCIDENT,
        status=Status.ACTUAL,
        at=at,
        district=district,
        spot=rng.choice(district.spots),
        category=category,
        weapon=CATEGORIES[category][1],
        sector=_weighted(rng, SECTORS),
        actor=_weighted(rng, ACTORS[district.province]),
        killed=killed,
        injured=round(hurt),
        person=person(rng) if rng.random() < 0.10 else None,  # noqa: PLR2004 - an assumption
        things=(thing(rng),) if rng.random() < 0.12 else (),  # noqa: PLR2004 - an assumption
    )


def _killed(rng: Random, province: Province, category: ThreatCategory) -> int:
    none = NO_DEATH_SHARE if province in {KP, BA} else NO_DEATH_SHARE_ELSEWHERE
    if category in {_C.SUICIDE_BOMBING, _C.VEHICLE_BOMBING, _C.HOSTAGE_TAKING}:
        return min(TOLL_MAX, int(rng.paretovariate(TOLL_TAIL) * 2.5))
    if category in {_C.INFRASTRUCTURE_ATTACK, _C.ARSON, _C.KIDNAPPING}:
        none = 0.93
    return 0 if rng.random() < none else min(TOLL_MAX, int(rng.paretovariate(TOLL_TAIL)))


def _other(rng: Random, event_id: str, at: datetime) -> Event:
    kind = _weighted(rng, OTHER_KINDS)
    district = world.choose_district(rng, world.OTHER_SHARE)
    category = _OTHER_CATEGORY.get(kind) or _weighted(rng, {name: share for name, (share, _) in CATEGORIES.items()})
    planned = kind in {Kind.THREAT, Kind.TIP}
    names_person = kind in {Kind.RECORD, Kind.FINANCE, Kind.BORDER} or rng.random() < 0.10  # noqa: PLR2004 - as above
    return Event(
        event_id=event_id,
        kind=kind,
        status=Status.ACTUAL,
        at=at,
        district=district,
        spot=rng.choice(district.spots),
        category=category,
        weapon=None,
        sector=_weighted(rng, SECTORS) if planned else None,
        actor=_weighted(rng, ACTORS[district.province]) if planned else None,
        killed=0,
        injured=0,
        person=person(rng) if names_person else None,
        things=(thing(rng),) if names_person or kind is Kind.OPERATION else (),
    )


def rehearsal(rng: Random, event: Event) -> Event:
    """An exercise that resembles this event in place, time and category, and never happened."""
    return replace(
        event,
        event_id=event.event_id.replace("E", "X", 1),
        status=Status.EXERCISE,
        at=event.at + timedelta(minutes=rng.uniform(-20, 20)),
        killed=max(0, event.killed + rng.randint(-1, 2)),
        person=None,
        things=(),
        series=None,
    )


def _weighted(rng: Random, shares: Mapping[Choice, float]) -> Choice:
    return rng.choices(list(shares), list(shares.values()))[0]
