"""Who was told of an incident, what was answered, and how it changed: as far as the reader may know. Pure."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from fusionbus.consumers.threats.found import Said, StoredAlert
from fusionbus.consumers.web.pages.incident_facts import FORMS
from fusionbus.consumers.web.pages.marks import at_html, count_of, moment, spaced, table, tag, their
from fusionbus.contract.alert import Alert
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import Receipt
from fusionbus.contract.vocabulary import AckAction, AlertMsgType


def history(alerts: Sequence[StoredAlert], now: datetime) -> str:
    """Every alert of the incident, newest first: what changed, by which rule, what was answered."""
    heard = max((stored.alert.incident_revision for stored in alerts if stored.said), default=0)
    return f'<ol class="walk">{"".join(_alert(stored, heard, now) for stored in reversed(alerts))}</ol>'


def _alert(stored: StoredAlert, heard: int, now: datetime) -> str:
    alert = stored.alert
    kind = "bad" if alert.msg_type is AlertMsgType.CANCEL else ""
    what = f"Revision {alert.incident_revision}, {spaced(alert.kind)}, {alert.msg_type.lower()}"
    moved = [f"now holds incident {name[:8]}" for name in alert.merged_from or ()]
    moved += [f"incident {name[:8]} is another event" for name in alert.apart_from or ()]
    more = f"<br>{escape('; '.join(moved))}" if moved else ""
    due = _due(alert, now) if alert.incident_revision > heard else ""
    return (
        f'<li class="{kind}"><strong>{escape(what)}</strong> {at_html(alert.issued_at)}<br>'
        f"{their(alert.why)} <span class='quiet'>({escape(spaced(alert.rule))}; {FORMS[alert.form]})</span>{more}"
        f"{''.join(_answer(said) for said in stored.said)}{due}</li>"
    )


def _answer(said: Said) -> str:
    word = spaced(said.action) + (f": {said.opinion}" if said.opinion else "")
    note = f" “{their(said.note)}”" if said.note else ""
    return f'<p class="answer">{escape(word)} by {their(said.by or "a desk")}, {at_html(said.at)}{note}</p>'


def _due(alert: Alert, now: datetime) -> str:
    until = alert.acknowledge_by
    if until is None:
        return ""
    return f"<br>{tag('late', 'bad') if until < now else tag('waits', 'warn')} answer by {moment(until)}"


def answered(stored: StoredAlert) -> bool:
    """Whether a person has said something of it; that a receiver took it is no person's word."""
    return any(said.action != AckAction.RECEIVED for said in stored.said)


def mine(alerts: Sequence[StoredAlert], agency: str) -> str:
    """What a recipient knows of the sending: what it was sent itself."""
    forms = ", ".join(dict.fromkeys(FORMS[stored.alert.form] for stored in alerts))
    done = sum(answered(stored) for stored in alerts)
    return (
        f"<p>{escape(agency)} was sent {count_of(len(alerts), 'alert')} ({forms}) and answered {done}. "
        "Who else was told, the hub tells nobody.</p>"
    )


def held(incident: Incident, now: datetime) -> str:
    """To whom the hub sent it and what they answered, for those who work for its desk."""
    forms: dict[str, set[str]] = {}
    for member in incident.members:
        for agency, form in member.forms.items():
            forms.setdefault(agency, set()).add(form.value)
    if not forms:
        return '<p class="nothing">Nobody was sent it.</p>'
    rows = []
    for agency in sorted(forms):
        words = [f"acknowledged revision {incident.acknowledged[agency]}"] if agency in incident.acknowledged else []
        words += ["used"] * (agency in incident.used_by) + ["false alarm"] * (agency in incident.false_alarm_by)
        waits = incident.awaited.get(agency)
        if waits is not None:
            late = waits.acknowledge_by is not None and waits.acknowledge_by < now
            words.append(f"{'late' if late else 'awaited'} for revision {waits.revision}")
        state = escape(", ".join(words)) or "nothing yet"
        had = escape(", ".join(sorted(forms[agency])))
        rows.append(f"<tr><th scope=row>{escape(agency)}</th><td>{had}</td><td>{state}</td></tr>")
    return table(("Agency", "Form", "Answer"), rows)


def receipts(found: Sequence[Receipt]) -> str:
    """What the hub told this agency of its own reports in the incident."""
    if not found:
        return '<p class="nothing">None of its reports is this agency\'s.</p>'
    return f'<ol class="walk">{"".join(_receipt(receipt) for receipt in found)}</ol>'


def _receipt(receipt: Receipt) -> str:
    words = [spaced(receipt.outcome.value)]
    if receipt.delivered_to is not None:
        words.append(f"delivered to {receipt.delivered_to}")
    withheld = sum(receipt.withheld.values())
    words += [f"withheld from {withheld}"] if withheld else []
    counts = (
        (receipt.acknowledged_by, "acknowledged"),
        (receipt.used_by, "used"),
        (receipt.false_alarm_by, "false alarm"),
        (receipt.overdue, "late"),
    )
    words += [f"{count} {word}" for count, word in counts if count]
    origins = "" if receipt.independent_origins is None else f", {count_of(receipt.independent_origins, 'origin')}"
    said = f"<br>{their(receipt.sentence)}" if receipt.sentence else ""
    return f"<li><strong>{escape(', '.join(words))}</strong>{origins} {at_html(receipt.at)}{said}</li>"
