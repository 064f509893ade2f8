"""What reviewers read: incidents and links as the hub holds them. Callers have checked that the viewer reviews."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, select

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables_hub import hub_incidents, link_incidents, links
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import codec
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.incident import Incident, Link

WAITING: Final = ("possible", "possible_split")
"""Links that wait for a person."""
QUEUE_MAX: Final = 500


def review_queue(database: ThreatDatabase, viewer: Viewer, limit: int = 100) -> tuple[Link, ...]:
    """Links that wait for a person, newest first. Raises: NotAllowed, RetryLater, Misconfigured."""
    viewer.must_review()
    waiting = select(links.c.json).where(links.c.type.in_(WAITING)).order_by(links.c.at.desc(), links.c.link_id)
    with database.reading() as db:
        return _links(db.scalars(waiting.limit(min(limit, QUEUE_MAX))))


def incident_as_held(database: ThreatDatabase, viewer: Viewer, incident_id: str) -> Incident | None:
    """The incident as the hub holds it. Raises: NotAllowed, RetryLater, Misconfigured."""
    viewer.must_review()
    with database.reading() as db:
        return held(db, incident_id)


def held(db: Connection, incident_id: str) -> Incident | None:
    """The incident as the hub holds it, for a viewer that reviews."""
    found = db.scalar(select(hub_incidents.c.json).where(hub_incidents.c.incident_id == incident_id))
    incident = None if found is None else codec.decode(Incident, found.encode())
    return None if isinstance(incident, Undecodable) else incident


def ties_of(db: Connection, incident_id: str) -> tuple[Link, ...]:
    """The incident's ties, newest first, for a viewer that reviews."""
    mine = select(link_incidents.c.link_id).where(link_incidents.c.incident_id == incident_id)
    newest = select(links.c.json).where(links.c.link_id.in_(mine)).order_by(links.c.at.desc(), links.c.link_id)
    return _links(db.scalars(newest.limit(QUEUE_MAX)))


def _links(texts: Iterable[str]) -> tuple[Link, ...]:
    read = (codec.decode(Link, text.encode()) for text in texts)
    return tuple(link for link in read if not isinstance(link, Undecodable))
