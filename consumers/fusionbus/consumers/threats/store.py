"""Writes alerts and what was said of them: each alert once, each incident in its newest revision."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from fusionbus.consumers.threats.erase import erase
from fusionbus.consumers.threats.rows import Row, alert_row, body_row, incident_row, searched_text, subject_rows
from fusionbus.consumers.threats.tables import acknowledgements, alerts, bodies, incidents, texts
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.vocabulary import MsgType, Severity


def keep_alerts(db: Connection, told: Sequence[Alert], received_at: datetime) -> tuple[set[str], bool]:
    """The ids of those that were new, and whether anything was erased; in the caller's transaction."""
    new: set[str] = set()
    erased = False
    for some in _up_to_erasing(told):
        taken = _keep(db, some, received_at)
        new |= {alert.alert_id for alert in taken}
        order = some[-1]
        touched = {(alert.recipient, alert.incident_id) for alert in taken}
        if order.erase is not None and order.alert_id in new:
            touched |= {(order.recipient, incident) for incident in erase(db, order, order.erase)}
            erased = True
        _write_texts(db, touched)
    return new, erased


def keep_acknowledgements(db: Connection, said: Iterable[Acknowledgement]) -> None:
    """Keeps the newest word of each kind."""
    rows = [
        clean(
            {
                "alert_id": one.alert_id,
                "action": one.action,
                "opinion": one.opinion or "",
                "agency": one.agency,
                "by": one.by,
                "at": one.at,
                "note": one.note,
            }
        )
        for one in said
    ]
    upsert(db, acknowledgements, rows, by=("agency", "alert_id", "action", "opinion"), newer_by="at")


def upsert(
    db: Connection, table: Table, rows: list[Row], *, by: Sequence[str], newer_by: str | None, keep: Sequence[str] = ()
) -> None:
    """Writes rows; one with the same `by` is replaced where the new one is newer, but for the columns to `keep`."""
    if rows:
        replaced = tuple(name for name in rows[0] if name not in {*by, *keep})
        db.execute(_replacing(db.dialect.name, table, replaced, tuple(by), newer_by), rows)


@cache
def _replacing(dialect: str, table: Table, replaced: tuple[str, ...], by: tuple[str, ...], newer_by: str | None) -> Any:
    """The statement of `upsert`; to put it together takes longer than to execute it."""
    insert = _insert_into(dialect, table)
    newest = {name: insert.excluded[name] for name in replaced}
    newer = None if newer_by is None else insert.excluded[newer_by] > table.c[newer_by]
    return insert.on_conflict_do_update(index_elements=list(by), set_=newest, where=newer)


def insert_into(db: Connection, table: Table) -> Any:
    """An INSERT that knows `ON CONFLICT`, which both kinds of database write alike and SQLAlchemy keeps apart."""
    return _insert_into(db.dialect.name, table)


def _insert_into(dialect: str, table: Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_new(db: Connection, table: Table, rows: list[Row]) -> None:
    """Writes the rows that are not there yet."""
    if rows:
        db.execute(insert_into(db, table).on_conflict_do_nothing(), rows)


def _up_to_erasing(told: Sequence[Alert]) -> Iterator[Sequence[Alert]]:
    """The alerts in their order, cut behind each that orders an erasure: it erases what came before it."""
    start = 0
    for number, alert in enumerate(told, 1):
        if alert.erase is not None or number == len(told):
            yield told[start:number]
            start = number


def _keep(db: Connection, told: Sequence[Alert], received_at: datetime) -> list[Alert]:
    """Those that were new. The incidents first, because alerts refer to them; a repeat is no newer revision."""
    upsert(
        db,
        incidents,
        [clean(incident_row(alert)) for alert in told],
        by=("recipient", "incident_id"),
        newer_by="revision",
        keep=("first_alert_at", "merged_into"),
    )
    insert = insert_into(db, alerts).on_conflict_do_nothing().returning(alerts.c.alert_id)
    once = {alert.alert_id: alert for alert in reversed(told)}
    rows = [clean(alert_row(alert, received_at)) for alert in reversed(once.values())]
    ids = set(db.scalars(insert, rows))
    new = [once[name] for name in dict.fromkeys(alert.alert_id for alert in told) if name in ids]
    insert_new(db, bodies, [clean(body_row(alert)) for alert in new])
    by_table: dict[Table, list[Row]] = {}
    for alert in new:
        for table, row in subject_rows(alert):
            by_table.setdefault(table, []).append(clean(row))
    for table, some in by_table.items():
        insert_new(db, table, some)
    _withdraw(db, new)
    for alert in new:
        _join_and_part(db, alert)
    return new


def _withdraw(db: Connection, new: Sequence[Alert]) -> None:
    """Marks what came from a withdrawn report; both ways round: the withdrawal may come before what it withdraws."""
    by_recipient: dict[str, set[str]] = {}
    for alert in new:
        if alert.body.report_id:
            by_recipient.setdefault(alert.recipient, set()).add(alert.body.report_id)
    for recipient, reports in by_recipient.items():
        mine = and_(bodies.c.recipient == recipient, bodies.c.report_id.in_(sorted(reports)))
        cancels = (
            select(bodies.c.report_id, func.max(bodies.c.revision))
            .where(mine, bodies.c.msg_type == MsgType.CANCEL)
            .group_by(bodies.c.report_id)
        )
        for report_id, revision in db.execute(cancels).all():
            told = and_(bodies.c.recipient == recipient, bodies.c.report_id == report_id)
            before = and_(bodies.c.msg_type != MsgType.CANCEL, bodies.c.revision < revision)
            db.execute(update(bodies).where(told, before).values(withdrawn_by_revision=revision))


def _join_and_part(db: Connection, alert: Alert) -> None:
    """Notes which incidents were found to be this one, and which not."""
    mine = incidents.c.recipient == alert.recipient
    if alert.merged_from:
        gone = incidents.c.incident_id.in_(alert.merged_from)
        db.execute(update(incidents).where(mine, gone).values(merged_into=alert.incident_id))
    if alert.apart_from:
        back = and_(incidents.c.incident_id.in_(alert.apart_from), incidents.c.merged_into == alert.incident_id)
        db.execute(update(incidents).where(mine, back).values(merged_into=None))


def _write_texts(db: Connection, touched: set[tuple[str, str]]) -> None:
    """Makes the searched words of these incidents anew from what is kept of their alerts."""
    by_recipient: dict[str, list[str]] = {}
    for recipient, incident_id in sorted(touched):
        by_recipient.setdefault(recipient, []).append(incident_id)
    for recipient, ids in by_recipient.items():
        told: dict[str, list[Alert]] = {}
        found = select(alerts.c.json).where(alerts.c.recipient == recipient, alerts.c.incident_id.in_(ids))
        for text in db.scalars(found.order_by(alerts.c.incident_revision.desc())):
            alert = codec.decode(Alert, text.encode())
            if not isinstance(alert, Undecodable):
                told.setdefault(alert.incident_id, []).append(alert)
        mine = select(incidents.c.id, incidents.c.incident_id).where(
            incidents.c.recipient == recipient, incidents.c.incident_id.in_(ids)
        )
        rows: list[Row] = [
            {"id": number, "text": searched_text(recipient, told.get(name, ()))} for number, name in db.execute(mine)
        ]
        upsert(db, texts, rows, by=("id",), newer_by=None)
        for name, newest_first in told.items():
            _keep_grave(db, recipient, name, newest_first)


def _keep_grave(db: Connection, recipient: str, incident_id: str, newest_first: Sequence[Alert]) -> None:
    """Pointers and corrections do not say how grave it is: then the word of the newest alert that does holds."""
    events = [alert for alert in newest_first if alert.kind.tells_of_event]
    known = next((alert for alert in events if alert.body.severity is not Severity.UNKNOWN), None)
    if known is None or known is events[0]:
        return
    row = incident_row(known)
    grave = {name: row[name] for name in ("severity", "severity_rank", "urgency", "certainty")}
    mine = and_(incidents.c.recipient == recipient, incidents.c.incident_id == incident_id)
    db.execute(update(incidents).where(mine).values(clean(grave)))


def clean(row: Row) -> Row:
    """Plain strings, without NUL characters, which PostgreSQL's text cannot hold."""
    return {name: str(value).replace("\0", "") if isinstance(value, str) else value for name, value in row.items()}
