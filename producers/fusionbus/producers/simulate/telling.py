"""One agency tells of one event: its own words, time, toll and place, with fields missing as in life."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from fusionbus.contract import ids
from fusionbus.contract.base import Interval
from fusionbus.contract.report import Actor, Casualties, Entity, Person, Place, ThreatReport
from fusionbus.contract.vocabulary import (
    CasualtyGroup,
    Certainty,
    Confidence,
    Kind,
    Outcome,
    Severity,
    Status,
    SubjectRole,
    ThreatCategory,
    Urgency,
)
from fusionbus.producers.simulate import names, noise, sections, wording, world
from fusionbus.producers.simulate.events import Event

_C = ThreatCategory
CONFUSED: Final = {
    _C.IED: _C.BOMBING,
    _C.VEHICLE_BOMBING: _C.BOMBING,
    _C.SUICIDE_BOMBING: _C.BOMBING,
    _C.GRENADE_ATTACK: _C.BOMBING,
    _C.ASSASSINATION: _C.ARMED_ASSAULT,
    _C.ARMED_ASSAULT: _C.ASSASSINATION,
    _C.HOSTAGE_TAKING: _C.ARMED_ASSAULT,
    _C.INFRASTRUCTURE_ATTACK: _C.IED,
}
"""What a source may take a category for. An assumption."""
CONFUSED_SHARE: Final = 0.10
ACTOR_NAMES: Final = {
    "TTP": ("TTP", "Tehrik-i-Taliban Pakistan", "Tehreek-e-Taliban Pakistan"),
    "BLA": ("BLA", "Baloch Liberation Army", "Balochistan Liberation Army"),
    "BLF": ("BLF", "Balochistan Liberation Front"),
    "ISKP": ("ISKP", "Islamic State Khorasan Province", "Daesh Khorasan"),
}
EXERCISE_MARK: Final = "EXERCISE EXERCISE EXERCISE. "


@dataclass(frozen=True, slots=True)
class Given:
    """How often a source fills a field. Assumptions: agencies differ, and none fills all."""

    point: float = 0.62
    district: float = 0.90
    spot: float = 0.85
    occurred: float = 0.88
    toll: float = 0.88
    actor: float = 0.45
    category: float = 0.94
    weapon: float = 0.60
    sector: float = 0.70
    narrative: float = 0.95
    thing: float = 0.70


GIVEN: Final = Given()


def tell(rng: Random, event: Event, agency: str, at: datetime, local_ref: str, *, used: set[str]) -> ThreatReport:
    """What `agency` reports of `event` at this time, under its own reference; `used`: others' sentence patterns."""
    killed, injured = _tolls(rng, event)
    occurred_at = min(noise.moment(rng, event.at), at)
    actor, place = _actor(rng, event), _place(rng, event)
    facts = wording.Facts(
        spot=place.name or event.spot.name,
        district=noise.district_name(rng, event.district),
        killed=killed,
        injured=injured,
        hour=(occurred_at + timedelta(hours=5)).strftime("%H:%M"),
        actor=actor.name if actor else None,
    )
    persons, tongue = _persons(rng, event), wording.language(rng, agency)
    headline, text = wording.headline(event, facts), _text(rng, event, facts, tongue, used)
    handling = sections.handling(rng, agency)
    tearline = f"{facts.district}: {headline}." if rng.random() < 0.2 else None  # noqa: PLR2004
    return ThreatReport(
        report_id=ids.report_id(agency, local_ref),
        agency=agency,
        unit=world.unit(rng, agency, event.district),
        local_ref=local_ref,
        status=event.status,
        occurred=_occurred(rng, event, occurred_at, at),
        observed_at=None if event.kind is Kind.INCIDENT else occurred_at,
        reported_at=at,
        place=place,
        actor=actor,
        **_gravity(event, killed, at),
        **_classed(rng, event),
        source=sections.source(rng, agency),
        casualties=_casualties(rng, event, killed, injured),
        persons=persons,
        entities=_entities(rng, event),
        headline=headline,
        narrative=text,
        language=tongue,
        tearline=tearline,
        handling=handling,
        legal=sections.legal(event, subject=any(p.role is SubjectRole.CRIMINAL_SUBJECT for p in persons)),
        section=sections.section(rng, event, names_person=bool(persons)),
    )


def _entities(rng: Random, event: Event) -> tuple[Entity, ...]:
    return tuple(Entity(type=thing.type, token=thing.token()) for thing in event.things if rng.random() < GIVEN.thing)


def _text(rng: Random, event: Event, facts: wording.Facts, tongue: str, used: set[str]) -> str | None:
    if rng.random() >= GIVEN.narrative:
        return None
    text = wording.narrative(rng, event, facts, tongue, used)
    return EXERCISE_MARK + text if event.status is Status.EXERCISE else text


def _classed(rng: Random, event: Event) -> dict[str, Any]:
    category: ThreatCategory | None = event.category
    if rng.random() < CONFUSED_SHARE:
        category = CONFUSED.get(event.category, event.category)
    if rng.random() >= GIVEN.category:
        category = None
    return {
        "category": category,
        "weapon": event.weapon if rng.random() < GIVEN.weapon else None,
        "target_sector": event.sector if rng.random() < GIVEN.sector else None,
    }


def _gravity(event: Event, killed: int, at: datetime) -> dict[str, Any]:
    """CAP's three words. Bounds of severity by deaths are an assumption."""
    if event.kind in {Kind.THREAT, Kind.TIP}:
        return {"urgency": Urgency.EXPECTED, "severity": Severity.SEVERE, "certainty": Certainty.POSSIBLE}
    if event.kind is not Kind.INCIDENT:
        return {"urgency": Urgency.UNKNOWN, "severity": Severity.MINOR, "certainty": Certainty.LIKELY}
    fresh = at - event.at < timedelta(minutes=30)
    steps = ((15, Severity.EXTREME), (3, Severity.SEVERE), (1, Severity.MODERATE))
    severity = next((word for least, word in steps if killed >= least), Severity.MINOR)
    return {
        "urgency": Urgency.IMMEDIATE if fresh else Urgency.PAST,
        "severity": severity,
        "certainty": Certainty.OBSERVED,
    }


def _occurred(rng: Random, event: Event, occurred_at: datetime, at: datetime) -> Interval | None:
    if event.kind is Kind.THREAT or rng.random() >= GIVEN.occurred:
        return None
    return Interval(start=occurred_at, end=min(at, occurred_at + timedelta(minutes=rng.choice((0, 0, 10, 30)))))


def _place(rng: Random, event: Event) -> Place:
    district = event.district
    named = rng.random() < GIVEN.district
    lat, lon, uncertainty_km = None, None, None
    if rng.random() < GIVEN.point:
        lat, lon = noise.point(rng, event.spot)
        uncertainty_km = rng.choice((None, None, 10.0, 25.0))
    return Place(
        province=district.province if named or rng.random() < 0.6 else None,  # noqa: PLR2004 - as GIVEN
        district=noise.district_name(rng, district) if named else None,
        name=noise.spot_name(rng, event.spot, district) if rng.random() < GIVEN.spot else None,
        lat=lat,
        lon=lon,
        uncertainty_km=uncertainty_km,
    )


def _actor(rng: Random, event: Event) -> Actor | None:
    if event.actor is None or rng.random() >= GIVEN.actor:
        return None
    name = rng.choice(ACTOR_NAMES.get(event.actor, (event.actor,)))
    confidence = rng.choice((Confidence.LOW, Confidence.LOW, Confidence.MODERATE))
    return Actor(name=name, attribution_confidence=confidence, claimed=rng.random() < 0.3)  # noqa: PLR2004 - as GIVEN


def _tolls(rng: Random, event: Event) -> tuple[int, int]:
    """Killed and injured, as this teller counts; none but of something that happened."""
    if event.kind is not Kind.INCIDENT:
        return 0, 0
    return noise.toll(rng, event.killed), noise.toll(rng, event.injured)


def _casualties(rng: Random, event: Event, killed: int, injured: int) -> tuple[Casualties, ...]:
    if event.kind is not Kind.INCIDENT or rng.random() >= GIVEN.toll:
        return ()
    group = rng.choice((CasualtyGroup.UNKNOWN, CasualtyGroup.UNKNOWN, CasualtyGroup.CIVILIAN, CasualtyGroup.POLICE))
    spread = rng.randint(1, 3) if rng.random() < 0.12 else 0  # noqa: PLR2004 - as GIVEN
    dead = Casualties(outcome=Outcome.KILLED, group=group, low=killed, high=killed + spread)
    return dead, Casualties(outcome=Outcome.INJURED, group=group, low=injured, high=injured + spread)


def _persons(rng: Random, event: Event) -> tuple[Person, ...]:
    somebody = event.person
    if somebody is None or rng.random() >= GIVEN.thing:
        return ()
    subject = event.kind in {Kind.RECORD, Kind.FINANCE}
    age, name = somebody.age + rng.randint(-2, 2), somebody.spelled(rng)
    return (
        Person(
            role=SubjectRole.CRIMINAL_SUBJECT if subject else SubjectRole.OTHER,
            id_tokens=(somebody.id_token(),) if rng.random() < 0.5 else (),  # noqa: PLR2004 - as GIVEN
            name_tokens=names.name_tokens(name),
            name_clk=names.name_clk(name),
            released_name=name if rng.random() < 0.5 else None,  # noqa: PLR2004 - as GIVEN
            sex=somebody.sex,
            age_low=max(0, age - 2),
            age_high=age + 2,
        ),
    )
