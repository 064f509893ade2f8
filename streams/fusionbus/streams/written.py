"""Receipts and audit records as records to send: to which topic, under which key. Pure."""

from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.records import AuditRecord, Receipt
from fusionbus.streams.engine import Output


def receipt_out(receipt: Receipt, about: str | None = None) -> Output:
    """The receipt on its agency's topic, under what it is about: its report by default, or else itself."""
    key = about or receipt.report_id or receipt.receipt_id
    return Output(topics.receipts_topic(receipt.agency), key.encode(), encode(receipt))


def audit_out(record: AuditRecord, about: str) -> Output:
    """The record on the audit topic, under what it is about."""
    return Output(topics.AUDIT, about.encode(), encode(record))
