"""Questions that only the picture asks: all incidents of a view at once, what is new, what the hub said, what waits."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.filters import conditions
from fusionbus.consumers.threats.hub_rows import ties_of
from fusionbus.consumers.threats.query import Query
from fusionbus.consumers.threats.tables import acknowledgements, alerts, incidents
from fusionbus.consumers.threats.tables_hub import hub_incidents, link_incidents, links, receipts
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import codec
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.vocabulary import AckAction

SPOTS_MAX: Final = 10_000
"""Incidents on the map; it was measured with 5,000 (docs/dashboard.md)."""
RECEIPTS_MAX: Final = 200
QUEUE_MAX: Final = 200
"""Pairs in the review queue: nobody decides more in a shift."""
WAITING: Final = ("possible", "possible_split")
DECIDED: Final = ("same", "split")


@dataclass(frozen=True, slots=True)
class Spot:
    """An incident as the map draws it."""

    incident_id: str
    lat: float
    lon: float
    severity: str
    at: datetime
    headline: str | None
    category: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A link that asks a question of a person."""

    link: Link
    incidents: tuple[Incident, ...]
    """As the hub holds them; what a split would make is not there yet."""
    decided: Link | None = None
    """The last decision on the same incidents."""

    @property
    def is_open(self) -> bool:
        """Whether an answer is still wanted."""
        return self.decided is None and any(not incident.closed for incident in self.incidents)


def spots(
    database: ThreatDatabase, viewer: Viewer, query: Query, now: datetime, since: datetime | None = None
) -> list[Spot]:
    """The viewer's incidents that have a place, told of since then, newest first.

    Raises: NotAllowed, RetryLater, Misconfigured.
    """
    viewer.must_read()
    columns = [incidents.c[name] for name in Spot.__dataclass_fields__]
    with database.reading() as db:
        wanted, _ = conditions(db, viewer, query, now)
        lately = [] if since is None else [incidents.c.updated_at >= since]
        latest = select(*columns).where(*wanted, *lately, incidents.c.lat.is_not(None))
        latest = latest.order_by(incidents.c.updated_at.desc()).limit(SPOTS_MAX)
        return [Spot(*row) for row in db.execute(latest)]


def told_since(database: ThreatDatabase, viewer: Viewer, since: datetime) -> frozenset[str]:
    """The viewer's incidents told of since then, in whatever view they are. Raises: as `spots`."""
    mine = (incidents.c.recipient == viewer.agency, incidents.c.updated_at >= since)
    with database.reading() as db:
        return frozenset(db.scalars(select(incidents.c.incident_id).where(*mine)))


def newest(database: ThreatDatabase, viewer: Viewer) -> str:
    """A mark that changes with every alert for the viewer, and every answer of its agency. Raises: as `spots`."""
    told = select(func.max(alerts.c.issued_at)).where(alerts.c.recipient == viewer.agency)
    said = select(func.max(acknowledgements.c.at)).where(acknowledgements.c.agency == viewer.agency)
    with database.reading() as db:
        return f"{db.scalar(told)} {db.scalar(said)}"


def answered(database: ThreatDatabase, viewer: Viewer, alert_ids: Collection[str]) -> frozenset[str]:
    """Those of these alerts of which a person has said something. Raises: as `spots`."""
    words = acknowledgements.c.action != AckAction.RECEIVED
    mine = acknowledgements.c.agency == viewer.agency
    asked = select(acknowledgements.c.alert_id).where(mine, words, acknowledgements.c.alert_id.in_(list(alert_ids)))
    with database.reading() as db:
        return frozenset(db.scalars(asked))


def receipts_in(database: ThreatDatabase, viewer: Viewer, incident_id: str) -> list[Receipt]:
    """What the hub told the viewer's agency of its reports in an incident, oldest first. Raises: as `spots`."""
    viewer.must_read()
    mine = (receipts.c.agency == viewer.agency, receipts.c.incident_id == incident_id)
    asked = select(receipts.c.json).where(*mine).order_by(receipts.c.at).limit(RECEIPTS_MAX)
    with database.reading() as db:
        return _receipts(db.scalars(asked))


def hub_said(database: ThreatDatabase, viewer: Viewer, receipt_ids: Collection[str]) -> tuple[bool, str] | None:
    """Whether the hub did what it was told, and its sentence; None while it has not answered. Raises: as `spots`."""
    mine = (receipts.c.agency == viewer.agency, receipts.c.receipt_id.in_(list(receipt_ids)))
    with database.reading() as db:
        found = _receipts(db.scalars(select(receipts.c.json).where(*mine)))
    for receipt in found:
        return receipt.outcome is not ReceiptOutcome.REJECTED, receipt.sentence or receipt.outcome.value
    return None


def ties(database: ThreatDatabase, viewer: Viewer, incident_id: str) -> tuple[Link, ...]:
    """An incident's ties to others, newest first. Raises: as `spots`."""
    viewer.must_review()
    with database.reading() as db:
        return ties_of(db, incident_id)


def waiting(database: ThreatDatabase, viewer: Viewer) -> list[Waiting]:
    """What asks for a decision, decided ones too, newest first. Raises: as `spots`."""
    viewer.must_review()
    asked = select(links.c.json).where(links.c.type.in_(WAITING)).order_by(links.c.at.desc()).limit(QUEUE_MAX)
    with database.reading() as db:
        found = _links(db.scalars(asked))
        names = {name for link in found for name in link.incidents}
        there = _held(db, names)
        decided = _decided(db, names)
    return [
        Waiting(
            link,
            tuple(there[name] for name in link.incidents if name in there),
            decided.get(frozenset(link.incidents)),
        )
        for link in found
    ]


def _held(db: Connection, names: Collection[str]) -> dict[str, Incident]:
    texts = db.scalars(select(hub_incidents.c.json).where(hub_incidents.c.incident_id.in_(list(names))))
    read = (codec.decode(Incident, text.encode()) for text in texts)
    return {incident.incident_id: incident for incident in read if not isinstance(incident, Undecodable)}


def _decided(db: Connection, names: Collection[str]) -> dict[frozenset[str], Link]:
    ties = select(link_incidents.c.link_id).where(link_incidents.c.incident_id.in_(list(names)))
    asked = select(links.c.json).where(links.c.type.in_(DECIDED), links.c.link_id.in_(ties)).order_by(links.c.at)
    return {frozenset(link.incidents): link for link in _links(db.scalars(asked))}


def _links(texts: Iterable[str]) -> list[Link]:
    read = (codec.decode(Link, text.encode()) for text in texts)
    return [link for link in read if not isinstance(link, Undecodable)]


def _receipts(texts: Iterable[str]) -> list[Receipt]:
    read = (codec.decode(Receipt, text.encode()) for text in texts)
    return [receipt for receipt in read if not isinstance(receipt, Undecodable)]
