"""Second hop, first step: what a report says in its fields, and where they are silent, in its text."""

from datetime import datetime
from functools import lru_cache

from fusionbus.contract.base import Interval, Range, made
from fusionbus.contract.incident import Claim, PersonClue
from fusionbus.contract.report import Casualties, Place, ThreatReport
from fusionbus.contract.sections import OperationSection
from fusionbus.contract.vocabulary import CasualtyGroup, Kind, Outcome, Province
from fusionbus.streams.reading import NAMED, PlaceHit, Reading, read_text, resolve, zone_of
from fusionbus.streams.reading.resolving import look_up
from fusionbus.streams.reading.words import LEXICON, cut
from fusionbus.streams.terms import TERMS_MAX, terms_in, terms_of
from fusionbus.streams.values import Enriched

NOWHERE = "PK"
"""The zone of a report that says nothing of where."""
TEXT_READ_MAX = 2_000
"""Characters of a narrative that are read: an event is told at its beginning, and reading must stay cheap."""
PERSONS_MAX = 8
"""Persons compared; a list of more is a wanted list, not a description of an event."""
PLAN_VAGUE_KM_MAX = 10.0
"""An operation's circle, where its place is told more vaguely than its radius: a town, never a whole district."""
_TOLL_MAX = 1_000_000


def enrich(report: ThreatReport) -> Enriched:
    """The report with its claim, its zone and what the matcher compares."""
    if report.kind is Kind.ASSESSMENT:
        return _as_it_says(report)
    text = _text(report)
    reading = _read(report, text, _silent(report))
    place = _place(report, reading)
    killed = _toll(report.casualties, Outcome.KILLED) or _range(reading.killed_min, reading.killed_max)
    injured = _toll(report.casualties, Outcome.INJURED) or _range(reading.injured_min, reading.injured_max)
    if isinstance(report.section, OperationSection) and place is not None:
        around_km = max(report.section.radius_km, min(place.uncertainty_km or 0.0, PLAN_VAGUE_KM_MAX))
        place = place.model_copy(update={"uncertainty_km": around_km})
    claim = {
        "occurred": _planned(report) or report.occurred or _interval(reading.occurred),
        "place": place,
        "category": report.category or reading.category,
        "weapon": report.weapon or reading.weapon,
        "target_sector": report.target_sector or reading.target,
        "actor": _group(report.actor.name) if report.actor else _group(reading.actor),
        "killed": killed,
        "injured": injured,
        "headline": report.headline,
    }
    return Enriched(
        report=report,
        claim=made(Claim, claim),
        zone=_zone(place),
        terms=_terms(text, reading),
        tokens=_tokens(report),
        persons=_persons(report),
        evidence=reading.evidence,
        several_events=reading.several_events,
    )


def _as_it_says(report: ThreatReport) -> Enriched:
    """An assessment: it tells of many events, so no event is read from its words, and nothing in it is compared."""
    place = _place_said(report.place) if report.place is not None else None
    claim = Claim(
        place=place,
        category=report.category,
        target_sector=report.target_sector,
        actor=_group(report.actor.name) if report.actor else None,
        headline=report.headline,
    )
    return Enriched(report, claim, _zone(place), terms=(), tokens=(), persons=(), evidence=())


def _planned(report: ThreatReport) -> Interval | None:
    """Of an operation: when it is to be."""
    return report.section.planned if isinstance(report.section, OperationSection) else None


def zone_of_report(report: ThreatReport) -> str:
    """The zone a report is sent to at the first hop, the one `enrich` finds too; PK where nothing says where."""
    if report.place is not None:
        said = _place_said(report.place)
        if said.province is not None or report.kind is Kind.ASSESSMENT:
            return _zone(said)
    if report.kind is Kind.ASSESSMENT:
        return NOWHERE
    return _zone(_place(report, _read(report, _text(report), frozenset())))


def _text(report: ThreatReport) -> str:
    return " . ".join(part for part in (report.headline, (report.narrative or "")[:TEXT_READ_MAX]) if part)


def _silent(report: ThreatReport) -> frozenset[str]:
    """What the text is asked for; places, times, tolls and groups are read in any case, for terms go without them."""
    return _SILENT[report.category is None or report.weapon is None, report.target_sector is None]


_SILENT = {
    (False, False): frozenset[str](),
    (False, True): frozenset({"target"}),
    (True, False): frozenset({"category"}),
    (True, True): frozenset({"category", "target"}),
}


def _read(report: ThreatReport, text: str, wanted: frozenset[str]) -> Reading:
    return read_text(text, language_hint=report.language, published_at=report.reported_at, wanted=wanted)


def _zone(place: Place | None) -> str:
    if place is None or place.province is None:
        return NOWHERE
    return zone_of(place.province.value, place.district)


@lru_cache(maxsize=4_096)
def _place_said(said: Place) -> Place:
    """The place with what the gazetteer knows of it; one it does not know stays as it was said."""
    found = resolve(said.province, said.district, said.name or said.tehsil, said.lat, said.lon)
    if found is None:
        return said
    own_name = said.name is not None and look_up(said.name, found.province) is None
    known = {
        "province": Province(found.province),
        "district": found.district,
        "tehsil": said.tehsil,
        "name": said.name if own_name else found.name,
        "lat": found.lat,
        "lon": found.lon,
        "uncertainty_km": said.uncertainty_km if said.uncertainty_km is not None else found.uncertainty_km,
    }
    return made(Place, known)


def _place(report: ThreatReport, reading: Reading) -> Place | None:
    """The place that is said; where the gazetteer does not know it or it is no more than a province, the text's."""
    said = _place_said(report.place) if report.place is not None else None
    read = _place_hit(reading.place)
    if said is None or read is None:
        return said or read
    if said.province is None:
        # Coordinates that the gazetteer does not know lie abroad, whatever else the text names.
        return said if said.lat is not None else read.model_copy(update={"name": said.name or read.name})
    if said.district or said.name or said.lat is not None or read.province is not said.province:
        return said
    return read


def _place_hit(hit: PlaceHit | None) -> Place | None:
    if hit is None:
        return None
    return _named(hit.province, hit.district, hit.name, hit.lat, hit.lon, hit.uncertainty_km)


@lru_cache(maxsize=4_096)
def _named(  # noqa: PLR0917 - the parts of a place, together the cache's key
    province: str, district: str | None, name: str, lat: float, lon: float, uncertainty_km: float
) -> Place:
    return Place(
        province=Province(province), district=district, name=name, lat=lat, lon=lon, uncertainty_km=uncertainty_km
    )


@lru_cache(maxsize=4_096)
def _group(name: str | None) -> str | None:
    """A group by its usual short name."""
    if name is None or name == "none":
        return None
    known = (mark.value for mark in LEXICON.scan(cut(name).folded) if mark.kind == "actor")
    return next(known, name)


def _terms(text: str, reading: Reading) -> tuple[str, ...]:
    """The telling words, without those that other fields compare, the first 64."""
    terms = terms_in(_rest(text, reading)) if reading.rest is None else terms_of(reading.rest)
    if reading.killed_min is not None or reading.injured_min is not None:
        terms = {term for term in terms if not term.isdecimal()}
    return tuple(sorted(terms)[:TERMS_MAX])


def _rest(text: str, reading: Reading) -> str:
    named = sorted([(said.start, said.end) for said in reading.evidence if said.field in NAMED])
    rest, at = [], 0
    for start, end in named:
        rest.append(text[at:start])
        at = max(at, end)
    return " ".join([*rest, text[at:]])


def _interval(occurred: tuple[datetime, datetime] | None) -> Interval | None:
    return Interval(start=occurred[0], end=occurred[1]) if occurred is not None else None


@lru_cache(maxsize=4_096)
def _range(low: int | None, high: int | None) -> Range | None:
    """A toll that was read; "at least ten" may be up to twice as many."""
    if low is None:
        return None
    return Range(low=min(low, _TOLL_MAX), high=min(_TOLL_MAX, high if high is not None else 2 * low + 1))


def _toll(casualties: tuple[Casualties, ...], outcome: Outcome) -> Range | None:
    """The people of all groups together; attackers count only where nobody else is named."""
    counted = [c for c in casualties if c.outcome is outcome]
    if not counted:
        return None
    others = [c for c in counted if c.group is not CasualtyGroup.ATTACKER] or counted
    return _summed(tuple([(c.low, c.high) for c in others]))


@lru_cache(maxsize=4_096)
def _summed(tolls: tuple[tuple[int, int], ...]) -> Range:
    return Range(low=sum(low for low, _ in tolls), high=sum(high for _, high in tolls))


def _tokens(report: ThreatReport) -> tuple[str, ...]:
    if not report.entities and not report.persons:
        return ()
    found = {entity.token for entity in report.entities}
    for person in report.persons:
        found.update(person.id_tokens)
    return tuple(sorted(found))


def _persons(report: ThreatReport) -> tuple[PersonClue, ...]:
    if not report.persons:
        return ()
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
