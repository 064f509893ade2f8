"""The handler for someone at a screen: one readable block an alert."""

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Final, TextIO

from rich.console import Console
from rich.text import Text

from fusionbus.consumers.finding_words import facts_of_finding, finding_of
from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.handlers.notices import facts_of_notice
from fusionbus.consumers.handlers.plain_text import line, lines
from fusionbus.contract.alert import Alert, IncidentView
from fusionbus.contract.base import Interval, Range
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.keeping import Erasure
from fusionbus.contract.report import Place
from fusionbus.contract.vocabulary import AlertMsgType, Credibility, Form, Province, Severity, Status

PKT: Final = timezone(timedelta(hours=5), "PKT")
"""Pakistan Standard Time; no summer time since 2009, so no time-zone tables are needed."""
REMEMBERED_MAX = 10_000
"""Ids of alerts already shown: far more than the hub ever sends again after a crash (one batch)."""
NARRATIVE_CHARS_MAX = 1_500
"""What fits on a screen beside the rest; the stored alert has all of it."""
LABEL_CHARS = 10
ROOM_CHARS_MIN = 30
NAMED_MAX = 5
TITLE: Final = "title"

COLOURS: Final = {
    Severity.EXTREME: "bold white on red",
    Severity.SEVERE: "bold red",
    Severity.MODERATE: "bold yellow",
    Severity.MINOR: "bold green",
    Severity.UNKNOWN: "bold cyan",
}
CREDIBILITY: Final = {
    Credibility.CONFIRMED: "confirmed by other sources",
    Credibility.PROBABLY_TRUE: "probably true",
    Credibility.POSSIBLY_TRUE: "possibly true",
    Credibility.DOUBTFUL: "doubtful",
    Credibility.IMPROBABLE: "improbable",
    Credibility.CANNOT_BE_JUDGED: "cannot be judged",
}
FORMS: Final = {
    Form.FULL: "full report",
    Form.SUMMARY: "summary, without persons",
    Form.TEARLINE: "tearline only",
    Form.POINTER: "pointer only: ask the contact",
}


class TerminalHandler:
    """Shows each alert once on standard output, or where it is told."""

    name = "terminal"

    def __init__(self, out: TextIO | None = None, width: int | None = None, remembered: int = REMEMBERED_MAX) -> None:
        # Text from outside is never markup, and numbers in it are not coloured as if they meant something.
        self._console = Console(
            file=out or sys.stdout, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False
        )
        self._shown: dict[str, None] = {}
        self._remembered = remembered

    def take(self, alert: Alert) -> Taken:
        """Whether the alert was new on this screen. Raises: Misconfigured when nobody reads the output any more."""
        if alert.alert_id in self._shown:
            return Taken.REPEAT
        try:
            for label, said, colour in block(alert):
                self._print(label, said, colour)
            self._console.file.flush()
        except OSError as exc:
            raise Misconfigured(f"The terminal cannot be written ({exc.strerror}): nobody reads the output.") from exc
        self._shown[alert.alert_id] = None
        if len(self._shown) > self._remembered:
            del self._shown[next(iter(self._shown))]
        return Taken.NEW

    def close(self) -> None:
        """Nothing is held."""

    def _print(self, label: str, said: Text, colour: str) -> None:
        """Prints a line with a bar before each part of it that wraps, so no text can pass for another block."""
        bar = ("▌ ", colour.replace(" on red", "")) if label != TITLE else ("", "")
        room = max(self._console.width - len(bar[0]) - LABEL_CHARS, ROOM_CHARS_MIN)
        for number, part in enumerate(said.wrap(self._console, room)):
            named = "" if label == TITLE else (label if number == 0 else "").ljust(LABEL_CHARS)
            part.rstrip()
            self._console.print(Text.assemble(bar, (named, "dim"), part), crop=False, overflow="ignore", no_wrap=True)


def block(alert: Alert) -> Iterator[tuple[str, Text, str]]:
    """Label, text and colour of each line. No frame: its right side would break where Urdu runs from right to left."""
    body, incident = alert.body, alert.incident
    colour = COLOURS[body.severity]
    yield TITLE, Text(" "), colour
    yield TITLE, Text.assemble((f" {_title(alert)} ", colour), (f"  {when(alert.issued_at)}", "dim")), colour
    of_event = alert.kind.tells_of_event
    headline = body.headline or incident.claim.headline or "(no headline)" if of_event else alert.why
    yield "", Text(line(headline), style="bold"), colour
    for label, said in _facts(alert) if of_event else facts_of_notice(alert, when):
        yield label, Text(said), colour
    for paragraph in _narrative(alert):
        yield "", Text(paragraph), colour
    yield "alert", Text(alert.alert_id, style="dim"), colour
    yield "incident", Text(f"{alert.incident_id} in {line(alert.zone)}", style="dim"), colour


def _title(alert: Alert) -> str:
    body = alert.body
    words = [body.severity.upper(), str(alert.kind).replace("_", " ")]
    if alert.status is not Status.ACTUAL:
        words.insert(0, f"*** {alert.status.upper()} ***")
    if alert.msg_type is not AlertMsgType.ALERT:
        words.append(f"{alert.msg_type.upper()} (revision {alert.incident_revision})")
    return " · ".join(words)


def _facts(alert: Alert) -> Iterator[tuple[str, str]]:
    body, incident, handling = alert.body, alert.incident, alert.handling
    claim, found = incident.claim, finding_of(alert)
    what = [str(part).replace("_", " ") for part in (body.category or claim.category, body.weapon) if part]
    by = line(body.actor.name) if body.actor else claim.actor and line(claim.actor)
    yield "what", ", ".join([*what, f"{body.urgency}/{body.certainty}", *([f"held responsible: {by}"] if by else [])])
    yield "where", _place(body.place or claim.place)
    if found is not None:
        yield from facts_of_finding(found, when)
    else:
        yield "when", _interval(body.occurred or claim.occurred)
        yield "toll", f"killed {_range(claim.killed)}, injured {_range(claim.injured)}"
        yield "known by", _known(incident)
    if incident.echo_ring:
        yield "ring", f"{incident.echo_ring} agencies quote each other in a ring: together they are one word"
    if alert.merged_from:
        yield "now one", f"incident {', '.join(alert.merged_from)} is this one"
    if alert.apart_from:
        yield "apart", f"incident {', '.join(alert.apart_from)} is another event"
    sender = " · ".join(line(part) for part in (body.agency, body.unit, body.local_ref) if part)
    yield "from", sender or "source masked"
    yield "why you", f"{line(alert.why)} ({str(alert.rule).replace('_', ' ')})"
    marks = [f"TLP:{handling.tlp}", f"PAP:{handling.pap}", handling.classification.replace("_", " ")]
    marks += ["originator control"] * handling.originator_control + ["third-agency rule"] * handling.third_agency_rule
    yield "marking", " · ".join([*marks, *(line(caveat) for caveat in handling.caveats), f"form: {FORMS[alert.form]}"])
    if alert.erase:
        yield "erase", _to_erase(alert.erase)
    if body.contact:
        yield "contact", line(body.contact)
    if alert.acknowledge_by:
        yield "answer", f"acknowledge by {when(alert.acknowledge_by)}"


def _known(incident: IncidentView) -> str:
    origins, reports = incident.independent_origins, incident.reports
    known = f"{origins} independent origin{'s' * (origins != 1)} in {reports} report{'s' * (reports != 1)}"
    return f"{known} · credibility {incident.credibility.value}, {CREDIBILITY[incident.credibility]}"


def _narrative(alert: Alert) -> list[str]:
    text = (alert.body.tearline if alert.form is Form.TEARLINE else None) or alert.body.narrative or alert.body.tearline
    if not text:
        return []
    kept = [part for part in lines(text[:NARRATIVE_CHARS_MAX]) if part]
    more = len(text) - NARRATIVE_CHARS_MAX
    return [*kept, f"… {more:,} more characters in the stored alert"] if more > 0 else kept


def _to_erase(erasure: Erasure) -> str:
    """What a person has to do: copies on paper and in other systems are out of this software's reach."""
    named = ", ".join(erasure.alerts[:NAMED_MAX])
    more = len(erasure.alerts) - NAMED_MAX
    also = f" and {more} more" if more > 0 else ""
    return f"every copy of what you had by alert {named}{also}, on paper and in other systems too"


def _place(place: Place | None) -> str:
    if place is None:
        return "not told"
    province = Province(place.province).name.replace("_", " ").title() if place.province else None
    named = [line(part) for part in (place.name, place.tehsil, place.district, province) if part]
    said = ", ".join(dict.fromkeys(named)) or "unnamed"
    if place.lat is None or place.lon is None:
        return said
    within = "" if place.uncertainty_km is None else f" ±{place.uncertainty_km:g} km"
    return f"{said} ({place.lat:.4f}, {place.lon:.4f}{within})"


def when(at: datetime) -> str:
    """The time as this country reads it."""
    return at.astimezone(PKT).strftime("%Y-%m-%d %H:%M PKT")


def _interval(span: Interval | None) -> str:
    if span is None:
        return "not told"
    start, end = when(span.start), when(span.end)
    if start == end:
        return start
    return f"{start[:16]}–{end[11:]}" if start[:10] == end[:10] else f"{start} to {end}"


def _range(count: Range | None) -> str:
    if count is None:
        return "not told"
    return str(count.low) if count.low == count.high else f"{count.low}–{count.high}"
