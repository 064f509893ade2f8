"""What goes on the audit topic for ever holds no more of people's words than it has to."""

from builders import NOW
from fusionbus.contract import ids
from fusionbus.contract.codec import decode
from fusionbus.contract.records import AuditEvent, AuditRecord
from fusionbus.streams.written import NOTE_CHARS_MAX, audit_out


def noted(words: str) -> str | None:
    record = AuditRecord(audit_id=ids.audit_id("a", "b"), at=NOW, event=AuditEvent.PERSON_ACTION, note=words)
    written = decode(AuditRecord, audit_out(record, "a").value or b"")
    assert isinstance(written, AuditRecord)
    return written.note


def test_a_reason_stays_whole_and_a_report_pasted_into_a_note_does_not() -> None:
    reason = "Both officers were there. " * 20
    assert noted(reason) == reason
    pasted = noted("x" * 20_000) or ""
    assert (len(pasted), pasted[-1]) == (NOTE_CHARS_MAX, "…")
