"""An alert as a STIX 2.1 bundle. The same alert makes the same bundle: every id is made from what it is about.

Source: OASIS, STIX Version 2.1 (2021). What a recipient had of an incident is one `incident` object that changes with
its alerts; each alert is a `report`, each report behind one a `sighting` of the incident by its agency.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import stix2

from fusionbus.consumers.finding_words import finding_of
from fusionbus.consumers.formats import telling
from fusionbus.consumers.formats.stix_observables import observables
from fusionbus.consumers.formats.stix_parts import ORGANISATION_SINCE, Marks, marks_of, name_of, stix_id
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.report import Place
from fusionbus.contract.vocabulary import AlertMsgType, Credibility, Status

CONFIDENCE: Final = {
    Credibility.CONFIRMED: 90,
    Credibility.PROBABLY_TRUE: 70,
    Credibility.POSSIBLY_TRUE: 50,
    Credibility.DOUBTFUL: 30,
    Credibility.IMPROBABLE: 10,
}
"""Source: STIX 2.1, appendix A, "Admiralty Credibility"; 6, "cannot be judged", has no number."""
HUB: Final = "fusionbus"


def bundle(alert: Alert, earlier: Sequence[Alert] = (), answers: Sequence[Acknowledgement] = ()) -> bytes:
    """The alert as a bundle, in UTF-8 JSON.

    `earlier` are alerts that this recipient had of the incident, in any order: they date the objects that change, and
    a withdrawal revokes what they said of the report. `answers` become notes and opinions on the incident.
    """
    made = stix2.Bundle(
        objects=list(_objects(alert, earlier, answers)), id=stix_id("bundle", alert.alert_id), allow_custom=False
    )
    text: str = made.serialize(ensure_ascii=False)
    return text.encode()


def _objects(alert: Alert, earlier: Sequence[Alert], answers: Sequence[Acknowledgement]) -> Iterator[Any]:
    marks = marks_of(alert)
    before = [one for one in earlier if one.issued_at < alert.issued_at and one.incident_id == alert.incident_id]
    yield from marks.definitions
    hub = _organisation(HUB, marks)
    yield hub
    incident = _incident(alert, before, marks, hub.id)
    told = [incident, *_details(alert, before, incident.id, marks)]
    yield from told
    yield _alert_as_report(alert, [one.id for one in told], marks, hub.id)
    if alert.msg_type is AlertMsgType.CANCEL:
        for one in before:
            if one.body.report_id == alert.body.report_id and one.msg_type is not AlertMsgType.CANCEL:
                yield _revoked_report(one, alert, incident.id, marks)
    for answer in answers:
        yield _answer(answer, incident.id, marks)


def _details(alert: Alert, before: Sequence[Alert], incident: str, marks: Marks) -> Iterator[Any]:
    """Where, who, by whom it was told, what was seen, and how to handle it."""
    place = telling.place_of(alert)
    if place is not None and (place.province or place.lat is not None):
        where = _location(alert, place, marks)
        yield where
        yield _relation(alert, incident, "related-to", where.id, marks)
    if actor := telling.actor_of(alert):
        who = stix2.ThreatActor(
            id=stix_id("threat-actor", alert.recipient, alert.handling.tlp, actor),
            created=ORGANISATION_SINCE,
            modified=ORGANISATION_SINCE,
            name=actor,
            object_marking_refs=marks.tlp_only,
        )
        yield who
        yield _relation(alert, incident, "attributed-to", who.id, marks)
    agency = _organisation(alert.body.agency, marks) if alert.body.agency else None
    if agency:
        yield agency
    if alert.kind.tells_of_event and finding_of(alert) is None:  # what was found was seen by nobody
        yield _sighting(alert, before, incident, agency, marks)
    yield from _persons(alert, marks)
    found, left = observables(alert, marks.both)
    yield from found
    yield _handling_note(alert, incident, left, marks)


def _incident(alert: Alert, before: Sequence[Alert], marks: Marks, hub: str) -> Any:
    facts = [f"{label}: {said}" for label, said in telling.facts(alert)]
    gone = alert.msg_type is AlertMsgType.CANCEL and not alert.incident.reports
    return stix2.Incident(
        id=stix_id("incident", alert.recipient, alert.incident_id),
        created_by_ref=hub,
        **_versions(alert, before),
        revoked=gone,
        name="Withdrawn" if gone else name_of(alert),
        description="\n".join([*facts, telling.FORMS[alert.form]]),
        labels=_labels(alert),
        object_marking_refs=marks.both,
        **_confidence(alert),
        external_references=[{"source_name": HUB, "external_id": alert.incident_id}],
    )


def _alert_as_report(alert: Alert, told: list[str], marks: Marks, hub: str) -> Any:
    words = telling.text(alert)
    return stix2.Report(
        id=stix_id("report", alert.alert_id),
        created_by_ref=hub,
        created=alert.issued_at,
        modified=alert.issued_at,
        published=alert.issued_at,
        name=name_of(alert),
        report_types=["threat-report"],
        labels=_labels(alert),
        lang=alert.body.language,
        object_refs=told,
        object_marking_refs=marks.both,
        external_references=[{"source_name": HUB, "external_id": alert.alert_id}],
        **({"description": words} if words else {}),
    )


def _revoked_report(one: Alert, by: Alert, incident: str, marks: Marks) -> Any:
    return stix2.Report(
        id=stix_id("report", one.alert_id),
        created_by_ref=_organisation(HUB, marks).id,
        created=one.issued_at,
        modified=by.issued_at,
        published=one.issued_at,
        name="Withdrawn",
        revoked=True,
        object_refs=[incident],
        object_marking_refs=marks.both,
    )


def _sighting(alert: Alert, before: Sequence[Alert], incident: str, agency: Any, marks: Marks) -> Any:
    same = [one for one in before if one.body.report_id == alert.body.report_id and one.kind.tells_of_event]
    seen = alert.body.occurred
    return stix2.Sighting(
        id=stix_id("sighting", alert.recipient, alert.body.report_id or alert.incident_id),
        **_versions(alert, same),
        revoked=alert.msg_type is AlertMsgType.CANCEL,
        sighting_of_ref=incident,
        object_marking_refs=marks.both,
        **({"where_sighted_refs": [agency.id]} if agency else {}),
        **({"first_seen": seen.start, "last_seen": seen.end} if seen else {}),
    )


def _location(alert: Alert, place: Place, marks: Marks) -> Any:
    fields: dict[str, Any] = {"country": "PK"}
    if place.province:
        fields["administrative_area"] = place.province.value
    if named := telling.place_words(place):
        fields["name"] = named
    if place.lat is not None:
        fields |= {"latitude": place.lat, "longitude": place.lon}
        if place.uncertainty_km is not None:
            fields["precision"] = place.uncertainty_km * 1000
    return stix2.Location(**_of_alert("location", alert, marks), **fields)


def _relation(alert: Alert, source: str, word: str, target: str, marks: Marks) -> Any:
    return stix2.Relationship(
        **_of_alert("relationship", alert, marks, word),
        relationship_type=word,
        source_ref=source,
        target_ref=target,
    )


def _persons(alert: Alert, marks: Marks) -> Iterator[Any]:
    """Whom the originator named to this recipient."""
    for number, person in enumerate(alert.body.persons):
        if person.released_name and alert.form.is_open:
            yield stix2.Identity(
                **_of_alert("identity", alert, marks, str(number)),
                name=line(person.released_name) or "unnamed",
                identity_class="individual",
                roles=[person.role.value],
            )


def _handling_note(alert: Alert, incident: str, more: Sequence[str], marks: Marks) -> Any:
    said = [f"Why you: {line(alert.why)}", f"Admiralty credibility: {alert.incident.credibility.value}"]
    if alert.body.contact:
        said.append(f"Contact: {line(alert.body.contact)}")
    if alert.acknowledge_by:
        said.append(f"Acknowledge by: {alert.acknowledge_by.isoformat()}")
    return stix2.Note(
        **_of_alert("note", alert, marks, "handling"),
        abstract="How this came, and whom to ask",
        content="\n".join([*said, *more]),
        object_refs=[incident],
    )


def _answer(answer: Acknowledgement, incident: str, marks: Marks) -> Any:
    head: dict[str, Any] = {
        "created": answer.at,
        "modified": answer.at,
        "authors": [answer.by or answer.agency],
        "object_refs": [incident],
        "object_marking_refs": marks.both,
    }
    about = (answer.alert_id, answer.action, answer.at.isoformat())
    if answer.opinion:
        words = {"explanation": answer.note} if answer.note else {}
        return stix2.Opinion(id=stix_id("opinion", *about), opinion=answer.opinion.value, **words, **head)
    return stix2.Note(id=stix_id("note", *about), content=answer.note or answer.action.value, **head)


def _organisation(name: str, marks: Marks) -> Any:
    return stix2.Identity(
        id=stix_id("identity", marks.tlp_only[0], name),
        created=ORGANISATION_SINCE,
        modified=ORGANISATION_SINCE,
        name=name,
        identity_class="organization",
        object_marking_refs=marks.tlp_only,
    )


def _of_alert(kind: str, alert: Alert, marks: Marks, *more: str) -> dict[str, Any]:
    """What an object that belongs to one alert begins with."""
    return {
        "id": stix_id(kind, alert.alert_id, *more),
        "created": alert.issued_at,
        "modified": alert.issued_at,
        "object_marking_refs": marks.both,
    }


def _versions(alert: Alert, before: Sequence[Alert]) -> dict[str, datetime]:
    """Since when the object is known here, and which state of it this is."""
    first = min((one.issued_at for one in before), default=alert.issued_at)
    return {"created": first.astimezone(UTC), "modified": alert.issued_at}


def _labels(alert: Alert) -> list[str]:
    status = [] if alert.status is Status.ACTUAL else [alert.status.lower()]
    return [*status, alert.kind.value, f"form:{alert.form.value}", f"severity:{alert.body.severity.value}"]


def _confidence(alert: Alert) -> dict[str, int]:
    number = CONFIDENCE.get(alert.incident.credibility)
    return {} if number is None else {"confidence": number}
