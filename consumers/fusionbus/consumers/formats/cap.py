"""An alert as a message of the Common Alerting Protocol.

Source: OASIS, Common Alerting Protocol Version 1.2 (2010). Persons, entities and indicators are left out: a warning
names nobody.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from fusionbus.consumers.formats import telling
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.contract.alert import Alert
from fusionbus.contract.report import Place
from fusionbus.contract.sections import IncidentSection, ThreatSection
from fusionbus.contract.vocabulary import (
    TLP,
    AlertMsgType,
    Form,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Weapon,
)

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
ENGLISH: Final = "en"
SENDER: Final = "fusionbus"
"""Who sends, without spaces and commas, as `references` needs it; what an agency passes on it signs for itself."""
REFERENCES_MAX: Final = 20
"""So many earlier messages are superseded by name, the newest: each of them had superseded those before it."""
CATEGORIES: Final = {
    ThreatCategory.CYBER: "Infra",
    ThreatCategory.INFRASTRUCTURE_ATTACK: "Infra",
    ThreatCategory.ARSON: "Fire",
}


def message(alert: Alert, earlier: Sequence[Alert] = (), sender: str = SENDER) -> bytes:
    """The alert as a CAP 1.2 document.

    `earlier` are alerts that this recipient had of the same incidents, in any order: an update or a cancellation names
    them in `references`. An update of which nothing is known is an `Alert`, for it updates nothing.
    """
    before = sorted((one for one in earlier if one.issued_at < alert.issued_at), key=lambda one: one.issued_at)
    root = Element("alert", xmlns=NAMESPACE)
    _add(root, "identifier", alert.alert_id)
    _add(root, "sender", sender)
    _add(root, "sent", _time(alert.issued_at))
    _add(root, "status", alert.status)
    is_first = alert.msg_type is AlertMsgType.UPDATE and not before
    _add(root, "msgType", AlertMsgType.ALERT if is_first else alert.msg_type)
    _add(root, "source", alert.body.agency)
    # Private is for its addresses alone; who has a Restricted one may pass it on as the restriction says.
    _add(root, "scope", "Private" if alert.handling.tlp in (TLP.RED, TLP.AMBER_STRICT) else "Restricted")
    _add(root, "restriction", _markings(alert))
    _add(root, "addresses", alert.recipient)
    _add(root, "note", telling.headline(alert) if alert.status in (Status.EXERCISE, Status.TEST) else None)
    named = (f"{sender},{one.alert_id},{_time(one.issued_at)}" for one in before[-REFERENCES_MAX:])
    if alert.msg_type is not AlertMsgType.ALERT:
        _add(root, "references", " ".join(named))
    _add(root, "incidents", " ".join([alert.incident_id, *(alert.merged_from or ())]))
    for language in _languages(alert):
        root.append(_info(alert, language))
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _languages(alert: Alert) -> list[str]:
    """English first; then the language of the words, if they are in another and may be shown."""
    own = alert.body.language
    return [ENGLISH] if own == ENGLISH or not _own_words(alert) else [ENGLISH, own]


def _own_words(alert: Alert) -> bool:
    return bool(telling.text(alert) or (alert.body.headline and alert.form.is_open))


def _info(alert: Alert, language: str) -> Element:
    info, body = Element("info"), alert.body
    in_own = language == body.language
    _add(info, "language", language)
    for category in dict.fromkeys(_categories(alert)):
        _add(info, "category", category)
    _add(info, "event", telling.event(alert))
    for response in _responses(alert):
        _add(info, "responseType", response)
    _add(info, "urgency", body.urgency)
    _add(info, "severity", body.severity)
    _add(info, "certainty", body.certainty)
    _add(info, "audience", f"{alert.recipient} only, and whom its markings allow")
    for name, code in (("fusionbus:category", telling.category_of(alert)), ("fusionbus:kind", body.kind)):
        _pair(info, "eventCode", name, code)
    _times(info, alert)
    _add(info, "senderName", f"{SENDER}, on a report of {body.agency}" if body.agency else SENDER)
    said = telling.headline(alert) if in_own else telling.in_english(alert)
    _add(info, "headline", telling.marked(alert, said))
    _add(info, "description", _description(alert, in_own=in_own))
    if alert.acknowledge_by:
        _add(info, "instruction", f"Acknowledge by {_time(alert.acknowledge_by)}.")
    _add(info, "contact", line(body.contact) if body.contact else None)
    for name, value in _parameters(alert):
        _pair(info, "parameter", name, value)
    for file in body.attachments if alert.form is Form.FULL else ():
        resource = SubElement(info, "resource")
        _add(resource, "resourceDesc", f"{line(file.name)} (sha256:{file.sha256}), at the contact")
        _add(resource, "mimeType", file.mime_type)
        _add(resource, "size", str(file.size_bytes))
    _area(info, telling.place_of(alert))
    return info


def _categories(alert: Alert) -> Iterator[str]:
    yield "Security"
    category = telling.category_of(alert)
    if category in CATEGORIES:
        yield CATEGORIES[category]
    if (alert.body.weapon or alert.incident.claim.weapon) is Weapon.CHEMICAL:
        yield "CBRNE"
    if (alert.body.target_sector or alert.incident.claim.target_sector) is TargetSectorCode.TRANS:
        yield "Transport"


def _responses(alert: Alert) -> Iterator[str]:
    if isinstance(alert.body.section, IncidentSection | ThreatSection):
        yield from dict.fromkeys(alert.body.section.response_types)


def _times(info: Element, alert: Alert) -> None:
    section, span = alert.body.section, telling.occurred_of(alert)
    expected = section.expected if isinstance(section, ThreatSection) else None
    onset = expected or span
    _add(info, "effective", _time(alert.issued_at))
    _add(info, "onset", _time(onset.start) if onset else None)
    _add(info, "expires", _time(expected.end) if expected else None)


def _description(alert: Alert, *, in_own: bool) -> str:
    """The words in their own language, the facts in English; what the form leaves out is said."""
    said = [words] if in_own and (words := telling.text(alert)) else []
    if not in_own or alert.body.language == ENGLISH:
        said += [f"{label}: {fact}" for label, fact in telling.facts(alert)]
        said.append(telling.FORMS[alert.form])
    return "\n".join(said)


def _parameters(alert: Alert) -> Iterator[tuple[str, str | None]]:
    handling, view = alert.handling, alert.incident
    yield "TLP", handling.tlp
    yield "PAP", handling.pap
    yield "classification", handling.classification
    for caveat in handling.caveats:
        yield "caveat", line(caveat)
    yield "originator_control", str(handling.originator_control).lower()
    yield "third_agency_rule", str(handling.third_agency_rule).lower()
    yield "form", alert.form
    yield "why", line(alert.why)
    yield "incident_revision", str(alert.incident_revision)
    if alert.kind.tells_of_event:
        yield "credibility", view.credibility
        yield "independent_origins", str(view.independent_origins)
        yield "reports", str(view.reports)
        yield "actor", telling.actor_of(alert)
        for name, count in (("killed", view.claim.killed), ("injured", view.claim.injured)):
            yield name, telling.count_words(count) if count else None
    for name, ids in (("merged_from", alert.merged_from), ("apart_from", alert.apart_from)):
        yield name, " ".join(ids) if ids else None
    if alert.erase:
        yield "erase", " ".join(alert.erase.alerts)


def _markings(alert: Alert) -> str:
    handling = alert.handling
    marks = [f"TLP:{handling.tlp}", f"PAP:{handling.pap}", handling.classification.replace("_", " ")]
    marks += ["originator control"] * handling.originator_control + ["third-agency rule"] * handling.third_agency_rule
    return ", ".join(marks)


def _area(info: Element, place: Place | None) -> None:
    """Place and uncertainty as a circle; nothing where nothing is told."""
    if place is None or (not (named := telling.place_words(place)) and place.lat is None):
        return
    area = SubElement(info, "area")
    _add(area, "areaDesc", named or "A point without a name")
    if place.lat is not None:
        _add(area, "circle", f"{place.lat:.5f},{place.lon:.5f} {place.uncertainty_km or 0:.3f}")
    if place.province:
        _pair(area, "geocode", "ISO 3166-2", place.province)


def _pair(parent: Element, name: str, key: str, value: str | None) -> None:
    if value:
        pair = SubElement(parent, name)
        _add(pair, "valueName", key)
        _add(pair, "value", value)


def _add(parent: Element, name: str, value: str | None) -> None:
    if value:
        SubElement(parent, name).text = str(value)


def _time(at: datetime) -> str:
    """The time as CAP writes UTC. Source: CAP 1.2, 3.3.2: `-00:00`, never `Z`."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "-00:00"
