"""Erasing in the threat database: rows become tombstones, and what goes is overwritten."""

from typing import Final

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from fusionbus.consumers.erasing import left_of
from fusionbus.consumers.threats.rows import body_row
from fusionbus.consumers.threats.tables import alerts, bodies, entities, incidents, persons, tokens
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.keeping import Erasure

_WORDS_AND_PLACE: Final = (
    *("category", "actor", "actor_folded", "headline"),
    *("province", "district", "district_folded", "tehsil", "place", "lat", "lon", "x", "y", "z", "uncertainty_km"),
    *("occurred_from", "occurred_to", "killed_low", "killed_high", "injured_low", "injured_high"),
)
"""Columns of `incidents` that were made from what reports said."""
_IDS_IN_A_STATEMENT: Final = 500
"""SQLite takes 32,766 parameters, older ones 999."""


def erase(db: Connection, order: Alert, erasure: Erasure) -> set[str]:
    """Incidents of which anything was erased, inside the caller's transaction; `left_of` says what stays of an alert.

    Only rows of the recipient of the order are touched.
    """
    touched: set[str] = set()
    for some in _slices(erasure.alerts):
        touched |= _reduce(db, order, erasure, alerts.c.alert_id.in_(some))
    for some in _slices(erasure.incidents):
        touched |= _reduce(db, order, erasure, alerts.c.incident_id.in_(some))
        _blank(db, order, some)
    return touched | set(erasure.incidents)


def _slices(ids: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [ids[start : start + _IDS_IN_A_STATEMENT] for start in range(0, len(ids), _IDS_IN_A_STATEMENT)]


def _reduce(db: Connection, order: Alert, erasure: Erasure, which: object) -> set[str]:
    """Writes what is left of these alerts; the incidents they are of."""
    mine = select(alerts.c.json).where(alerts.c.recipient == order.recipient, which)  # type: ignore[arg-type]
    touched = set()
    for text in db.scalars(mine).all():
        alert = codec.decode(Alert, text.encode())
        if isinstance(alert, Undecodable):
            continue  # of a newer version of the wire: this software could not have written it
        left = left_of(alert, erasure, order.alert_id)
        if left is not alert:
            touched.add(alert.incident_id)
            _replace(db, left, whole=alert.alert_id in erasure.alerts)
    return touched


def _replace(db: Connection, left: Alert, *, whole: bool) -> None:
    name = left.alert_id
    db.execute(update(alerts).where(alerts.c.alert_id == name).values(json=codec.encode(left).decode()))
    if not whole:
        return
    db.execute(update(bodies).where(bodies.c.alert_id == name).values(body_row(left)))
    for table in (tokens, persons, entities):
        db.execute(table.delete().where(table.c.alert_id == bindparam("name")), {"name": name})


def _blank(db: Connection, order: Alert, some: tuple[str, ...]) -> None:
    """Takes the words out of incidents whose newest word is not the order's own."""
    older = or_(incidents.c.incident_id != order.incident_id, incidents.c.revision < order.incident_revision)
    mine = and_(incidents.c.recipient == order.recipient, incidents.c.incident_id.in_(some))
    # Of the event's time only that it was before it was told stays.
    values = dict.fromkeys(_WORDS_AND_PLACE) | {"at": incidents.c.first_alert_at}
    db.execute(update(incidents).where(mine, older).values(values))
