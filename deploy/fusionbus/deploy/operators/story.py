"""A report's whole story, put together from the audit and from its originator's receipts. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fusionbus.contract.records import AuditEvent, AuditRecord, Receipt
from fusionbus.contract.routing import Rule
from fusionbus.deploy.operators.letters import handled_in

_LETTER: Final = re.compile(r"dead letter ([0-9a-f-]{36})")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened."""

    at: datetime
    what: str
    agencies: tuple[str, ...] = ()
    rule: str = ""
    form: str = ""
    said: str = ""
    incident: str = ""


def clues(own: Iterable[AuditRecord]) -> frozenset[str]:
    """The ids under which more of the story lies: the report's incidents, and its dead letters."""
    found: set[str] = set()
    for record in own:
        if record.incident_id is not None:
            found.add(record.incident_id)
        letter = _LETTER.search(record.note or "") if record.event is AuditEvent.MESSAGE_REJECTED else None
        if letter is not None:
            found.add(letter[1])
    return frozenset(found)


def belongs(record: AuditRecord, to: frozenset[str]) -> bool:
    """Whether a record that names no report tells of one of these incidents or dead letters."""
    act = handled_in(record)
    return record.report_id is None and (record.incident_id in to or (act is not None and act.letter_id in to))


def told(records: Iterable[AuditRecord], receipts: Iterable[Receipt]) -> list[Line]:
    """All lines in the order of time; what happened at once stays in the order rules are listed."""
    once = {record.audit_id: record for record in records}
    lines = [line for record in once.values() for line in _of_record(record)]
    lines += [_of_receipt(receipt) for receipt in {one.receipt_id: one for one in receipts}.values()]
    return sorted(lines, key=lambda line: line.at)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One agency that got something of the report, and what it said since of that incident."""

    agency: str
    rule: str
    form: str
    at: datetime
    """When the newest of it was sent."""
    answered_at: datetime | None = None
    answered: str = ""
    """Its newest answer; empty where there is none."""


def recipients(records: Iterable[AuditRecord]) -> list[Recipient]:
    """Who got the report, by name; of each what it got last and its newest answer after that. A recall is told too."""
    found: dict[str, Recipient] = {}
    for record in sorted({record.audit_id: record for record in records}.values(), key=lambda record: record.at):
        if record.event is AuditEvent.ALERT_ACKNOWLEDGED and record.agency in found:
            held = found[record.agency]
            said = (record.note or "").partition(": ")[2]
            found[record.agency] = replace(held, answered_at=record.at, answered=said or "answered")
        forms = {agency: form for form, agencies in record.forms.items() for agency in agencies}
        for rule, agencies in record.decisions.items():
            for agency in agencies if rule.delivers else ():
                if agency in forms or rule is Rule.RECALL:
                    found[agency] = Recipient(agency, rule.value, str(forms.get(agency, "")), record.at)
    return [found[agency] for agency in sorted(found)]


def _of_record(record: AuditRecord) -> Iterator[Line]:
    incident = record.incident_id or ""
    head = _head(record)
    who = (record.agency,) if record.agency else ()
    yield Line(record.at, head, who, said=record.note or "", incident=incident)
    forms = {agency: form for form, agencies in record.forms.items() for agency in agencies}
    for rule, agencies in sorted(record.decisions.items(), key=lambda pair: (not pair[0].delivers, pair[0])):
        for form in sorted({forms.get(agency, "") for agency in agencies}):
            group = tuple(sorted(agency for agency in agencies if forms.get(agency, "") == form))
            yield Line(record.at, _decided(rule, form), group, rule.value, str(form), incident=incident)


def _head(record: AuditRecord) -> str:
    revision = f" revision {record.revision}" if record.revision else ""
    match record.event:
        case AuditEvent.REPORT_ROUTED:
            override = "; danger to life overrode" if record.override else ""
            return f"accepted{revision} as {record.relation or 'report'}{override}"
        case AuditEvent.REPORT_CANCELLED:
            return f"withdrawn{revision}: recipients are told"
        case AuditEvent.REPORT_REPEATED:
            return f"came again{revision}"
        case AuditEvent.MESSAGE_REJECTED:
            return f"refused{revision}"
        case AuditEvent.ALERT_ACKNOWLEDGED:
            return "answered"
        case AuditEvent.PERSON_ACTION:
            return "an operator acted"
        case _:
            return record.event.value.replace("_", " ") + revision


def _decided(rule: Rule, form: str) -> str:
    if rule is Rule.RECALL:
        return "recalled from"
    return "sent to" if rule.delivers and form else "not sent to"


def _of_receipt(receipt: Receipt) -> Line:
    counts = {
        "origins": receipt.independent_origins,
        "delivered": receipt.delivered_to,
        "acknowledged": receipt.acknowledged_by,
        "used": receipt.used_by,
        "false alarm": receipt.false_alarm_by,
        "late": receipt.overdue,
    }
    said = [f"{name} {count}" for name, count in counts.items() if count is not None]
    said += [receipt.reason.value] if receipt.reason else []
    said += [receipt.sentence] if receipt.sentence else []
    outcome = receipt.outcome.value.replace("_", " ")
    return Line(
        receipt.at, f"receipt: {outcome}", (receipt.agency,), said=", ".join(said), incident=receipt.incident_id or ""
    )
