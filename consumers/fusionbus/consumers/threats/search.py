"""Questions to the threat database. Whoever asks sees rows of its own agency, by the first condition of each."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, func, select
from sqlalchemy import alias as other

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.filters import chord_squared, conditions, distance_km
from fusionbus.consumers.threats.found import (
    AlertsFound,
    Checked,
    Found,
    Hit,
    IncidentLine,
    IncidentPage,
    Said,
    StoredAlert,
)
from fusionbus.consumers.threats.hub_rows import held, ties_of
from fusionbus.consumers.threats.query import PER_PAGE_MAX, REACH_MAX, Query, Sort, now_utc
from fusionbus.consumers.threats.tables import (
    acknowledgements,
    alerts,
    bodies,
    entities,
    incidents,
    persons,
    tokens,
)
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import Token
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.vocabulary import Status

COMMON_MAX: Final = 300
"""Hits of common words that are counted: to find each of them, texts are read."""
HITS_MAX: Final = 50
RELATED_MAX: Final = 20
_LINE: Final = [incidents.c[name] for name in IncidentLine.model_fields if name != "distance_km"]


def search(database: ThreatDatabase, viewer: Viewer, query: Query, now: datetime | None = None) -> Found:
    """One page of the viewer's incidents. Raises: NotAllowed, RetryLater, Misconfigured."""
    viewer.must_read()
    with database.reading() as db:
        wanted, is_common = conditions(db, viewer, query, now or now_utc())
        counted_to = COMMON_MAX if is_common else REACH_MAX
        total = _count(db, select(incidents.c.id).where(*wanted), counted_to)
        rows = db.execute(_page(query, wanted)).all() if total > min(query.offset, counted_to) else []
    return Found(
        incidents=tuple(_line(row) for row in rows),
        total=min(total, counted_to),
        total_is_capped=total > counted_to,
        page=query.page,
        per_page=query.per_page,
    )


def incident_page(database: ThreatDatabase, viewer: Viewer, incident_id: str) -> IncidentPage | None:
    """What the viewer knows of an incident; None where it was told nothing of it. Raises: as `search`."""
    viewer.must_read()
    with database.reading() as db:
        mine = and_(incidents.c.recipient == viewer.agency, incidents.c.incident_id == incident_id)
        row = db.execute(select(*_LINE).where(mine, incidents.c.revision > 0)).one_or_none()
        if row is None:
            return None
        told = select(alerts).where(alerts.c.recipient == viewer.agency, alerts.c.incident_id == incident_id)
        stored = _stored(db, viewer, told.order_by(alerts.c.incident_revision, alerts.c.issued_at))
        return IncidentPage(
            incident=_line(row),
            alerts=tuple(stored),
            related=tuple(_related(db, viewer, incident_id)),
            held=held(db, incident_id) if viewer.reviews else None,
            links=ties_of(db, incident_id) if viewer.reviews else (),
        )


def alerts_of(
    database: ThreatDatabase,
    viewer: Viewer,
    *,
    unacknowledged: bool = False,
    since: datetime | None = None,
    status: Status | None = None,
    page: int = 1,
    per_page: int = 50,
) -> AlertsFound:
    """One page of the viewer's alerts, newest first. Raises: FixTheReport for a page out of reach; as `search`."""
    viewer.must_read()
    if not (1 <= per_page <= PER_PAGE_MAX and page >= 1 and page * per_page <= REACH_MAX):
        raise FixTheReport(f"per_page is 1 to {PER_PAGE_MAX}, and pages reach {REACH_MAX:,} alerts far.")
    wanted = [alerts.c.recipient == viewer.agency]
    if since is not None:
        wanted.append(alerts.c.issued_at >= since)
    if status is not None:
        wanted.append(alerts.c.status == status)
    if unacknowledged:
        said = select(acknowledgements.c.alert_id).where(
            acknowledgements.c.agency == viewer.agency, acknowledgements.c.alert_id == alerts.c.alert_id
        )
        wanted += [alerts.c.acknowledge_by.is_not(None), ~said.exists()]
    newest = (alerts.c.issued_at.desc(), alerts.c.alert_id)
    with database.reading() as db:
        total = _count(db, select(alerts.c.alert_id).where(*wanted))
        some = select(alerts).where(*wanted).order_by(*newest).limit(per_page).offset((page - 1) * per_page)
        stored = tuple(_stored(db, viewer, some))
    return AlertsFound(
        alerts=stored,
        total=min(total, REACH_MAX),
        total_is_capped=total > REACH_MAX,
        page=page,
        per_page=per_page,
    )


def alert_of(database: ThreatDatabase, viewer: Viewer, alert_id: str) -> StoredAlert | None:
    """One alert of the viewer's; None where it got none of this id. Raises: as `search`."""
    viewer.must_read()
    with database.reading() as db:
        mine = select(alerts).where(alerts.c.recipient == viewer.agency, alerts.c.alert_id == alert_id)
        return next(iter(_stored(db, viewer, mine)), None)


def check(database: ThreatDatabase, viewer: Viewer, token: Token) -> Checked:
    """Whether the viewer was told of this person or thing, and whom to call.

    Withdrawn reports and exercises are no hit. Raises: as `search`.
    """
    viewer.must_read()
    on_person = and_(persons.c.alert_id == tokens.c.alert_id, persons.c.number == tokens.c.number)
    on_entity = and_(entities.c.alert_id == tokens.c.alert_id, entities.c.number == tokens.c.number)
    seen = (
        select(
            tokens.c.alert_id,
            tokens.c.belongs_to,
            alerts.c.incident_id,
            persons.c.role.label("person_role"),
            entities.c.role.label("entity_role"),
            bodies.c.headline,
            alerts.c.issued_at,
            bodies.c.agency,
            bodies.c.contact,
            incidents.c.category,
        )
        .join(alerts, alerts.c.alert_id == tokens.c.alert_id)
        .join(bodies, bodies.c.alert_id == tokens.c.alert_id)
        .join(
            incidents,
            and_(incidents.c.recipient == tokens.c.recipient, incidents.c.incident_id == alerts.c.incident_id),
        )
        .outerjoin(persons, and_(on_person, tokens.c.belongs_to != "entity"))
        .outerjoin(entities, and_(on_entity, tokens.c.belongs_to == "entity"))
        .where(
            tokens.c.recipient == viewer.agency,
            tokens.c.token == token,
            alerts.c.status == Status.ACTUAL,
            bodies.c.withdrawn_by_revision.is_(None),
        )
        .order_by(alerts.c.issued_at.desc(), tokens.c.alert_id, tokens.c.belongs_to, tokens.c.number)
        .limit(HITS_MAX + 1)
    )
    with database.reading() as db:
        hits = tuple(_hit(row, token) for row in db.execute(seen).all())
    return Checked(token=token, hit=bool(hits), hits=hits[:HITS_MAX], more=len(hits) > HITS_MAX)


def _count(db: Connection, found: Select[Any], counted_to: int = REACH_MAX) -> int:
    """How many rows there are; past the limit one more is counted, and no further."""
    some = found.limit(counted_to + 1).subquery()
    return db.scalar(select(func.count()).select_from(some)) or 0


def _page(query: Query, wanted: Iterable[Any]) -> Select[Any]:
    columns: list[Any] = list(_LINE)
    newest = (incidents.c.updated_at.desc(), incidents.c.id.desc())
    order: tuple[Any, ...] = newest
    if query.lat is not None and query.lon is not None:
        chord = chord_squared(query.lat, query.lon).label("chord_2")
        columns.append(chord)
        if query.sort is Sort.NEAREST:
            order = (chord, incidents.c.id)
    if query.sort is Sort.OLDEST:
        order = (incidents.c.updated_at, incidents.c.id)
    if query.sort is Sort.SEVERITY:
        order = (incidents.c.severity_rank.desc(), *newest)
    # Which they are is answered by an index alone; then so many rows are read as the page has.
    which = select(incidents.c.id).where(*wanted).order_by(*order).limit(query.per_page).offset(query.offset)
    return select(*columns).where(incidents.c.id.in_(which)).order_by(*order)


def _line(row: Row[Any]) -> IncidentLine:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row's columns
    chord_2 = fields.pop("chord_2", None)
    away = None if chord_2 is None else round(distance_km(chord_2), 3)
    return IncidentLine(**fields, distance_km=away)


def _stored(db: Connection, viewer: Viewer, found: Select[Any]) -> list[StoredAlert]:
    """The alerts with what was said of them; what this software cannot read is left out."""
    rows = db.execute(found).all()
    ids = [row.alert_id for row in rows]
    mine = and_(acknowledgements.c.agency == viewer.agency, acknowledgements.c.alert_id.in_(ids))
    said: dict[str, list[Said]] = {}
    for row in db.execute(select(acknowledgements).where(mine).order_by(acknowledgements.c.at)):
        one = Said(action=row.action, opinion=row.opinion or None, by=row.by, at=row.at, note=row.note)
        said.setdefault(row.alert_id, []).append(one)
    gone = select(bodies.c.alert_id, bodies.c.withdrawn_by_revision).where(bodies.c.alert_id.in_(ids))
    withdrawn = {row.alert_id: row.withdrawn_by_revision for row in db.execute(gone)}
    stored = []
    for row in rows:
        alert = codec.decode(Alert, row.json.encode())
        if not isinstance(alert, Undecodable):
            told = tuple(said.get(row.alert_id, ()))
            by = withdrawn.get(row.alert_id)
            stored.append(StoredAlert(alert=alert, received_at=row.received_at, withdrawn_by_revision=by, said=told))
    return stored


def _related(db: Connection, viewer: Viewer, incident_id: str) -> list[IncidentLine]:
    """Other incidents in which a token of this one was seen; names alone are too common to tell anything."""
    theirs, there = other(tokens), other(alerts)
    seen = (
        select(there.c.incident_id)
        .join(theirs, theirs.c.alert_id == there.c.alert_id)
        .join(tokens, and_(tokens.c.recipient == theirs.c.recipient, tokens.c.token == theirs.c.token))
        .join(alerts, alerts.c.alert_id == tokens.c.alert_id)
        .where(
            theirs.c.recipient == viewer.agency,
            alerts.c.recipient == viewer.agency,
            alerts.c.incident_id == incident_id,
            there.c.incident_id != incident_id,
            tokens.c.belongs_to != "person_name",
        )
        .distinct()
        .limit(RELATED_MAX)
    )
    mine = and_(incidents.c.recipient == viewer.agency, incidents.c.incident_id.in_(seen), incidents.c.revision > 0)
    return [_line(row) for row in db.execute(select(*_LINE).where(mine).order_by(incidents.c.updated_at.desc()))]


def _hit(row: Any, token: Token) -> Hit:
    return Hit(
        alert_id=row.alert_id,
        incident_id=row.incident_id,
        belongs_to=row.belongs_to,
        role=row.entity_role if row.belongs_to == "entity" else row.person_role,
        type=token.partition(":")[0],
        headline=row.headline,
        category=row.category,
        at=row.issued_at,
        agency=row.agency,
        contact=row.contact,
    )
