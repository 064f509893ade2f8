"""An agency's alerts as one collection of STIX objects, in the order in which they came: what TAXII shows.

An object belongs to the alert that tells it. Those that many alerts share (markings, agencies, actors, observables)
stand once in each page, so that a page can be read alone.
"""

import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.sql.elements import ColumnElement

from fusionbus.consumers.formats import stix
from fusionbus.consumers.formats.stix_parts import stix_id
from fusionbus.consumers.threats.columns import when
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables import alerts, bodies
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.vocabulary import AlertKind, AlertMsgType

LIMIT_MAX: Final = 500
"""Objects a page: of 1 kB or so each; an alert makes about ten."""
ALERTS_MAX: Final = 100
"""Alerts that one page looks at: writing them as STIX is most of its work; one that finds less says there is more."""
SHARED_TRIED_MAX: Final = 300
"""For an object that many alerts share, so many of the newest are looked through."""
SPEC_VERSION: Final = "2.1"
_TELLING: Final = [kind.value for kind in AlertKind if kind.tells_of_event]
_IDS_IN_A_STATEMENT: Final = 500
"""SQLite takes 32,766 parameters, older ones 999."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; an empty set means all."""

    added_after: datetime | None = None
    limit: int = LIMIT_MAX
    next: str | None = None
    ids: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    spec_versions: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset({"last"})
    """`first`, `last` and `all`."""
    moments: frozenset[datetime] = frozenset()
    """Versions by their moment."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of an object, and when it came into the collection."""

    content: dict[str, Any]
    version: datetime
    """When it was changed, or made; of what tells neither, when it came."""
    added_at: datetime

    @property
    def name(self) -> tuple[str, datetime]:
        """What no other entry has."""
        return self.content["id"], self.version


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the collection, oldest first."""

    entries: tuple[Entry, ...]
    next: str | None = None
    """How to ask for what follows; none: this is the end."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ended: behind so many objects of an alert."""

    received_at: datetime
    issued_at: datetime
    alert_id: str
    objects: int

    def text(self) -> str:
        told = json.dumps([when(self.received_at), when(self.issued_at), self.alert_id, self.objects])
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> "_Place":
        """Raises: FixTheReport, where it is none that we wrote."""
        try:
            received, issued, alert_id, objects = json.loads(base64.urlsafe_b64decode(text.encode() + b"=="))
            moments = datetime.fromisoformat(received), datetime.fromisoformat(issued)
            zoned = all(moment.tzinfo is not None for moment in moments)
            if not zoned or not isinstance(alert_id, str) or not isinstance(objects, int):
                raise ValueError(text)  # noqa: TRY301 - as what is not JSON
        except (ValueError, TypeError, binascii.Error) as exc:
            raise FixTheReport("`next` is none that this server gave: begin again without it.") from exc
        return cls(*moments, alert_id, objects)


_Kept = tuple[Alert, datetime]
"""An alert and when it was received."""


def objects_of(database: ThreatDatabase, viewer: Viewer, wanted: Wanted) -> Page:
    """One page of the viewer's collection. Raises: NotAllowed, FixTheReport for a wrong `next`, RetryLater, …"""
    viewer.must_read()
    after = _Place.of(wanted.next) if wanted.next is not None else None
    with database.reading() as db:
        some, is_end = _some(db, viewer, wanted, after)
        stories = _stories(db, viewer, {alert.incident_id for alert, _ in some})
    found: dict[tuple[str, datetime], Entry] = {}
    for alert, received_at in some:
        story = stories[alert.incident_id]
        versions, at = _versions(story), [one.alert_id for one, _ in story].index(alert.alert_id)
        skip = after.objects if after is not None and alert.alert_id == after.alert_id else 0
        for number, entry in enumerate(_entries(alert, received_at, story)):
            if number < skip or entry.name in found or not _fits(entry, wanted, versions, at):
                continue
            if len(found) == wanted.limit:
                place = _Place(received_at, alert.issued_at, alert.alert_id, number)
                return Page(tuple(found.values()), place.text())
            found[entry.name] = entry
    if is_end:
        return Page(tuple(found.values()))
    last, received_at = some[-1]
    return Page(tuple(found.values()), _Place(received_at, last.issued_at, last.alert_id, LIMIT_MAX).text())


def _some(db: Connection, viewer: Viewer, wanted: Wanted, after: _Place | None) -> tuple[list[_Kept], bool]:
    """The next alerts in order, and whether they are the last."""
    mine = [_mine(viewer)]
    if wanted.added_after is not None:
        mine.append(alerts.c.received_at > wanted.added_after)
    if wanted.ids:
        mine.append(alerts.c.alert_id.in_(_holders(db, viewer, wanted.ids)))
    if after is not None:
        same = and_(alerts.c.issued_at == after.issued_at, alerts.c.alert_id >= after.alert_id)
        beside = and_(alerts.c.received_at == after.received_at, or_(alerts.c.issued_at > after.issued_at, same))
        mine.append(or_(alerts.c.received_at > after.received_at, beside))
    asked = select(alerts.c.json, alerts.c.received_at).where(*mine)
    ordered = asked.order_by(alerts.c.received_at, alerts.c.issued_at, alerts.c.alert_id)
    rows = db.execute(ordered.limit(ALERTS_MAX + 1)).all()
    return list(_read(rows[:ALERTS_MAX])), len(rows) <= ALERTS_MAX


def _mine(viewer: Viewer) -> ColumnElement[bool]:
    return and_(alerts.c.recipient == viewer.agency, alerts.c.kind.in_(_TELLING))


def _holders(db: Connection, viewer: Viewer, ids: frozenset[str]) -> list[str]:
    """Alerts that may hold these objects. Ids are made from those of alerts, so they are tried, not looked for."""
    columns = alerts.c.alert_id, alerts.c.incident_id, bodies.c.report_id
    told = select(*columns).join(bodies, bodies.c.alert_id == alerts.c.alert_id).where(_mine(viewer))
    rows = db.execute(told.order_by(alerts.c.issued_at.desc())).all()
    found = [row.alert_id for row in rows if not ids.isdisjoint(_own_ids(viewer.agency, *row))]
    # What many alerts share (a marking, an actor) has no alert in its id.
    return (found or [row.alert_id for row in rows[:SHARED_TRIED_MAX]])[:_IDS_IN_A_STATEMENT]


def _own_ids(recipient: str, alert_id: str, incident_id: str, report_id: str | None) -> Iterator[str]:
    yield stix_id("incident", recipient, incident_id)
    yield stix_id("sighting", recipient, report_id or incident_id)
    yield stix_id("report", alert_id)
    yield stix_id("note", alert_id, "handling")
    yield stix_id("location", alert_id)
    yield stix_id("relationship", alert_id, "related-to")
    yield stix_id("relationship", alert_id, "attributed-to")


def _stories(db: Connection, viewer: Viewer, incidents: set[str]) -> dict[str, list[_Kept]]:
    """All alerts of the viewer's on each of these incidents, oldest first."""
    told: dict[str, list[_Kept]] = {name: [] for name in incidents}
    asked = select(alerts.c.json, alerts.c.received_at).where(_mine(viewer), alerts.c.incident_id.in_(list(told)))
    for alert, at in _read(db.execute(asked.order_by(alerts.c.incident_revision, alerts.c.issued_at)).all()):
        told[alert.incident_id].append((alert, at))
    return told


def _read(rows: Iterable[Any]) -> Iterator[_Kept]:
    """The alerts of these rows; what this software cannot read is left out."""
    for row in rows:
        alert = codec.decode(Alert, row.json.encode())
        if not isinstance(alert, Undecodable):
            yield alert, row.received_at


def _entries(alert: Alert, received_at: datetime, story: list[_Kept]) -> Iterator[Entry]:
    """The objects of an alert, in a fixed order."""
    for content in json.loads(stix.bundle(alert, [earlier for earlier, _ in story]))["objects"]:
        changed = content.get("modified") or content.get("created")
        yield Entry(content, datetime.fromisoformat(changed) if changed else received_at, received_at)


def _versions(story: list[_Kept]) -> dict[str, list[tuple[datetime, int]]]:
    """The moments of each object that changes with its incident's alerts, and which alert tells each.

    Every other object has one version.
    """
    found: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for at, (alert, _) in enumerate(story):
        mine = list(_own_ids(alert.recipient, alert.alert_id, alert.incident_id, alert.body.report_id))[:3]
        if alert.msg_type is AlertMsgType.CANCEL:
            same = (one for one, _ in story[:at] if one.body.report_id == alert.body.report_id)
            mine += [stix_id("report", one.alert_id) for one in same]
        for name in mine:
            found[name].append((alert.issued_at, at))
    return found


def _fits(entry: Entry, wanted: Wanted, versions: dict[str, list[tuple[datetime, int]]], at: int) -> bool:
    content = entry.content
    if wanted.ids and content["id"] not in wanted.ids:
        return False
    if wanted.types and content["type"] not in wanted.types:
        return False
    if wanted.spec_versions and SPEC_VERSION not in wanted.spec_versions:
        return False
    there = versions.get(content["id"]) or [(entry.version, at)]
    if any(moment == entry.version and other > at for moment, other in there):
        return False  # what the hub told at one moment is one version: as the later revision has it
    if "all" in wanted.versions or entry.version in wanted.moments:
        return True
    moments = [moment for moment, _ in there]
    is_first, is_last = entry.version <= min(moments), entry.version >= max(moments)
    return ("first" in wanted.versions and is_first) or ("last" in wanted.versions and is_last)


def stamp(at: datetime) -> str:
    """The moment as TAXII writes it: RFC 3339 in UTC, to the microsecond. Source: TAXII 2.1, section 2."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
