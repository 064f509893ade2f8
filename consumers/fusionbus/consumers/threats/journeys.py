"""One report's way, as far as the asker may know it: its own receipts, the alerts it got, what it said of them.

An agency that reviews for the hub also reads what tied the report's incidents to others.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, and_, select

from fusionbus.consumers.receipt_words import told
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.found import Journey, Step
from fusionbus.consumers.threats.hub_rows import ties_of
from fusionbus.consumers.threats.tables import acknowledgements, alerts, bodies
from fusionbus.consumers.threats.tables_hub import receipts
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import codec
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.records import Receipt


def journey(database: ThreatDatabase, viewer: Viewer, report_id: str) -> Journey | None:
    """The report's steps in order; None where the viewer knows nothing of it. Raises: RetryLater, Misconfigured.

    An operator may ask too: to him steps are ids, times and outcomes, without a sentence.
    """
    with database.reading() as db:
        steps = [*_receipts(db, viewer, report_id), *_alerts(db, viewer, report_id), *_said(db, viewer, report_id)]
        if viewer.reviews and viewer.reads:
            steps.extend(_ties(db, {step.incident_id for step in steps if step.incident_id}))
    steps.sort(key=lambda step: step.at)
    if not viewer.reads:
        steps = [step.model_copy(update={"sentence": ""}) for step in steps]
    return Journey(report_id=report_id, steps=tuple(steps)) if steps else None


def _receipts(db: Connection, viewer: Viewer, report_id: str) -> Iterator[Step]:
    mine = and_(receipts.c.agency == viewer.agency, receipts.c.report_id == report_id)
    for row in db.execute(select(receipts).where(mine)):
        yield Step(
            at=row.at,
            what=f"receipt: {row.outcome}",
            sentence=_told(row.json),
            incident_id=row.incident_id,
            revision=row.revision,
        )


def _told(json: str) -> str:
    receipt = codec.decode(Receipt, json.encode())
    return "" if isinstance(receipt, Undecodable) else told(receipt)


def _ties(db: Connection, incidents: Iterable[str]) -> Iterator[Step]:
    """What tied these incidents to others, each tie once: by the hub's rules or by a person."""
    ties = {link.link_id: (link, incident) for incident in sorted(incidents) for link in ties_of(db, incident)}
    for link, incident in ties.values():
        reasons = "; ".join(f"{reason.field}: {reason.said} ({reason.bits:+.1f} bits)" for reason in link.reasons)
        yield Step(
            at=link.at,
            what=f"tie: {link.type}",
            sentence=f"By {link.decided_by}.{f' {reasons}.' if reasons else ''}",
            incident_id=next((other for other in link.incidents if other != incident), incident),
        )


def _alerts(db: Connection, viewer: Viewer, report_id: str) -> Iterator[Step]:
    found = select(alerts, bodies.c.revision).join(bodies, bodies.c.alert_id == alerts.c.alert_id)
    for row in db.execute(found.where(bodies.c.recipient == viewer.agency, bodies.c.report_id == report_id)):
        yield Step(
            at=row.issued_at,
            what=f"alert: {row.kind}",
            sentence=row.why,
            alert_id=row.alert_id,
            incident_id=row.incident_id,
            revision=row.revision,
        )


def _said(db: Connection, viewer: Viewer, report_id: str) -> Iterator[Step]:
    found = select(acknowledgements).join(bodies, bodies.c.alert_id == acknowledgements.c.alert_id)
    mine = and_(
        bodies.c.recipient == viewer.agency, acknowledgements.c.agency == viewer.agency, bodies.c.report_id == report_id
    )
    for row in db.execute(found.where(mine)):
        opinion = f" ({row.opinion})" if row.opinion else ""
        yield Step(
            at=row.at,
            what=f"said: {row.action}{opinion}",
            sentence=f"By {row.by}." if row.by else "",
            alert_id=row.alert_id,
        )
