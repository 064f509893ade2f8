"""Erasing in the threat database: rows become tombstones, and SQLite overwrites what goes."""

import sqlite3
from typing import Any, Final

from fusionbus.consumers.erasing import left_of
from fusionbus.consumers.handlers.rows import body_row, incident_row
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.keeping import Erasure

_KEPT_OF_AN_INCIDENT: Final = {"incident_id", "zone", "status", "revision", "kind", "msg_type", "alert_kind", "tlp"} | {
    "severity",
    "urgency",
    "certainty",
    "credibility",
    "reports",
    "independent_origins",
    "first_alert_at",
    "updated_at",
}
"""Columns of `incidents` that hold no words and no place; the others are set to NULL."""


def erase(db: sqlite3.Connection, by: str, erasure: Erasure) -> bool:
    """Whether anything was erased, inside the caller's transaction; what stays of each alert says `left_of`."""
    names, incidents = (",".join("?" * len(some)) for some in (erasure.alerts, erasure.incidents))
    found = db.execute(
        f"SELECT json FROM alerts WHERE alert_id IN ({names}) OR incident_id IN ({incidents})",  # noqa: S608 - only `?`
        (*erasure.alerts, *erasure.incidents),
    ).fetchall()
    erased = False
    for (text,) in found:
        alert = codec.decode(Alert, text.encode())
        if isinstance(alert, Undecodable):
            continue  # of a newer version of the wire: this software could not have written it
        left = left_of(alert, erasure, by)
        if left is not alert:
            _replace(db, left, whole=alert.alert_id in erasure.alerts)
            erased = True
    _blank_incidents(db, by, erasure)
    return erased


def _replace(db: sqlite3.Connection, left: Alert, *, whole: bool) -> None:
    name = left.alert_id
    db.execute("UPDATE alerts SET json = ? WHERE alert_id = ?", (codec.encode(left).decode(), name))
    if not whole:
        return
    row: dict[str, Any] = body_row(left)
    columns = ", ".join(f"{column} = :{column}" for column in row if column != "alert_id")
    db.execute(f"UPDATE bodies SET {columns} WHERE alert_id = :alert_id", row)  # noqa: S608 - this file's own names
    for table in ("tokens", "persons", "entities"):
        db.execute(f"DELETE FROM {table} WHERE alert_id = ?", (name,))  # noqa: S608 - as above


def _blank_incidents(db: sqlite3.Connection, by: str, erasure: Erasure) -> None:
    """Takes the words out of incidents whose newest word is not the erasing alert's own."""
    told = db.execute("SELECT json FROM alerts WHERE alert_id = ?", (by,)).fetchone()
    alert = codec.decode(Alert, told[0].encode())
    assert isinstance(alert, Alert)  # noqa: S101 - it was written in this transaction
    blank = [column for column in incident_row(alert) if column not in _KEPT_OF_AN_INCIDENT]
    columns = ", ".join(f"{column} = NULL" for column in blank)
    for incident_id in erasure.incidents:
        db.execute(
            f"UPDATE incidents SET {columns} WHERE incident_id = ? AND (incident_id <> ? OR revision < ?)",  # noqa: S608 - as above
            (incident_id, alert.incident_id, alert.incident_revision),
        )
