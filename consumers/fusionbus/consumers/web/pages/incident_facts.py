"""An incident as HTML: what is known, how certain, and what its reports say as far as the reader may know. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from fusionbus.consumers.threats.found import IncidentLine, StoredAlert
from fusionbus.consumers.web.pages.incident_finding import finding
from fusionbus.consumers.web.pages.marks import (
    CREDIBILITY,
    at_html,
    count_of,
    counted,
    moment,
    province_name,
    severity_badge,
    spaced,
    table,
    tag,
    their,
    where,
)
from fusionbus.contract.alert import Alert, AlertBody
from fusionbus.contract.base import Interval
from fusionbus.contract.incident import Incident
from fusionbus.contract.report import Place
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import AlertMsgType, Form, Kind, Status

FORMS: Final = {
    Form.FULL: "whole report",
    Form.SUMMARY: "summary without private fields",
    Form.TEARLINE: "tearline only",
    Form.POINTER: "pointer: whom to call",
}
Fact = tuple[str, str, str]
"""Name, value and how certain it is; the last two as HTML."""


def head(line: IncidentLine, newest: Alert) -> str:
    """The first lines of the page."""
    tags = [tag(line.status, "status")] if line.status != Status.ACTUAL else []
    tags += [tag(f"TLP:{newest.handling.tlp}"), tag(spaced(newest.handling.classification))]
    tags += [tag("withdrawn", "bad")] if line.withdrawn else []
    told = f"revision {line.revision}, first told {moment(line.first_alert_at)}, last {moment(line.updated_at)}"
    merged = ""
    if line.merged_into:
        name = escape(line.merged_into)
        merged = f'<p class="stale">This is part of <a href="/incidents/{name}">another incident</a> now.</p>'
    marks = f"{severity_badge(line.severity)} {' '.join(tags)}"
    return f'<p class="incident-head">{marks} <span class="quiet">{told}</span></p>{merged}'


def head_of_held(held: Incident) -> str:
    """The first lines about an incident that only the hub's desk may know of."""
    tags = [tag(held.status, "status")] if held.status != Status.ACTUAL else []
    tags += [tag("closed")] if held.closed else []
    merged = ""
    if held.merged_into:
        merged = (
            f'<p class="stale">A person joined it to <a href="/incidents/{held.merged_into}">another incident</a>.</p>'
        )
    said = f"as the hub holds it: zone {escape(held.zone)}, revision {held.revision}, {moment(held.updated_at)}"
    return f'<p class="incident-head">{" ".join(tags)} <span class="quiet">{said}</span></p>{merged}'


def known(line: IncidentLine, newest: Alert) -> str:
    """What is known and how certain, as a table."""
    rows = [
        f'<tr><th scope="row">{name}</th><td>{value}</td><td class="quiet">{certain}</td></tr>'
        for name, value, certain in _facts(line, newest)
    ]
    return table(("Field", "Known", "How certain"), rows)


def _facts(line: IncidentLine, alert: Alert) -> Iterator[Fact]:
    body, view, claim = alert.body, alert.incident, alert.incident.claim
    what = [spaced(part) for part in (claim.category or body.category, claim.weapon or body.weapon) if part]
    yield "What", escape(", ".join(what)) or _untold(), escape(f"{line.certainty}, {line.urgency}".lower())
    yield _place(claim.place or body.place)
    yield _time(claim.occurred or body.occurred)
    toll = f"killed {counted(claim.killed)}, injured {counted(claim.injured)}"
    if body.kind is not Kind.ASSESSMENT:
        yield "Toll", toll, "lowest to highest told" if claim.killed or claim.injured else ""
    if body.actor:
        sure = f"attributed with {body.actor.attribution_confidence} confidence"
        yield "Actor", their(body.actor.name), sure + (", claimed by it" if body.actor.claimed else "")
    elif claim.actor:
        yield "Actor", their(claim.actor), "as told"
    sector = claim.target_sector or body.target_sector
    if sector:
        yield "Target", escape(f"sector {sector}"), ""
    origins = f"{count_of(view.reports, 'report')} of {count_of(view.independent_origins, 'independent origin')}"
    if body.kind is Kind.ASSESSMENT:
        origins = "found by the centre in the reports of others"
    yield "Known by", origins, escape(f"credibility {view.credibility.value}: {CREDIBILITY[view.credibility]}")
    if view.echo_ring:
        yield "Ring", f"{view.echo_ring} agencies quote each other", "together they are one word"
    marks = [*alert.handling.caveats, *(["originator control"] if alert.handling.originator_control else [])]
    if marks:
        yield "Handling", their(", ".join(marks)), ""


def _untold() -> str:
    return '<span class="quiet">not told</span>'


def _place(place: Place | None) -> Fact:
    if place is None:
        return "Where", _untold(), ""
    name = their(where([place.name, place.tehsil, place.district, province_name(place.province)]) or "unnamed")
    if place.lat is None or place.lon is None:
        return "Where", name, "no coordinates"
    within = f"±{place.uncertainty_km:g} km" if place.uncertainty_km is not None else "precision not told"
    return "Where", f"{name} <span class='quiet'>({place.lat:.4f}, {place.lon:.4f})</span>", within


def _time(span: Interval | None) -> Fact:
    if span is None:
        return "When", _untold(), ""
    if span.start == span.end:
        return "When", at_html(span.start), "to the minute"
    hours = (span.end - span.start).total_seconds() / 3600
    wide = f"within {hours:.0f} h" if hours >= 1 else f"within {hours * 60:.0f} min"
    return "When", f"{at_html(span.start)} to {at_html(span.end)}", wide


def by_report(alerts: Iterable[StoredAlert]) -> list[StoredAlert]:
    """The newest alert of each report that may be read, in the order in which the reports were first told."""
    newest: dict[str, StoredAlert] = {}
    for stored in alerts:
        if stored.alert.kind.tells_of_event:
            newest[stored.alert.body.report_id or stored.alert.alert_id] = stored
    return list(newest.values())


def reports(alerts: Sequence[StoredAlert]) -> str:
    """The reports, each as its reader may know it."""
    told = by_report(alerts)
    if not told:
        return '<p class="nothing">No report of it may be read here.</p>'
    return "".join(_report(stored) for stored in told)


def _report(stored: StoredAlert) -> str:
    alert, body = stored.alert, stored.alert.body
    gone = stored.withdrawn_by_revision is not None or alert.msg_type is AlertMsgType.CANCEL
    sender = " · ".join(their(part) for part in (body.agency, body.unit, body.local_ref) if part) or "source masked"
    facts = [f"form: {FORMS[alert.form]}", f"reported {moment(body.reported_at)}", f"TLP:{alert.handling.tlp}"]
    if body.source:
        facts.append(f"graded {body.source.reliability}{body.source.credibility.value} by its originator")
    text = (body.tearline if alert.form is Form.TEARLINE else None) or body.narrative or body.tearline
    withdrawn = f" {tag('withdrawn', 'bad')}" if gone else ""
    found = finding(body.section) if isinstance(body.section, AssessmentSection) else ""
    contact = f"<p>Ask: {their(body.contact)}</p>" if body.contact else ""
    return (
        f'<article class="report{" gone" * gone}"><h3>{sender}{withdrawn}</h3>'
        f'<p class="quiet">{escape(" · ".join(facts))}</p>'
        f"{f'<p><strong>{their(body.headline)}</strong></p>' if body.headline else ''}"
        f"{f'<p class=narrative dir=auto>{escape(text)}</p>' if text else ''}"
        f"{found}{_subjects(body)}{contact}</article>"
    )


def _subjects(body: AlertBody) -> str:
    """Persons and things, by role; a name or value only where its owner released it."""
    told = [f"{spaced(person.role)}: {_released(person.released_name, 'name')}" for person in body.persons]
    told += [
        f"{spaced(entity.type)} ({spaced(entity.role)}): {_released(entity.released_value, 'value')}"
        for entity in body.entities
    ]
    return f"<ul class=subjects>{''.join(f'<li>{one}</li>' for one in told)}</ul>" if told else ""


def _released(plain: str | None, what: str) -> str:
    return their(plain) if plain else f"{what} not released"
