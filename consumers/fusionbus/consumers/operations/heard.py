"""Which agencies there are, and when each was last heard, as far as the threat database knows."""

from typing import Final

from sqlalchemy import func, select

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables_hub import agencies, receipts
from fusionbus.contract.records import ReceiptOutcome

ANSWERS: Final = (
    ReceiptOutcome.NEW_INCIDENT,
    ReceiptOutcome.CORROBORATION,
    ReceiptOutcome.RELAY,
    ReceiptOutcome.UPDATE,
    ReceiptOutcome.CANCELLED,
    ReceiptOutcome.REPEAT,
    ReceiptOutcome.REJECTED,
    ReceiptOutcome.CONTROL_DONE,
)
"""Receipts that answer something the agency sent; the others come by themselves."""


def heard(database: ThreatDatabase) -> dict[str, float | None]:
    """By active agency the Unix time of its newest receipt that answers it; None: none. Raises: RetryLater."""
    newest = (
        select(receipts.c.agency, func.max(receipts.c.at).label("at"))
        .where(receipts.c.outcome.in_([outcome.value for outcome in ANSWERS]))
        .group_by(receipts.c.agency)
        .subquery()
    )
    asked = (
        select(agencies.c.agency, newest.c.at)
        .outerjoin(newest, newest.c.agency == agencies.c.agency)
        .where(agencies.c.active)
    )
    with database.reading() as db:
        return {row.agency: row.at.timestamp() if row.at else None for row in db.execute(asked)}
