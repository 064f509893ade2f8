"""Receipts and audit records as records to send: to which topic, under which key. Pure."""

from typing import Final

from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.records import AuditRecord, Receipt
from fusionbus.streams.engine import Output

NOTE_CHARS_MAX: Final = 1_000
"""Of people's words the audit keeps so many: it is kept for ever and no purge reaches it, so it holds the reason for an
act, and no report that somebody has pasted into a note (20,000 characters are let in)."""


def receipt_out(receipt: Receipt, about: str | None = None) -> Output:
    """The receipt on its agency's topic, under what it is about: its report by default, or else itself."""
    key = about or receipt.report_id or receipt.receipt_id
    return Output(topics.receipts_topic(receipt.agency), key.encode(), encode(receipt))


def audit_out(record: AuditRecord, about: str) -> Output:
    """The record on the audit topic, under what it is about, with a note of bounded length."""
    if record.note is not None and len(record.note) > NOTE_CHARS_MAX:
        record = record.model_copy(update={"note": record.note[: NOTE_CHARS_MAX - 1] + "…"})
    return Output(topics.AUDIT, about.encode(), encode(record))
