"""What an alert says, in words: the one place that knows what each form lets a format show."""

from collections.abc import Iterator

from fusionbus.consumers.finding_words import facts_of_finding, finding_of
from fusionbus.consumers.handlers.notices import facts_of_notice
from fusionbus.consumers.handlers.plain_text import line, lines
from fusionbus.consumers.handlers.terminal import when
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import Interval, Range
from fusionbus.contract.report import Place
from fusionbus.contract.vocabulary import Form, Province, Status, ThreatCategory

FORMS = {
    Form.FULL: "The full report.",
    Form.SUMMARY: "A summary, without persons.",
    Form.TEARLINE: "The tearline only: ask the contact for more.",
    Form.POINTER: "A pointer only: ask the contact.",
}


def event(alert: Alert) -> str:
    """What it is about in a word or two: what the centre found, the category, or else the kind of alert."""
    if (found := finding_of(alert)) is not None:
        return str(found.finding).replace("_", " ").capitalize()
    category = category_of(alert) if alert.kind.tells_of_event else None
    if category is ThreatCategory.IED:
        return "IED"
    return str(category or alert.kind).replace("_", " ").capitalize()


def headline(alert: Alert) -> str:
    """One line; of a notice, why it was sent."""
    if not alert.kind.tells_of_event:
        return line(alert.why)
    return line(alert.body.headline or alert.incident.claim.headline or "") or in_english(alert)


def in_english(alert: Alert) -> str:
    """A headline made of fields, for where the sender's own is in another language or missing."""
    where = place_words(place_of(alert))
    return f"{event(alert)}, {where}" if where else event(alert)


def marked(alert: Alert, said: str) -> str:
    """The line behind a word that nobody overlooks, where the traffic is not actual."""
    return said if alert.status is Status.ACTUAL else f"{alert.status.upper()}: {said}"


def text(alert: Alert) -> str | None:
    """The report's own words as far as the form lets them through, by paragraphs."""
    body = alert.body
    words = body.narrative or body.tearline if alert.form.is_open else None
    if alert.form is Form.TEARLINE:
        words = body.tearline
    return "\n".join(lines(words)).strip() or None if words else None


def facts(alert: Alert) -> Iterator[tuple[str, str]]:
    """Label and text of what is known besides the words; of a notice, what it tells."""
    if not alert.kind.tells_of_event:
        yield from facts_of_notice(alert, when)
        return
    claim, view = alert.incident.claim, alert.incident
    if where := place_words(place_of(alert)):
        yield "where", where
    if (found := finding_of(alert)) is not None:
        yield from facts_of_finding(found, when)
        return
    if span := occurred_of(alert):
        yield "when", f"{when(span.start)} to {when(span.end)}" if span.start != span.end else when(span.start)
    if toll := ", ".join(f"{word} {count_words(n)}" for word, n in _toll(claim.killed, claim.injured)):
        yield "toll", toll
    if actor := actor_of(alert):
        yield "held responsible", actor
    yield "known by", f"independent origins: {view.independent_origins}, reports: {view.reports}"
    yield "credibility", f"{view.credibility.value} (Admiralty)"
    if alert.erase:
        yield "erase", f"every copy of alerts {', '.join(alert.erase.alerts)}"


def category_of(alert: Alert) -> ThreatCategory | None:
    """The category, of the report or else of the incident."""
    return alert.body.category or alert.incident.claim.category


def actor_of(alert: Alert) -> str | None:
    """Who is held responsible."""
    name = alert.body.actor.name if alert.body.actor else alert.incident.claim.actor
    return line(name) or None if name else None


def place_of(alert: Alert) -> Place | None:
    """Where, by the report or else by the incident."""
    return alert.body.place or alert.incident.claim.place


def occurred_of(alert: Alert) -> Interval | None:
    """When, by the report or else by the incident."""
    return alert.body.occurred or alert.incident.claim.occurred


def place_words(place: Place | None) -> str:
    """The place from the nearest name to the province; empty where nothing has a name."""
    if place is None:
        return ""
    province = Province(place.province).name.replace("_", " ").title() if place.province else None
    named = (line(part) for part in (place.name, place.tehsil, place.district, province) if part)
    return ", ".join(dict.fromkeys(part for part in named if part))


def count_words(count: Range) -> str:
    """The count, or its bounds."""
    return str(count.low) if count.low == count.high else f"{count.low}–{count.high}"


def _toll(killed: Range | None, injured: Range | None) -> Iterator[tuple[str, Range]]:
    if killed:
        yield "killed", killed
    if injured:
        yield "injured", injured
