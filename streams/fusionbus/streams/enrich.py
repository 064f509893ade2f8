"""Second hop, first step: what a report says in its fields, and where they are silent, in its text."""

from functools import lru_cache

from fusionbus.contract.base import Range
from fusionbus.contract.incident import Claim, PersonClue
from fusionbus.contract.report import Casualties, Place, ThreatReport
from fusionbus.contract.vocabulary import CasualtyGroup, Outcome, Province
from fusionbus.streams.reading.gazetteer import resolve, zone_of
from fusionbus.streams.reading.places import find_places, narrowest
from fusionbus.streams.terms import TERMS_MAX, terms_in
from fusionbus.streams.values import Enriched

NOWHERE = "PK"
"""The zone of a report that says nothing of where."""
TEXT_READ_MAX = 2_000
"""Characters of a narrative that are read: an event is told at its beginning, and reading must stay cheap."""
PERSONS_MAX = 8
"""Persons compared; a list of more is a wanted list, not a description of an event."""


def enrich(report: ThreatReport) -> Enriched:
    """The report with its claim, its zone and what the matcher compares."""
    text = _text(report)
    place = _place_said(report.place) if report.place is not None else None
    if place is None or (place.district is None and place.name is None and place.lat is None):
        place = _place_in(text) or place
    claim = Claim(
        occurred=report.occurred,
        place=place,
        category=report.category,
        weapon=report.weapon,
        target_sector=report.target_sector,
        actor=report.actor.name if report.actor else None,
        killed=_toll(report.casualties, Outcome.KILLED),
        injured=_toll(report.casualties, Outcome.INJURED),
        headline=report.headline,
    )
    return Enriched(
        report=report,
        claim=claim,
        zone=_zone(place),
        terms=tuple(sorted(terms_in(text)))[:TERMS_MAX],
        tokens=_tokens(report),
        persons=_persons(report),
        evidence=(),
    )


def zone_of_report(report: ThreatReport) -> str:
    """The zone a report is sent to at the first hop; PK where nothing says where."""
    said = report.place
    if said is not None:
        place = _place_said(said)
        if place.province is not None:
            return _zone(place)
    return _zone(_place_in(_text(report)))


def _text(report: ThreatReport) -> str:
    return " . ".join(part for part in (report.headline, (report.narrative or "")[:TEXT_READ_MAX]) if part)


def _zone(place: Place | None) -> str:
    if place is None or place.province is None:
        return NOWHERE
    return zone_of(place.province, place.district)


@lru_cache(maxsize=4_096)
def _place_said(said: Place) -> Place:
    """The place with what the gazetteer knows of it; one it does not know stays as it was said."""
    found = resolve(said.province, said.district, said.name or said.tehsil, said.lat, said.lon)
    if found is None:
        return said
    whole = found.district is None
    return Place(
        province=Province(found.province),
        district=found.district,
        tehsil=said.tehsil,
        name=said.name if whole else found.name,
        lat=found.lat,
        lon=found.lon,
        uncertainty_km=said.uncertainty_km if said.uncertainty_km is not None else found.uncertainty_km,
    )


def _place_in(text: str) -> Place | None:
    hit = narrowest(find_places(text)) if text else None
    if hit is None:
        return None
    return Place(
        province=Province(hit.province),
        district=hit.district,
        name=hit.name,
        lat=hit.lat,
        lon=hit.lon,
        uncertainty_km=hit.uncertainty_km,
    )


def _toll(casualties: tuple[Casualties, ...], outcome: Outcome) -> Range | None:
    """The people of all groups together; attackers count only where nobody else is named."""
    counted = [c for c in casualties if c.outcome is outcome]
    others = [c for c in counted if c.group is not CasualtyGroup.ATTACKER] or counted
    return Range(low=sum(c.low for c in others), high=sum(c.high for c in others)) if others else None


def _tokens(report: ThreatReport) -> tuple[str, ...]:
    found = {entity.token for entity in report.entities}
    for person in report.persons:
        found.update(person.id_tokens)
    return tuple(sorted(found))


def _persons(report: ThreatReport) -> tuple[PersonClue, ...]:
    return tuple(
        PersonClue(
            name_tokens=person.name_tokens,
            name_clk=person.name_clk,
            sex=person.sex,
            age_low=person.age_low,
            age_high=person.age_high,
        )
        for person in report.persons[:PERSONS_MAX]
    )
