"""An alert as rows of the threat database: table, then column to value."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from math import cos, radians, sin
from typing import Final

from sqlalchemy import Table

from fusionbus.consumers.threats.folding import fold, mark_of
from fusionbus.consumers.threats.tables import entities, persons, tokens
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert, AlertBody
from fusionbus.contract.base import Interval, Range
from fusionbus.contract.report import Place
from fusionbus.contract.vocabulary import AlertMsgType, Severity

Value = str | int | float | datetime | None
Row = dict[str, Value]

RANKS: Final = {
    Severity.UNKNOWN: 0,
    Severity.MINOR: 1,
    Severity.MODERATE: 2,
    Severity.SEVERE: 3,
    Severity.EXTREME: 4,
}
SEARCHED_CHARACTERS_MAX: Final = 100_000
"""Of an incident's words so many are searched: five narratives of full length, and far below PostgreSQL's 1 MB."""


def incident_row(alert: Alert) -> Row:
    """The incident as this alert tells it."""
    body, view, claim = alert.body, alert.incident, alert.incident.claim
    actor = body.actor.name if body.actor else claim.actor
    occurred = claim.occurred or body.occurred
    return {
        "recipient": alert.recipient,
        "incident_id": alert.incident_id,
        "alert_id": alert.alert_id,
        "zone": alert.zone,
        "status": alert.status,
        # A notice knows nothing of the event: whatever an alert told or will tell of it is newer.
        "revision": alert.incident_revision if alert.kind.tells_of_event else 0,
        "kind": body.kind,
        "msg_type": alert.msg_type,
        "alert_kind": alert.kind,
        "category": claim.category or body.category,
        "actor": actor,
        "actor_folded": fold(actor) if actor else None,
        "severity": body.severity,
        "severity_rank": RANKS[body.severity],
        "urgency": body.urgency,
        "certainty": body.certainty,
        "credibility": view.credibility.value,
        "reports": view.reports,
        "independent_origins": view.independent_origins,
        "headline": claim.headline or body.headline,
        **_place(claim.place or body.place),
        "at": occurred.start if occurred else body.reported_at,
        **_occurred(occurred),
        **_count("killed", claim.killed),
        **_count("injured", claim.injured),
        "tlp": alert.handling.tlp,
        "first_alert_at": alert.issued_at,
        "updated_at": alert.issued_at,
        "withdrawn": alert.msg_type is AlertMsgType.CANCEL and view.reports == 0,
        "merged_into": None,
    }


def alert_row(alert: Alert, received_at: datetime) -> Row:
    """The alert itself, with its JSON as it came."""
    return {
        "alert_id": alert.alert_id,
        "incident_id": alert.incident_id,
        "incident_revision": alert.incident_revision,
        "zone": alert.zone,
        "recipient": alert.recipient,
        "kind": alert.kind,
        "status": alert.status,
        "msg_type": alert.msg_type,
        "rule": alert.rule,
        "why": alert.why,
        "form": alert.form,
        "tlp": alert.handling.tlp,
        "pap": alert.handling.pap,
        "classification": alert.handling.classification,
        "severity": alert.body.severity,
        "issued_at": alert.issued_at,
        "published_at": alert.published_at,
        "acknowledge_by": alert.acknowledge_by,
        "received_at": received_at,
        "json": codec.encode(alert).decode(),
    }


def body_row(alert: Alert) -> Row:
    """The report behind the alert, as far as it may be read here."""
    body = alert.body
    return {
        "alert_id": alert.alert_id,
        "recipient": alert.recipient,
        "report_id": body.report_id,
        "revision": body.revision,
        "agency": body.agency,
        "unit": body.unit,
        "local_ref": body.local_ref,
        "msg_type": body.msg_type,
        "kind": body.kind,
        "form": alert.form,
        "reported_at": body.reported_at,
        "headline": body.headline,
        "narrative": body.narrative,
        "language": body.language,
        "tearline": body.tearline,
        "contact": body.contact,
        "section": body.section.model_dump_json(exclude_none=True) if body.section else None,
    }


def subject_rows(alert: Alert) -> Iterator[tuple[Table, Row]]:
    """Persons, entities and every token they are known by."""
    whose: Row = {"alert_id": alert.alert_id, "recipient": alert.recipient}
    for number, person in enumerate(alert.body.persons):
        told = person.model_dump(include={"role", "sex", "age_low", "age_high", "name_clk", "released_name"})
        yield persons, whose | {"number": number} | told
        for token in dict.fromkeys(person.id_tokens):
            yield tokens, whose | {"token": token, "belongs_to": "person", "number": number}
        for token in dict.fromkeys(person.name_tokens):
            yield tokens, whose | {"token": token, "belongs_to": "person_name", "number": number}
    for number, entity in enumerate(alert.body.entities):
        yield entities, whose | {"number": number} | entity.model_dump(include={"type", "role", "released_value"})
        yield tokens, whose | {"token": entity.token, "belongs_to": "entity", "number": number}


def searched_text(recipient: str, told: Iterable[Alert]) -> str:
    """What full-text search finds an incident by: the words of its recipient's alerts, each with a space behind it."""
    said = chain.from_iterable(_words_of(alert) for alert in told)
    folded = fold(" ".join(dict.fromkeys(said))[:SEARCHED_CHARACTERS_MAX])
    return f"{mark_of(recipient)} {folded} "


def _words_of(alert: Alert) -> Iterator[str]:
    claim, body = alert.incident.claim, alert.body
    yield from filter(None, (claim.headline, body.headline, body.narrative, body.tearline))
    yield from filter(None, (claim.actor, body.actor.name if body.actor else None))
    for place in filter(None, (claim.place, body.place)):
        yield from filter(None, (place.name, place.tehsil, place.district))
        if place.province:
            yield place.province.name.replace("_", " ")
    yield from _marks_of(body)


def _marks_of(body: AlertBody) -> Iterator[str]:
    yield from filter(None, (body.category, body.agency, body.unit, body.local_ref))
    yield from (person.released_name for person in body.persons if person.released_name)
    yield from (entity.released_value for entity in body.entities if entity.released_value)


def _place(place: Place | None) -> Row:
    place = place or Place()
    return {
        "province": place.province,
        "district": place.district,
        "district_folded": fold(place.district) if place.district else None,
        "tehsil": place.tehsil,
        "place": place.name,
        "lat": place.lat,
        "lon": place.lon,
        **on_sphere(place.lat, place.lon),
        "uncertainty_km": place.uncertainty_km,
    }


def on_sphere(lat: float | None, lon: float | None) -> Row:
    """The point on a sphere of radius 1."""
    if lat is None or lon is None:
        return {"x": None, "y": None, "z": None}
    phi, theta = radians(lat), radians(lon)
    return {"x": cos(phi) * cos(theta), "y": cos(phi) * sin(theta), "z": sin(phi)}


def _occurred(span: Interval | None) -> Row:
    return {"occurred_from": span.start if span else None, "occurred_to": span.end if span else None}


def _count(name: str, count: Range | None) -> Row:
    return {f"{name}_low": count.low if count else None, f"{name}_high": count.high if count else None}
