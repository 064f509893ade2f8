"""An alert as rows of the threat database: table, then column to value."""

from collections.abc import Iterator
from datetime import UTC, datetime

from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import Interval, Range
from fusionbus.contract.report import Place

Value = str | int | float | None
Row = dict[str, Value]


def when(at: datetime) -> str:
    """The time as text that sorts: UTC, microseconds, always the same length."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def incident_row(alert: Alert) -> Row:
    """The incident as this alert tells it."""
    body, view, claim = alert.body, alert.incident, alert.incident.claim
    actor = body.actor.name if body.actor else claim.actor
    return {
        "incident_id": alert.incident_id,
        "zone": alert.zone,
        "status": alert.status,
        # A notice knows nothing of the event: whatever an alert told or will tell of it is newer.
        "revision": alert.incident_revision if alert.kind.tells_of_event else 0,
        "kind": body.kind,
        "msg_type": alert.msg_type,
        "alert_kind": alert.kind,
        "category": claim.category or body.category,
        "actor": actor,
        "severity": body.severity,
        "urgency": body.urgency,
        "certainty": body.certainty,
        "credibility": view.credibility.value,
        "reports": view.reports,
        "independent_origins": view.independent_origins,
        "headline": claim.headline or body.headline,
        **_place(claim.place or body.place),
        **_occurred(claim.occurred or body.occurred),
        **_count("killed", claim.killed),
        **_count("injured", claim.injured),
        "tlp": alert.handling.tlp,
        "first_alert_at": when(alert.issued_at),
        "updated_at": when(alert.issued_at),
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
        "issued_at": when(alert.issued_at),
        "published_at": when(alert.published_at),
        "acknowledge_by": when(alert.acknowledge_by) if alert.acknowledge_by else None,
        "received_at": when(received_at),
        "json": codec.encode(alert).decode(),
    }


def body_row(alert: Alert) -> Row:
    """The report behind the alert, as far as it may be read here."""
    body = alert.body
    return {
        "alert_id": alert.alert_id,
        "report_id": body.report_id,
        "revision": body.revision,
        "agency": body.agency,
        "unit": body.unit,
        "local_ref": body.local_ref,
        "msg_type": body.msg_type,
        "kind": body.kind,
        "form": alert.form,
        "reported_at": when(body.reported_at),
        "headline": body.headline,
        "narrative": body.narrative,
        "language": body.language,
        "tearline": body.tearline,
        "contact": body.contact,
        "section": body.section.model_dump_json(exclude_none=True) if body.section else None,
    }


def subject_rows(alert: Alert) -> Iterator[tuple[str, Row]]:
    """Persons, entities and every token they are known by."""
    for number, person in enumerate(alert.body.persons):
        yield (
            "persons",
            {
                "alert_id": alert.alert_id,
                "number": number,
                "role": person.role,
                "sex": person.sex,
                "age_low": person.age_low,
                "age_high": person.age_high,
                "name_clk": person.name_clk,
                "released_name": person.released_name,
            },
        )
        for token in person.id_tokens:
            yield "tokens", _token(alert, token, "person", number)
        for token in person.name_tokens:
            yield "tokens", _token(alert, token, "person_name", number)
    for number, entity in enumerate(alert.body.entities):
        yield (
            "entities",
            {
                "alert_id": alert.alert_id,
                "number": number,
                "type": entity.type,
                "role": entity.role,
                "released_value": entity.released_value,
            },
        )
        yield "tokens", _token(alert, entity.token, "entity", number)


def _token(alert: Alert, token: str, belongs_to: str, number: int) -> Row:
    return {"token": token, "alert_id": alert.alert_id, "belongs_to": belongs_to, "number": number}


def _place(place: Place | None) -> Row:
    place = place or Place()
    return {
        "province": place.province,
        "district": place.district,
        "tehsil": place.tehsil,
        "place": place.name,
        "lat": place.lat,
        "lon": place.lon,
        "uncertainty_km": place.uncertainty_km,
    }


def _occurred(span: Interval | None) -> Row:
    return {
        "occurred_from": when(span.start) if span else None,
        "occurred_to": when(span.end) if span else None,
    }


def _count(name: str, count: Range | None) -> Row:
    return {f"{name}_low": count.low if count else None, f"{name}_high": count.high if count else None}
