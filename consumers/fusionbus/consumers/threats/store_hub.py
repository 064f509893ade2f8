"""Writes what the centre keeps besides alerts, and how far it has read."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from fusionbus.consumers.threats.batch import Batch
from fusionbus.consumers.threats.rows import Row
from fusionbus.consumers.threats.store import clean, insert_new, keep_acknowledgements, keep_alerts, upsert
from fusionbus.consumers.threats.tables_hub import (
    agencies,
    hub_incidents,
    letters,
    link_incidents,
    links,
    positions,
    receipts,
)
from fusionbus.contract import codec
from fusionbus.contract.base import Message
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.topics import MONTH

LINKS_KEPT: Final = timedelta(milliseconds=MONTH) + timedelta(days=1)
"""As long as on their topic: the reasons of links quote reports, and nothing erases them there but time."""

Place = tuple[str, int]


def keep_batch(db: Connection, batch: Batch, next_offsets: Mapping[Place, int], now: datetime) -> bool:
    """Writes all of a batch and how far it goes, in the caller's transaction; whether anything was erased."""
    _, erased = keep_alerts(db, batch.alerts, now)
    keep_acknowledgements(db, batch.acknowledgements)
    insert_new(db, receipts, [clean(_receipt(one)) for one in batch.receipts])
    _keep_incidents(db, batch.incidents)
    _keep_links(db, batch.links)
    insert_new(db, letters, [clean(_letter(one)) for one in batch.letters])
    newest = {one.agency: one for one in batch.agencies}
    upsert(db, agencies, [clean(_agency(one)) for one in newest.values()], by=("agency",), newer_by=None)
    places: list[Row] = [
        {"topic": topic, "partition": partition, "next_offset": offset}
        for (topic, partition), offset in next_offsets.items()
    ]
    upsert(db, positions, places, by=("topic", "partition"), newer_by=None)
    return erased


def read_positions(db: Connection) -> dict[Place, int]:
    """How far each topic was read."""
    return {(row.topic, row.partition): row.next_offset for row in db.execute(select(positions))}


def forget_old(db: Connection, now: datetime) -> None:
    """Deletes what may be kept for a time only."""
    _drop_links(db, db.scalars(select(links.c.link_id).where(links.c.at < now - LINKS_KEPT)).all())


def _keep_incidents(db: Connection, told: Mapping[str, Incident | None]) -> None:
    rows = [clean(_incident(one)) for one in told.values() if one is not None]
    upsert(db, hub_incidents, rows, by=("incident_id",), newer_by=None)
    gone = [name for name, one in told.items() if one is None]
    if gone:
        db.execute(delete(hub_incidents).where(hub_incidents.c.incident_id.in_(gone)))


def _keep_links(db: Connection, told: Mapping[str, Link | None]) -> None:
    _drop_links(db, list(told))
    there = [one for one in told.values() if one is not None]
    insert_new(db, links, [clean(_link(one)) for one in there])
    ends: list[Row] = [{"incident_id": end, "link_id": one.link_id} for one in there for end in set(one.incidents)]
    insert_new(db, link_incidents, ends)


def _drop_links(db: Connection, names: Iterable[str]) -> None:
    some = list(names)
    for start in range(0, len(some), 500):
        part = some[start : start + 500]
        db.execute(delete(link_incidents).where(link_incidents.c.link_id.in_(part)))
        db.execute(delete(links).where(links.c.link_id.in_(part)))


def _receipt(one: Message) -> Row:
    fields = one.model_dump(include={column.name for column in receipts.columns})
    return fields | {"json": codec.encode(one).decode()}


def _incident(one: Incident) -> Row:
    fields = one.model_dump(include={"incident_id", "zone", "status", "revision", "closed", "updated_at"})
    return fields | {"json": codec.encode(one).decode()}


def _link(one: Link) -> Row:
    return one.model_dump(include={"link_id", "type", "at"}) | {"json": codec.encode(one).decode()}


def _letter(one: Message) -> Row:
    """Without key and body: what was refused is not kept here."""
    return one.model_dump(exclude={"schema_version", "key_base64", "body_base64", "body_sha256"})


def _agency(one: Message) -> Row:
    fields = one.model_dump(include={"agency", "name", "reviews", "active", "contact"})
    return fields | {"json": codec.encode(one).decode()}
