"""From audit records to rows of the oversight database. Pure."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from fusionbus.consumers.threats.rows import Row
from fusionbus.contract.facts import Facts
from fusionbus.contract.records import AuditEvent, AuditRecord

PKT: Final = timezone(timedelta(hours=5), "PKT")
"""Pakistan keeps one time, without daylight saving; a month of oversight is a month there."""
PURGE_TAKES_MAX: Final = timedelta(hours=1)
"""The hub purges within the hour after a report's retention has ended (docs/retention.md): later is a breach."""
_NONE: Final = Facts()
ROUTED: Final = (AuditEvent.REPORT_ROUTED, AuditEvent.REPORT_CANCELLED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies on the audit: by it anybody finds it again."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Noted:
    """One record of the audit and its place."""

    place: Place
    record: AuditRecord


def record_row(noted: Noted) -> Row:
    """The row of one act."""
    record, facts = noted.record, noted.record.facts or _NONE
    told = told_of(record)
    return {
        "partition": noted.place.partition,
        "offset": noted.place.offset,
        "audit_id": record.audit_id,
        "at": record.at,
        "event": record.event.value,
        "agency": record.agency,
        "report_id": record.report_id,
        "revision": record.revision,
        "incident_id": record.incident_id,
        "relation": record.relation and record.relation.value,
        "override": record.override,
        "reason": record.reason and record.reason.value,
        "action": facts.action and facts.action.value,
        "answer": facts.answer,
        "request_id": facts.request_id,
        "origins": facts.origins,
        "ringed": bool(facts.ring) if facts.origins is not None else None,
        "told": json.dumps(told, separators=(",", ":")) if told else None,
    }


def told_of(record: AuditRecord) -> dict[str, tuple[str, str]]:
    """By agency that was sent something of it: the form, empty for a recall without one, and the rule."""
    forms = {agency: form.value for form, agencies in record.forms.items() for agency in agencies}
    return {
        agency: (forms.get(agency, ""), rule.value)
        for rule, agencies in record.decisions.items()
        if rule.delivers
        for agency in agencies
        if agency in forms
    }


def sent_rows(records: Iterable[AuditRecord]) -> list[Row]:
    """How much each agency was sent a day."""
    counts: dict[tuple[str, str, str, str], int] = {}
    for record in records:
        day = record.at.astimezone(PKT).date().isoformat()
        for agency, (form, rule) in told_of(record).items():
            counts[day, agency, rule, form] = counts.get((day, agency, rule, form), 0) + 1
    names = ("day", "agency", "rule", "form")
    return [dict(zip(names, key, strict=True)) | {"count": count} for key, count in sorted(counts.items())]


def keeping_row(noted: Noted) -> Row | None:
    """The dates of a report that came into force with this record, if it has any."""
    record, facts = noted.record, noted.record.facts
    if record.event not in ROUTED or facts is None or not (facts.review_due or facts.retention_until):
        return None
    until = facts.retention_until
    return {
        "report_id": record.report_id,
        "partition": noted.place.partition,
        "offset": noted.place.offset,
        "agency": record.agency,
        "since": record.at,
        "review_due": facts.review_due,
        "breach_at": until + PURGE_TAKES_MAX if until is not None else None,
    }


def ends_keeping(record: AuditRecord) -> bool:
    """Whether the dates that were in force before are not any more: newer ones are, or the report is purged."""
    return record.report_id is not None and (record.event in ROUTED or was_purged(record))


def was_purged(record: AuditRecord) -> bool:
    """Whether the report was purged by it; the answer to an order that came too late has no incident."""
    return record.event is AuditEvent.REPORT_PURGED and record.incident_id is not None


def hold_of(record: AuditRecord) -> tuple[str, bool] | None:
    """The agency that holds the report from now on, or holds it no more."""
    facts = record.facts
    if facts is None or record.agency is None or record.report_id is None:
        return None
    if record.event is AuditEvent.HOLD_CHANGED and facts.hold is not None:
        return record.agency, facts.hold == "held"
    return (record.agency, True) if facts.held else None


def mark_rows(record: AuditRecord) -> list[Row]:
    """A row for each mark of a report."""
    marked = (record.facts and record.facts.marks) or ()
    return [{"report_id": record.report_id, "mark": mark} for mark in marked]


def rounds(noted: Iterable[Noted]) -> Iterator[Sequence[Noted]]:
    """The records in rounds in which no report comes twice, each report's in their order: a round is one statement."""
    waiting: list[list[Noted]] = []
    seen: dict[str, int] = {}
    for each in noted:
        name = each.record.report_id or ""
        turn = seen.get(name, 0)
        seen[name] = turn + 1
        if turn == len(waiting):
            waiting.append([])
        waiting[turn].append(each)
    yield from waiting


def month_of(word: str) -> tuple[datetime, datetime]:
    """The beginning and end of a month such as `2026-11`, in Pakistan's time. Raises: ValueError."""
    begin = datetime.strptime(word, "%Y-%m").replace(tzinfo=PKT)
    end = (begin.replace(day=28) + timedelta(days=4)).replace(day=1)
    return begin, end
